#!/bin/sh
# Failures: each is told once, by the stage that saw it, and its status reaches the end of the
# pipe. A sequence that fails fails alone.
. "$TESTS/tap.sh"

soon="timeout -k 1 20"
other=other.gguf
"$TESTS/mkgguf.py" --preset test --seed 2 $other
"$TESTS/mkgguf.py" --preset tiny tiny.gguf
"$TESTS/mkgguf.py" --preset wide --context 512 wide.gguf
printf 'one two\nthree\nfour five six\n' >lines
ll-tokenize -l lines >tokens.lls
ll-embed --once tokens.lls >states.lls
ll-forward <tokens.lls | tee logits.lls | ll-sample -n 3 --seed 1 >samples.lls

stream() {
	python3 "$TESTS/mkstream.py"
}
rest() {
	$soon ll-sample --seed 1 -n 5 | $soon ll-tokenize -d -l
}

# A wrong order of stages
fails 65 "ll-embed: standard input: stream holds logits, but ll-embed reads tokens" \
	"ll-embed <logits.lls"
fails 65 "ll-embed: standard input: stream holds hidden states, but" "ll-embed <states.lls"
fails 65 "ll-forward: standard input: stream holds logits, but" "ll-forward <logits.lls"
fails 65 "ll-forward: standard input: stream holds samples, but" "ll-forward <samples.lls"
fails 65 "ll-sample: standard input: stream holds tokens, not logits" "ll-sample <tokens.lls"
fails 65 "ll-sample: standard input: stream holds hidden states, not logits" "ll-sample <states.lls"
fails 65 "ll-sample: standard input: stream holds samples, not logits" "ll-sample <samples.lls"
fails 65 "ll-tokenize: standard input: stream holds logits, but" "ll-tokenize -d <logits.lls"
fails 65 "ll-tokenize: standard input: stream holds hidden states, but" "ll-tokenize -d <states.lls"
fails 65 "ll-sample: standard input: stream holds tokens" "ll-tokenize -p one | $soon ll-sample |
	$soon ll-forward | $soon ll-tokenize -d"
fails 65 "ll-tokenize: standard input: stream holds logits" "ll-tokenize -p one | $soon ll-forward |
	$soon ll-tokenize -d"
fails 65 "cut before layer 0, but --layers begins with 1" "ll-forward -L 1- <states.lls"
fails 65 "cut before layer 1, but --layers begins with 2" \
	"ll-embed --once tokens.lls | ll-forward -L 0 | ll-forward -L 2- | rest"
fails 64 "--layers: 1-9" "ll-embed --once tokens.lls | ll-forward -L 0 | ll-forward -L 1-9 | rest"
fails 65 "no layer is left" "ll-embed --once tokens.lls | ll-forward --hidden | ll-forward | rest"
for program in "ll-embed" "ll-forward" "ll-sample" "ll-tokenize -d" "ll-cat" "ll-cat -t"; do
	fails 65 "${program%% -*}: " "echo 'What is this?' | $soon $program"
	fails 65 "${program%% -*}: standard input: no stream: input is empty" "$program </dev/null"
done

# A failure in the middle, or at the front
whole() {
	$soon ll-tokenize -l lines | $soon ll-embed $1 | $soon ll-forward -L 0-1 $2 |
		$soon ll-forward -L 2- $3 | $soon ll-sample -n 3 $4 | $soon ll-tokenize -d $5
}
fails 66 "ll-embed: none.gguf: No such file" "whole '-m none.gguf' '' '' '' ''"
fails 66 "ll-forward: none.gguf: No such file" "whole '' '-m none.gguf' '' '' ''"
fails 66 "ll-forward: none.gguf: No such file" "whole '' '' '-m none.gguf' '' ''"
fails 66 "ll-sample: none.gguf: No such file" "whole '' '' '' '-m none.gguf --stop x' ''"
fails 66 "ll-tokenize: none.gguf: No such file" "whole '' '' '' '' '-m none.gguf'"
fails 66 "ll-tokenize: none.txt: No such file" "$soon ll-tokenize none.txt | $soon ll-forward | rest"
fails 64 "ll-embed: " "whole -z '' '' '' '' 2>&1 | grep -v ^usage >&2; exit 64"
fails 64 "ll-sample: " "whole '' '' '' '-t nonsense' ''"
fails 64 "ll-forward: " "whole '' '-j 0' '' '' ''"
fails 64 "ll-forward: --batch has no effect" "whole '' '-b 2' '' '' ''"
fails 73 "ll-sample: none/out: No such file" "$soon ll-forward <tokens.lls | $soon ll-sample -o none/out"

# The model is not one, or another
mkfifo fifo
mkdir folder
echo "This is a text." >text
: >empty
for program in ll-embed ll-forward; do
	fails 66 "$program: folder: a folder with neither" "$program -m folder <tokens.lls | rest"
	fails 66 "$program: fifo: is not a regular file" "$soon $program -m fifo <tokens.lls | rest"
	fails 66 "$program: /dev/zero: is not a regular file" "$soon $program -m /dev/zero <tokens.lls | rest"
	fails 65 "$program: text: " "$program -m text <tokens.lls | rest"
	fails 65 "$program: empty: file is empty" "$program -m empty <tokens.lls | rest"
	fails 66 "$program: loop: " "ln -sf loop loop; $program -m loop <tokens.lls | rest"
	fails 65 "fingerprint" "$program -m $other <tokens.lls | rest"
done
for program in "ll-tokenize -p one" "ll-info"; do
	name=${program%% *}
	option=-m
	[ "$name" != ll-info ] || option=
	fails 66 "$name: folder: " "$program $option folder"
	fails 66 "$name: fifo: is not a regular file" "$soon $program $option fifo"
	fails 65 "$name: text: " "$program $option text"
	fails 65 "$name: empty: file is empty" "$program $option empty"
done
chmod 000 text
# Root reads everything.
[ -r text ] || fails 66 "ll-forward: text: Permission denied" "ll-forward -m text <tokens.lls | rest"
fails 65 "vocab" "ll-tokenize -d -m tiny.gguf <samples.lls"
fails 65 "ll-forward: standard input: stream was made with the model of fingerprint" "ll-embed --once tokens.lls | ll-forward -m $other | rest"
named() {
	(unset LL_MODEL; (ll-tokenize -m "$1" -p one; ll-tokenize -m "$2" -p one) |
		$soon ll-embed | $soon ll-forward -L 0 | $soon ll-forward -L 1- | rest)
}
ok "streams of two models, each named in its header" is 2 "named $LL_MODEL $PWD/$other | wc -l"
ok "of different shapes" is 2 "named $PWD/wide.gguf $LL_MODEL | wc -l"
ok "in either order" is 2 "named $LL_MODEL $PWD/wide.gguf | wc -l"
fails 65 "fingerprint" "(ll-tokenize -p one; ll-tokenize -m $other -p one) | $soon ll-forward | rest"

# Prompts
prompt() {
	printf 'stream kind=tokens\n%b\nend : code 0\n' "$1" | stream | $soon ll-forward $2 | rest
}
fails 65 "sequence 0: token id 512 at position 1, but the vocabulary has 512" \
	"prompt 'tokens seq=0 flags=prompt,last : 1 512 3'"
fails 65 "token id 4294967295" "prompt 'tokens seq=0 flags=prompt,last : 4294967295'"
fails 65 "the prompt is empty" "prompt 'tokens seq=0 flags=prompt,last :'"
fails 65 "its prompt is not complete" "prompt 'tokens seq=0 flags=prompt : 1 2'"
fails 65 "ids must rise" "prompt 'tokens seq=1 flags=prompt,last : 1\\ntokens seq=0 flags=prompt,last : 1'"
fails 65 "positions begin at 0" "prompt 'tokens seq=0 pos=1 flags=prompt,last : 1'"
fails 65 "a LOGITS frame in a stream of tokens" "prompt 'logits seq=0 cols=2 : 1 2'"
for frame in "next seq=0 pos=1 : 4" "stop seq=0 : reason eos" "fork seq=1 parent=0 :" "flush owed=1"; do
	fails 65 "in a stream of tokens" "prompt 'tokens seq=0 flags=prompt,last : 1 2\n$frame'"
done
fails 65 "ll-tokenize: prompt is empty" "ll-tokenize --no-bos -p '' | $soon ll-forward | rest"
fails 65 "ll-tokenize: line 2: prompt is empty" "printf 'a\n\nb\n' | ll-tokenize --no-bos -l |
	$soon ll-forward | rest"
fails 65 "ll-tokenize: text 2: prompt is empty" "printf 'a\0\0b' | ll-tokenize --no-bos -0 | $soon ll-forward | rest"
ok "a prompt in pieces is as one" same "prompt 'tokens seq=0 flags=prompt,last : 1 2 3 4'" \
	"prompt 'tokens seq=0 flags=prompt : 1 2\\ntokens seq=0 pos=2 flags=prompt,last : 3 4' '-b 1'"
ok "prompts whose pieces are mixed" is 2 "prompt 'tokens seq=0 flags=prompt : 1\\n
	tokens seq=1 flags=prompt : 2\\ntokens seq=0 pos=1 flags=prompt,last : 1\\n
	tokens seq=1 pos=1 flags=prompt,last : 3' '-b 1' | wc -l"

# The context is full: that sequence alone fails. "" has one token, "." one more.
full() {
	printf '%s\n' "$@" | ll-tokenize -l --from-ids | $soon ll-forward -c 8 | tee full.lls |
		$soon ll-sample -n "$limit" -t 0 >samples.lls
}
ends() {
	ll-cat -t --type end "$1" | sed -n 's/.*END *//p'
}
limit=1
ok "a prompt of just the context" full "1 2 3 4 5 6 7 8"
ok "has its logits" like "reason length prompt 8 generated 1" "ends samples.lls"
fails 65 "sequence 0: context is full: 9 tokens, but there is room for 8" "full '1 2 3 4 5 6 7 8 9'"
ok "a prompt and answers up to the context" full "1 2 3 4 5 6 7" "5"
ok "have their tokens" is 2 "ends samples.lls | grep -c 'reason length'"
limit=2
ok "as many answers as fit" full "1 2 3 4 5 6 7"
ok "and their tokens" like "reason length prompt 7 generated 2" "ends samples.lls"
limit=3
fails 65 "ll-forward: sequence 1: context is full: 9 tokens, but there is room for 8" \
	"full '5 6' '1 2 3 4 5 6 7' '7 8'"
ok "the others are complete" is 2 "ends samples.lls | grep -c 'reason length prompt 2 generated 3'"
ok "its END says why" like "reason context prompt 7 generated 2 code 65" "ends samples.lls"
ok "so does the END of the stream" like "code 65 sequences 3" "ends samples.lls"
both() {
	printf '%s\n' "1 2 3 4 5 6 7 8 9" "5 6" "1 2 3 4 5 6 7 8 9 10" | ll-tokenize -l --from-ids |
		$soon ll-embed -c 8 | $soon ll-forward -L 0-1 | $soon ll-forward -L 2- | rest
}
ok "two that fail are told each" is 2 "both 2>&1 >text.out | grep -c '^ll-embed: .*context is full'"
ok "all stages end with that" is 65 "both >text.out 2>told; echo \$?"
ok "and the other's answer is there" is 3 "wc -l <text.out"
printf '%s\n' "1 2 3 4 5 6 7 8 9" "5 6" | ll-tokenize -l --from-ids >long.lls
for program in ll-embed ll-forward; do
	fails 65 "$program: sequence 0: context is full" "$soon $program -b 1 -c 8 --once long.lls"
	ok "$program: what waited behind it is evaluated" is 1 \
		"$soon $program -b 1 -c 8 --once long.lls 2>told | ll-cat -t | grep -c 'reason complete prompt 2'"
done
failed_before() {
	printf 'stream kind=tokens\ntokens seq=0 flags=prompt,last : 1 2\nend : code 65; sequences 2\n' |
		stream | $soon ll-forward | rest 2>&1
}
ok "what failed before the head is every stage's status" is 65 "failed_before >text.out; echo \$?"

# Hidden states that do not belong there
states() {
	printf "stream kind=hidden hidden=64 boundary=${2-0}\n%b\nflush owed=1\nend : code 0\n" "$1" |
		stream | $soon ll-forward -j 2
}
row() {
	awk "BEGIN { for (i = 0; i < 64 * ${1-1}; i++) printf \"%g \", (i * ${2-7} % 13 - 6) / 6 }"
}
fails 65 "cut before layer 4, but " "states '' 4"
fails 65 "cut before layer 18446744073709551615" "states '' 18446744073709551615"
for position in 1 1099511627776 9223372036854775813; do
	fails 65 "begin at position $position, but only 0 came" "states 'hidden seq=0 pos=$position cols=64 : $(row)'"
done
fails 65 "hidden state of sequence 2, position 1 has " "printf 'stream kind=hidden hidden=64 boundary=0\n%b\nflush owed=1\nend : code 0\n' \
    'hidden seq=2 cols=64 : $(row 1) $(row 1 | sed 's/[^ ][^ ]*/1e9/g')' | stream | ll-forward -L 0-1 --dtype f16 >out"
again() {
	states "hidden seq=0 cols=64 want=40 : $(row 40)$1
		hidden seq=0 cols=64 want=1 : $(row 1 5)$1\nhidden seq=1 cols=64 want=40 : $(row 40 3)" |
		ll-cat --canonical
}
ok "rows that replace others of their step" same "again ''" "again '\nflush owed=0'"
done_testing
