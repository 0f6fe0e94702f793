#!/bin/sh
# The models that come with ll: what is taken without -m and LL_MODEL, and what it can.
. "$TESTS/tap.sh"

unset LL_MODEL
root=${TESTS%/tests}
boxed=$(dirname "$(command -v ll-forward)")/../share/ll
tales=$root/share/tales/tales

# said COMMAND: what it writes on standard error
said() {
	(eval "$1") 2>&1 >/dev/null
}

pipe="ll-tokenize --chat -p 'Write a story about Mia and a red kite.' | ll-forward | ll-sample -t 0 | ll-tokenize -d"

ok "the pipe needs no model to be named" like "red kite" "$pipe"
ok "which is said once" is "1" "said \"$pipe\" | wc -l"
ok "by its name" like "ll-4m.gguf" "said \"$pipe\""
ok "-q does not say it" is "" "said 'll-info -q'"
ok "-m goes before it" same "ll-info -m '$boxed/ll-1m.gguf'" "LL_MODEL='$boxed/ll-1m.gguf' ll-info"
ok "and so does LL_MODEL, in silence" is "" "LL_MODEL='$boxed/ll-1m.gguf'; export LL_MODEL; said ll-info"
ok "they have names" same "ll-info --json -m ll-4m | jq .fingerprint" "ll-info --json '$boxed/ll-4m.gguf' | jq .fingerprint"

ok "at most 6 MB" is "yes" "[ \$(wc -c <'$boxed/ll-4m.gguf') -le 6000000 ] && echo yes"
ok "about 4 million parameters" is "4066560" "ll-info --json -m ll-4m | jq .parameters"
ok "and one" is "1000832" "ll-info --json -m ll-1m | jq .parameters"
ok "one vocabulary" same "ll-info --json -m ll-4m | jq -c .vocabulary" \
    "ll-info --json -m ll-1m | jq -c .vocabulary"
for type in Q2_K Q3_K_M Q4_K_M Q6_K IQ4_XS; do
	ok "$type applies to every matrix" is "0" "ll-quantize --requantize --dry-run -m ll-4m $type 2>&1 | grep -c 'another type' || :"
done

# right KIND N WHICH SAMPLING...: how many of so many answers the recogniser takes; WHICH: an option of tales or nothing
right() {
	"$tales" eval-prompts --kind "$1" -n "$2" --seed 11 $3 >prompts.jsonl
	shift 3
	ll-batch -q -b 16 -n 250 "$@" prompts.jsonl >answers.jsonl 2>err
	"$tales" check answers.jsonl | awk -F '\t' '$1 == "all" { print $2 }'
}

# atleast N COMMAND
atleast() {
	got=$(eval "$2")
	[ "$got" -ge "$1" ] && echo enough || echo "$got"
}

# asked: how many of the questions that were written apart are answered
asked() {
	"$root/share/models/ask" ll-4m | awk -F '\t' '$1 == "all" { right += $2 } END { print right }'
}

ok "stories" is enough "atleast 21 'right story 24 \"\" -t 0.6 --seed 1'"
ok "and the likeliest ones" is enough "atleast 21 'right story 24 \"\" -t 0'"
ok "stories as they were asked for" is enough "atleast 20 'right chat 24 \"\" -t 0'"
ok "in other words" is enough "atleast 20 'right chat 24 --wide -t 0'"
ok "questions about ll" is enough "atleast 23 'right manual 24 --wide -t 0'"
ok "small skills" is enough "atleast 20 'right skill 24 --wide -t 0'"
ok "ways put together from parts" is enough "atleast 21 'right skill 24 --free -t 0'"
ok "skills in ways to ask that it has not learned" is enough "atleast 18 'right skill 24 --held-out -t 0'"
ok "stories, too" is enough "atleast 38 'right chat 48 --held-out -t 0'"
ok "and questions about ll" is enough "atleast 44 'right manual 48 --held-out -t 0'"
ok "questions written apart" is enough "atleast 230 asked"
for hello in hi Hello 'good morning'; do
	ok "$hello" is "Hello! How can I help you?" "ll-tokenize -q --chat -p '$hello' | ll-forward | ll-sample -t 0 | ll-tokenize -d"
done

ok "the demo" like "ll-tokenize" "'$root/share/demo' \"\$(dirname \"\$(command -v ll-forward)\")\""

# What trains them, at a tiny size.
DOCUMENTS=300 STEPS=4 FALL=2 MORE_DOCUMENTS=100 MORE_STEPS=2 MORE_FALL=1 FREE_DOCUMENTS=100 FREE_STEPS=2 FREE_FALL=1
RECALL_DOCUMENTS=50 RECALL_STEPS=2 RECALL_FALL=1 STUDENT_STEPS=3 STUDENT_MORE_STEPS=2 STUDENT_FALL=1
export DOCUMENTS STEPS FALL MORE_DOCUMENTS MORE_STEPS MORE_FALL FREE_DOCUMENTS FREE_STEPS FREE_FALL
export RECALL_DOCUMENTS RECALL_STEPS RECALL_FALL STUDENT_STEPS STUDENT_MORE_STEPS STUDENT_FALL
train="'$root/share/models/train' -j 2 made >out 2>&1"
ok "they can be trained from nothing" eval "$train"
ok "as large as they come" is "4066560 1000832" \
    "echo \$(for n in 4 1; do ll-info --json -m made/ll-\${n}m.gguf | jq .parameters; done)"
mkdir before && mv made/ll-?m.gguf before && rm made/ll-?m.f32.gguf
ok "what is missing is made again, from checkpoints" eval "$train"
ok "and is the same" same "cat before/ll-4m.gguf before/ll-1m.gguf" "cat made/ll-4m.gguf made/ll-1m.gguf"
rm made/ll-1m.gguf made/ll-1m.f32.gguf* && head -c 100000 before/ll-4m.gguf >made/ll-4m.gguf
ok "a damaged teacher has no student" is "failed" "$train || echo failed; ls made | grep -x 'll-1m.gguf\\|ll-1m.f32.gguf' || :"

done_testing
