#!/bin/sh
# The pipe of scores: the same bits however it runs, what is shared is evaluated once, faults.
. "$TESTS/tap.sh"

soon="timeout -k 1 60"
cat >notes.txt <<'END'
The river runs down from the hills to the sea, and the boats go out in the morning when the wind is low.
One of the men sat on the stone wall and told the children a story about a king who had three sons.
There was a small house at the end of the road with a red door and a garden full of beans and roses.
END
ll-tokenize notes.txt >text.lls
ll-tokenize --window 40 --stride 25 --min-context 3 notes.txt >windows.lls
ll-tokenize -l notes.txt >lines.lls
cat >items.jsonl <<'END'
{"question": "Where do the boats go in the morning when the wind is low?", "choices": ["out", "home", "up"], "answer": 0}
{"id": "x", "question": "Who told the children a story about a king?", "choices": ["a man", "a king"], "answer": "A"}

{"question": "What colour is the door of the small house?", "choices": ["red", "green", "white"]}
END
for form in letters continuations; do
	ll-tokenize --choices $form items.jsonl >$form.lls
done

# One result for any batch, chunk, threads and cut, for all logits and for scores, fused or not.
scores() {
	ll-forward --score "$@" | ll-cat --canonical
}
cut_up() {
	ll-embed --all "$@" | ll-forward -L 0-1 | ll-forward -L 2- --score | ll-cat --canonical
}
for input in text windows lines letters; do
	scores <$input.lls >expected
	for options in "-b 1 --chunk 1" "-b 3 --chunk 7 -j 1" "-b 64 --chunk 300 -j 3"; do
		ok "$input: $options" same "cat expected" "scores $options <$input.lls"
	done
	for level in ref avx2 avx512; do
		(export LL_CPU=$level; ll-forward --once text.lls >/dev/null 2>&1) || continue
		ok "$input: LL_CPU=$level" same "cat expected" "export LL_CPU=$level; scores <$input.lls"
	done
done
scores <text.lls >expected
ok "cut between layers" same "cat expected" "cut_up text.lls"
ok "cut, in small steps" same "cat expected" "cut_up -b 1 --chunk 5 text.lls"
for input in text windows lines; do
	ok "$input: all logits give the same lines" same "ll-forward --all $input.lls | ll-score --per-token" \
		"ll-forward --score $input.lls | ll-score --per-token"
done
for form in letters continuations; do
	ok "$form: all logits, wanted ones, scores" same "ll-forward --all $form.lls | ll-score --choices -l" \
		"ll-forward --score $form.lls | ll-score --choices -l"
	ok "$form: without an option" same "ll-forward --once $form.lls | ll-score --choices -l" \
		"ll-forward --score $form.lls | ll-score --choices -l"
done
ok "a score takes 16 bytes and its part of a frame" test "$(ll-forward --score text.lls | wc -c)" -lt 8000

# Every token but the first counts in one window.
tokens=$(ll-tokenize --ids notes.txt | wc -w)
ok "no token twice, none left out" is "tokens $((tokens - 1))" \
	"ll-tokenize --window 40 notes.txt | ll-forward --score | ll-score | head -n 1"
ok "one window is the text" same "ll-forward --score text.lls | ll-score" \
	"ll-tokenize --window 1000 notes.txt | ll-forward --score | ll-score"
ok "bytes of the text" is "bytes $(($(wc -c <notes.txt) - $(ll-tokenize -d --ids - | wc -c)))" \
	"ll-forward --score text.lls | ll-score | sed -n 2p" <<END
$(ll-tokenize --ids notes.txt | cut -d ' ' -f 1)
END

# What the choices of a question share is evaluated once, as the last position before them is not.
evaluated() {
	ll-forward --score -v "$@" 2>&1 >/dev/null | sed -n 's/.* \([0-9]*\) positions evaluated/\1/p'
}
head -n 1 items.jsonl | ll-tokenize --choices letters >one.lls
length=$(head -n 1 items.jsonl | ll-tokenize --choices letters --ids | head -n 1 | wc -w)
want=$(ll-cat --json --type tokens one.lls | sed -n 's/.*"want":\([0-9]*\).*/\1/p' | head -n 1)
ok "three choices share a prompt" is $((length + 2 * want)) "evaluated one.lls"
ok "in a batch of one too" is $((length + 2 * want)) "evaluated -b 1 one.lls"
few=$(ll-tokenize --choices letters --shots 2 --ids items.jsonl | wc -w)
ok "and examples" test "$(ll-tokenize --choices letters --shots 2 items.jsonl | evaluated)" -lt $((few / 2))

# Questions that fail, and their places.
sed 's/"answer": "A"/"answer": "C"/' items.jsonl >bad.jsonl
status() {
	(eval "$1") >out 2>err
	echo $?
}
ok "a bad question fails alone" is 65 \
	"status 'll-tokenize --choices letters bad.jsonl | ll-forward --score | ll-score --choices -l'"
ok "in its place" is "3" "wc -l <out"
ok "which is empty" is "2" "grep -c . out"
ok "and is told once" is "ll-tokenize: bad.jsonl:2: answer: is not a whole number from 0 to 1 or a letter from A to B" "cat err"
fails 65 "bad.jsonl:2: answer: is not a whole number" "ll-tokenize --choices letters --shots 2 bad.jsonl | ll-cat -t"
fails 65 "items.jsonl:4: answer: is missing, but this is one of 3 examples" \
	"ll-tokenize --choices letters --shots 3 items.jsonl | ll-cat -t"
for line in '{"question": "a", "choices": ["b"]}:choices: is not an array of 2 to 26 strings' \
	'{"question": "a", "choices": ["b", 1]}:a choice: is a whole number, not a string' \
	'{"question": "a", "choices": ["b", ""]}:a choice: is empty' '{"choices": ["b", "c"]}:question: is missing' \
	'{"question": "", "choices": ["b", "c"]}:question: is empty' \
	'{"question": "a", "choices": ["b", "c"], "subject": 1}:unknown field ' \
	'{"id": 1.5, "question": "a", "choices": ["b", "c"]}:id: is a number, not a string or a whole number' \
	'[]:is an array, not an object' '{"question":bad JSON'; do
	text=${line##*[\}\]\":]:}
	printf '%s\n' "${line%:"$text"}" >line.jsonl
	ok "refused: $text" is 65 "status 'll-tokenize --choices letters line.jsonl >/dev/null'"
	ok "line.jsonl:1: $text" grep -q -F -e "ll-tokenize: line.jsonl:1: $text" err
done

# Labels
labelled() {
	printf 'one two three\n\nfour five six\n' | ll-tokenize -l --classify yes,no,maybe "$@" 2>/dev/null | ll-forward --score |
		ll-score --classify
}
ok "a line for each text" is 65 "status 'labelled --no-bos'"
ok "an empty one for an empty text" is "$(printf '3\n2')" "awk 'END { print NR }' out; grep -c . out"
ok "four columns whose sum is 1" awk 'NF && ($2 + $3 + $4 < 0.99999 || $2 + $3 + $4 > 1.00001 || NF != 4) { exit 1 }' out
ok "in a chat an empty message is one" is 3 "labelled --chat | grep -c ."
ok "of records, by id" like '{"id":"r","label":' "echo '{\"id\": \"r\", \"prompt\": \"one two\"}' |
	ll-tokenize --jsonl --classify yes,no | ll-forward --score | ll-score --classify --json"
ok "a record's windows, by id" like "r	" "echo '{\"id\": \"r\", \"prompt\": \"one two three four\"}' |
	ll-tokenize --jsonl --window 4 | ll-forward --score | ll-score -l"
fails 64 "two labels are needed" "ll-tokenize --classify yes notes.txt | ll-cat -t"
fails 64 "'yes' is there twice" "ll-tokenize --classify yes,no,yes notes.txt | ll-cat -t"
fails 64 "' no' begins with a space, but 'yes' does not" "ll-tokenize --classify 'yes, no' notes.txt | ll-cat -t"
ok "which all of them may" like TOKENS "ll-tokenize --classify ' yes, no' -p a | ll-cat -t"
fails 64 "a label is empty" "ll-tokenize --classify yes, notes.txt | ll-cat -t"
fails 64 "--choices: 'x' is not letters or continuations" "ll-tokenize --choices x items.jsonl | ll-cat -t"
fails 64 "--stride: 9 is more than the window's 8" "ll-tokenize --window 8 --stride 9 notes.txt | ll-cat -t"
fails 64 "--min-context: 8 leaves nothing of a window of 8" "ll-tokenize --window 8 --min-context 8 notes.txt | ll-cat -t"
fails 64 "--window has no effect with --chat" "ll-tokenize --chat --window 8 notes.txt | ll-cat -t"
fails 64 "--shots has no effect without --choices" "ll-tokenize --shots 8 notes.txt | ll-cat -t"
fails 64 "--top has no effect with --score" "ll-forward --score -k 3 text.lls | ll-cat -t"
fails 64 "--all has no effect with --score" "ll-forward --score --all text.lls | ll-cat -t"
fails 64 "--score has no effect on hidden states" "ll-forward --score -L 0-1 text.lls | ll-cat -t"

# What goes wrong on the way
fails 65 "logits of" "ll-forward --once text.lls | ll-score"
fails 65 "needs --score" "ll-forward --all -k 1 text.lls | ll-score"
fails 65 "context is full" "ll-forward --score -c 20 text.lls | ll-score -l"
ok "a text that is too long leaves its line empty" is "" "ll-forward --score -c 20 text.lls 2>/dev/null | ll-score -l; true"
ok "ll-score declines to feed" $soon sh -c "! ll-forward text.lls | ll-score 2>/dev/null"
killed() {
	{ ll-forward --all text.lls | head -c 100000; } | ll-score --per-token
}
fails 65 "stream is truncated" killed
ok "what was there is not shown as a result" not grep -q perplexity "$tap_dir/a"
ok "a reader that leaves" $soon sh -c "ll-forward --score lines.lls | ll-score --per-token | head -n 1 | grep -q ."

# Two live streams
mkfifo one two
live() {
	ll-forward --all "$@" lines.lls >one &
	ll-forward --all -b 1 --chunk 3 lines.lls >two &
	$soon ll-score --kl one two
	live_status=$?
	wait
	return $live_status
}
ok "the same model, another batch" like "kl_max 0" live
ok "rounded keys" like "same_top " "live --kv-type q4_0"
died() {
	ll-forward --all lines.lls >one &
	ll-forward --all lines.lls | head -c 50000 >two &
	$soon ll-score --kl one two
	died_status=$?
	wait
	return $died_status
}
fails 65 "two: stream is truncated" died
other() {
	ll-tokenize -l notes.txt | ll-forward --all >one &
	head -n 2 notes.txt | ll-tokenize -l | ll-forward --all >two &
	$soon ll-score --kl one two
	other_status=$?
	wait
	return $other_status
}
fails 65 "one: sequence 2, position 0: logits, but two has ended" other
done_testing
