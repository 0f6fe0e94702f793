#!/bin/sh
# ll-tokenize(1): the command line.
. "$TESTS/tap.sh"

echo "one two" >text
history_of() { ll-tokenize "$@" | ll-cat -t | sed -n 's/^ *history //p'; }

# What a user wrote is not in the history, however the option is spelt.
ok "-p TEXT" is "ll-tokenize -p ..." "history_of -p hush"
ok "-pTEXT" is "ll-tokenize -p..." "history_of -phush"
ok "behind other letters" is "ll-tokenize -lqp... text" "history_of -lqphush text"
ok "a word of its own behind other letters" is "ll-tokenize -lp ..." "history_of -lp hush"
ok "--prompt=TEXT" is "ll-tokenize --prompt=..." "history_of --prompt=hush"
ok "a shortened name" is "ll-tokenize --promp ... --chat --sys=..." "history_of --promp hush --chat --sys=hush"
ok "an operand that looks like an option" is "ll-tokenize -p ... -- text" "history_of -p hush -- text"
ok "the value of another option" is "ll-tokenize -o - -p ..." "history_of -o - -p hush"

# Options without an effect
fails 64 "--prompt has no effect with --decode" "ll-tokenize -d -p text"
fails 64 "--date has no effect in the chat format chatml" "ll-tokenize --chat --date 'May 1' --ids text"
fails 64 "--date has no effect without --chat" "ll-tokenize --date 'May 1' --ids text"
fails 64 "--model has no effect with --vocab where no stream is written" "ll-tokenize --vocab '$LL_MODEL' -m none --ids text"
fails 66 "none: No such file or directory" "ll-tokenize --vocab '$LL_MODEL' -m none text"
fails 64 "--model: '' is not the name of a file" "ll-tokenize -m '' --ids text"
fails 64 "--output: '' is not the name of a file" "ll-tokenize -o '' --ids text"
ok "an empty text is a text" like "<|im_start|>system" "ll-tokenize --chat -S '' -p '' --render"

# Ids as text, there and back
ok "special tokens are left out" is "one two" \
	"ll-tokenize --chat -S '' -p 'one two' --ids | ll-tokenize -d --ids | grep one"
ok "and shown when asked for" same "ll-tokenize --chat -p 'one two' --render" \
	"ll-tokenize --chat -p 'one two' --ids | ll-tokenize -d --ids --special"
# An empty line among lines, where there is no BOS, fails alone, and the others keep their places
three="printf 'one\n\ntwo\n'"
fails 65 "line 2: prompt is empty" "$three | ll-tokenize --no-bos -l"
fails 65 "text 3: prompt is empty" "printf 'one\0two\0\0' | ll-tokenize --no-bos -0"
fails 65 "prompt is empty" "ll-tokenize --no-bos -p ''"
ok "its place is empty" is "one

two" "$three | ll-tokenize --no-bos -l 2>/dev/null | ll-tokenize -d -l --echo || [ \$? -eq 65 ]"
ok "the numbers of the others are those of their lines" is "0 2" \
	"$three | ll-tokenize --no-bos -l 2>/dev/null | ll-cat -t | awk '/TOKENS/ { ids = ids \" \" \$1 } END { print substr(ids, 2) }'"
ok "in JSON Lines it is an error" like '"error":{"code":65,"message":"line 2: prompt is empty"}' \
	"$three | ll-tokenize --no-bos -l 2>/dev/null | ll-tokenize -d --jsonl --echo || [ \$? -eq 65 ]"
ok "it is counted" is "0" "$three | ll-tokenize --no-bos -l --count | sed -n 2p"
# So does one that cannot be encoded: an id or a byte that the vocabulary has not got, a conversation that is none.
fails 65 "ids: 'x2' is not a token id" "printf '1\nx2 3\n' | ll-tokenize --from-ids >out"
fails 65 "line 2: ids: 99999 is not in the vocabulary" "printf '5\n99999\n6\n' | ll-tokenize -l --from-ids"
ok "the others go on" is "5
6" "printf '5\n99999\n6\n' | ll-tokenize -l --from-ids --ids 2>/dev/null || [ \$? -eq 65 ]"
ok "also conversations" is "2" "printf '[]\n[\n[]\n' | { ll-tokenize -l --messages --ids 2>/dev/null || [ \$? -eq 65 ]; } | wc -l"
ok "with BOS it is a prompt as others are" same "$three" "$three | ll-tokenize -l | ll-tokenize -d -l"
vocabulary=$LL_TEST_DATA/llama3-tokenizer.model
if have "$vocabulary"; then
	ok "no begin of text" same "cat text" \
		"ll-tokenize --vocab $vocabulary --ids text | ll-tokenize -d --vocab $vocabulary --ids"
	ok "a date in a format that names one" like "Today Date: May 1" \
		"ll-tokenize --vocab $vocabulary --chat --chat-format llama3.1 --date 'May 1' --render text"
else
	skip 2 "no vocabulary of Llama 3"
fi

# Answers of conversations, each with what goes before it; the last `want` tokens of a sequence count.
cat >talks.jsonl <<'END'
{"id": "a", "messages": [{"role": "user", "content": "1?"}, {"role": "assistant", "content": "One."}, {"role": "user", "content": "2?"}, {"role": "assistant", "content": "It is two."}]}
{"prompt": "A text."}
END
answers="ll-tokenize --jsonl --answers talks.jsonl"
ok "a sequence for each answer" is 3 "$answers --count | wc -l"
ok "its end is the answer's" is 'It is two.<|im_end|>' "$answers --render | tail -n 2 | head -n 1"
counted() {
	ll-tokenize --jsonl --answers "$@" | ll-forward --score | ll-score --per-token | cut -f5 | tr -d '"\n'
}
ok "what counts" is 'One.<|im_end|>It is two.<|im_end|>A text.' "counted talks.jsonl"
head -n 1 talks.jsonl >talk.jsonl
ok "without BOS the same" is 'One.<|im_end|>It is two.<|im_end|>' "counted --no-bos --chat-format llama3.1 talk.jsonl | sed 's/eot_id/im_end/g'"
ok "--messages" same "head -n 1 talks.jsonl | sed 's/\"id\": \"a\", //' | ll-tokenize --messages --answers --ids" "$answers --ids | head -n 2"
fails 65 "talks.jsonl:1: messages: no assistant turn to be scored" \
	"echo '{\"messages\": [{\"role\": \"user\", \"content\": \"1?\"}]}' >talks.jsonl; $answers"
fails 65 "talks.jsonl:1: a text of 1 tokens has none that counts" \
	"echo '{\"prompt\": \"a\"}' >talks.jsonl; ll-tokenize --jsonl --answers --no-bos talks.jsonl"
fails 64 "--answers has no effect without --jsonl or --messages" "ll-tokenize --answers -p x"
fails 64 "--answers has no effect with --chat" "ll-tokenize --jsonl --chat --answers talks.jsonl"
fails 64 "--answers has no effect with --window" "ll-tokenize --jsonl --answers --window 9 talks.jsonl"
done_testing
