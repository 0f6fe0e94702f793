#!/bin/sh
# Logits of --precision f32 are those of Hugging Face transformers; golden/logits.py made them.
. "$TESTS/tap.sh"

bound=2e-3
golden=$TESTS/golden/logits.jsonl

field() {
	"$TESTS/record.py" field "$1" <record
}

# The logits of `record` by the model $1, at its positions only.
logits() {
	field ids | ll-tokenize -m "$1" --from-ids | ll-forward --all --precision f32 -m "$1" >run.lls || return
	for position in $positions; do
		ll-cat --json --type logits --position "$position" run.lls || return
	done
}

within() {
	logits "$1" >frames && "$TESTS/record.py" within frames $bound <record >worst
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
