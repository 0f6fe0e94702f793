#!/bin/sh
# Scores of --precision f32 are those of transformers and of lm-evaluation-harness, made by golden/scores.py.
. "$TESTS/tap.sh"

# Takes a line of the golden from the file record; writes what the pipe wants.
cat >field.py <<'END'
import json, shlex, sys
record = json.load(open("record"))
if sys.argv[1] == "items":
    print(*map(json.dumps, record["items"]), sep="\n")
elif sys.argv[1] == "windows":
    names = (("window", "window"), ("stride", "stride"), ("min-context", "context"))
    print(*(f"--{name} {record[key]}" for name, key in names if record[key] > 0))
else:
    value = record.get(sys.argv[1])
    print("" if value is None else shlex.join(map(str, value)) if isinstance(value, list) else value)
END

# The largest relative difference to what ll-score printed, which must be below the bound.
cat >compare.py <<'END'
import json, sys
record = json.load(open("record"))
got = [json.loads(line) for line in open("got")]
if "ids" in record:
    if got[0]["tokens"] != record["tokens"]:
        sys.exit(f"{got[0]['tokens']} tokens, not {record['tokens']}")
    pairs = [(got[0]["logprob"], record["logprob"])]
else:
    if [len(line["logprobs"]) for line in got] != [len(row) for row in record["logprobs"]]:
        sys.exit("other questions or choices")
    pairs = [pair for line, row in zip(got, record["logprobs"]) for pair in zip(line["logprobs"], row)]
worst = max(abs(a - b) / abs(b) for a, b in pairs)
print(f"{worst:.1e}")
sys.exit(not worst < 1e-4)
END

field() {
	python3 field.py "$1"
}

text() {
	field ids | ll-tokenize -m "$1" --from-ids $(field windows) | ll-forward --score --precision f32 -m "$1" |
		ll-score -m "$1" --json >got && python3 compare.py >worst
}

questions() {
	field items | ll-tokenize -m "$1" --choices "$(field form)" --shots "$(field shots)" |
		ll-forward --score --precision f32 -m "$1" | ll-score --choices -l --json >got && python3 compare.py >worst
}

while read -r line; do
	printf '%s\n' "$line" >record
	name=$(field name)
	make=$(field make)
	what=$([ -n "$(field form)" ] && echo questions || echo text)
	if [ -n "$make" ]; then
		eval "$TESTS/mkgguf.py $make model.gguf"
		ok "$name" $what model.gguf
	elif have "$LL_TEST_SMOLLM"; then
		ok "$name" $what "$LL_TEST_SMOLLM"
	else
		skip 1 "no SmolLM2"
		continue
	fi
	[ ! -s worst ] || echo "# within $(cat worst)"
	rm -f worst
done <"$TESTS/golden/scores.jsonl"
done_testing
