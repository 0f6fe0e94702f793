#!/bin/sh
# Logits of --precision f32 are those of Hugging Face transformers; golden/logits.py made them.
. "$TESTS/tap.sh"

bound=2e-3
golden=$TESTS/golden/logits.jsonl

# Both take a line of the golden from stdin.
cat >field.py <<'END'
import json, shlex, sys
value = json.load(sys.stdin)[sys.argv[1]]
if isinstance(value, list):
    value = shlex.join(map(str, value))
print(value or "")
END

# compare.py FRAMES BOUND: prints the largest difference, fails if it is not below BOUND; FRAMES
# are from ll-cat --json.
cat >compare.py <<'END'
import json, math, sys

def lse(row):
    most = max(row)
    return most + math.log(math.fsum(math.exp(x - most) for x in row))

got = {}
for frame in map(json.loads, open(sys.argv[1])):
    if frame["type"] == "LOGITS":
        for i, row in enumerate(frame["values"]):
            got[frame["position"] + i] = row
worst = 0
for want in json.load(sys.stdin)["rows"]:
    row = got[want["position"]]
    ids = want.get("ids", range(len(row)))
    if len(ids) != len(want["logits"]):
        sys.exit("%d logits, not %d" % (len(ids), len(want["logits"])))
    differences = [abs(row[i] - x) for i, x in zip(ids, want["logits"])] + [abs(lse(row) - want["lse"])]
    worst = max(differences + [worst], key=lambda x: (x != x, x))
print("%.1e" % worst)
sys.exit(not worst < float(sys.argv[2]))
END

field() {
	python3 field.py "$1" <record
}

# The logits of `record` by the model $1, at its positions only.
logits() {
	field ids | ll-tokenize -m "$1" --from-ids | ll-forward --all --precision f32 -m "$1" >run.lls || return
	for position in $positions; do
		ll-cat --json --type logits --position "$position" run.lls || return
	done
}

within() {
	logits "$1" >frames && python3 compare.py frames $bound <record >worst
}

while read -r line; do
	printf '%s\n' "$line" >record
	name=$(field name)
	make=$(field make)
	positions=$(python3 -c 'import json; print(*[r["position"] for r in json.load(open("record"))["rows"]])')
	if [ -n "$make" ]; then
		eval "$TESTS/mkgguf.py $make model.gguf"
		ok "$name" within model.gguf
	elif have "$LL_TEST_SMOLLM"; then
		ok "$name" within "$LL_TEST_SMOLLM"
	else
		skip 1 "no SmolLM2"
		continue
	fi
	[ ! -s worst ] || echo "# within $(cat worst)"
	rm -f worst
done <"$golden"
done_testing
