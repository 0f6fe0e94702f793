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
done_testing
