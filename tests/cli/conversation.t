#!/bin/sh
# ll-tokenize(1): conversations in JSON, tools, and answers as messages.
. "$TESTS/tap.sh"

# The model of the tests has a ChatML template.
cat >talk.json <<'END'
[{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
 {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "<|im_end|> ü"}]
END
spelt='<|im_start|>system
Be brief.<|im_end|>
<|im_start|>user
Hi<|im_end|>
<|im_start|>assistant
Yes?<|im_end|>
<|im_start|>user
<|im_end|> ü<|im_end|>
<|im_start|>assistant'
ok "a list of messages is a prompt" is "$spelt" "ll-tokenize --messages --render talk.json"
ok "so is an object that holds it" is "$spelt" \
    'sed "1s/^/{\"messages\": /; \$s/\$/}/" talk.json | ll-tokenize --messages --render'
ok "-S stands first where there is no system message" is '<|im_start|>system
S<|im_end|>
<|im_start|>user
u<|im_end|>
<|im_start|>assistant' 'll-tokenize --messages --render -S S -p "[{\"role\": \"user\", \"content\": \"u\"}]"'
ok "-S gives way to the conversation's own" is "$spelt" "ll-tokenize --messages --render -S S talk.json"
ok "each line may be a conversation" is 2 \
    'tr "\n" " " <talk.json >line; (cat line; echo; cat line) | ll-tokenize --messages -l --count | wc -l'
ok "a conversation is the same from a record" same "ll-tokenize --messages --ids talk.json" \
    'printf "{\"messages\": %s}" "$(tr -d "\n" <talk.json)" | ll-tokenize --jsonl --ids'

fails 65 "talk: bad JSON" "echo '[' >talk && ll-tokenize --messages --ids talk"
fails 65 "talk:2: bad JSON" "(cat line; echo; echo '[') >talk && ll-tokenize -l --messages --ids talk"
fails 65 "--prompt: messages[0].content: is missing" "ll-tokenize --messages --ids -p '[{\"role\": \"user\"}]'"
fails 65 "--prompt: messages: is not a list" "ll-tokenize --messages --ids -p '{}'"
fails 65 "--prompt: unknown field 'model'" "ll-tokenize --messages --ids -p '{\"messages\": [], \"model\": 1}'"
ok "a field that is null says nothing" same "ll-tokenize --messages --ids -p '[{\"role\": \"user\", \"content\": \"u\"}]'" \
    "ll-tokenize --messages --ids -p '{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"u\", \"x\": null}], \"x\": null}], \"x\": null}'"
fails 65 "messages[0].content[0]: unknown field 'x'" \
	"ll-tokenize --messages --ids -p '[{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"\", \"x\": 1}]}]'"
for call in '{"name": "f", "arguments": {}, "x": 1}' '{"x": 1, "function": {"name": "f", "arguments": {}}}' \
    '{"function": {"name": "f", "arguments": {}, "x": 1}}' '{"function": {"name": "f", "arguments": {}}, "x": 1}'; do
	fails 65 "messages[0].tool_calls[0]: unknown field 'x'" \
		"ll-tokenize --messages --ids -p '[{\"role\": \"assistant\", \"tool_calls\": [$call]}]'"
done
fails 65 "messages[0]: role 'x' is not one of" \
	"ll-tokenize --messages --ids -S S -p '[{\"role\": \"x\", \"content\": \"\"}]'"
fails 65 "--prompt: bad JSON at line 1, column 49: too big integer" \
	"ll-tokenize --messages --ids -p '[{\"role\": \"tool\", \"content\": 18446744073709551616}]'"
ok "a zero byte in a message is one in its text" same \
    "printf 'a\0b' | ll-tokenize --chat --ids" "ll-tokenize --messages --ids -p '[{\"role\": \"user\", \"content\": \"a\\u0000b\"}]'"
fails 69 "date_string: the chat format chatml names no date" \
	"ll-tokenize --messages --ids -p '{\"messages\": [], \"date_string\": \"1 May 2025\"}'"
fails 69 "categories: the chat format chatml has none" \
	"ll-tokenize --messages --ids -p '{\"messages\": [], \"excluded_category_keys\": []}'"
fails 64 "--chat-format: 'x' is not one of llama3, llama3.1" "ll-tokenize --messages --chat-format x -p '[]'"
printf '{"prompt":"a"}\n' >plain
fails 64 "--chat-format: 'x' is not one of llama3, llama3.1" "ll-tokenize --jsonl --chat-format x plain --count"
fails 64 "--date has no effect in the chat format chatml" "ll-tokenize --jsonl --chat-format chatml --date x plain --count"
fails 66 "none: No such file or directory" "ll-tokenize --jsonl --tools none plain --count"

echo '[{"name": "f", "parameters": {"z": 1, "a": "ü"}}]' >tools.json
fails 69 "chatml has no place for tools" "ll-tokenize --chat --tools tools.json -p x --ids"
fails 66 "none.json: No such file" "ll-tokenize --chat --tools none.json -p x --ids"
echo '["f"]' >bad.json
fails 65 "bad.json: tools[0]: is not an object" "ll-tokenize --chat --tools bad.json -p x --ids"
fails 64 "without --chat" "ll-tokenize --tools tools.json -p x --ids"
fails 64 "with --chat" "ll-tokenize --messages --chat -p x --ids"
fails 64 "without --decode" "ll-tokenize --calls -p x"
ok "one that failed leaves its line empty" is '{"role":"assistant","content":"a"}

{"role":"assistant","content":"b"}' "printf 'a\n\nb\n' | ll-tokenize --no-bos -l 2>/dev/null |
    { ll-tokenize -d --calls || [ \$? -eq 65 ]; }"
fails 64 "--lines has no effect with --calls" "ll-tokenize -p x | ll-tokenize -d -l --calls"

# Answers: the text of a stream is taken as one.
answer() {
	ll-tokenize -p "$1" | ll-tokenize -d --calls
}
ok "an answer is a message" is '{"role":"assistant","content":"Hello <b> ü"}' "answer 'Hello <b> ü'"
ok "a call is taken out of it" is \
    '{"role":"assistant","content":"So: ","tool_calls":[{"type":"function","function":{"name":"f","arguments":{"z":1,"a":[]}}}]}' \
    "answer 'So: <function=f>{\"z\": 1, \"a\": []}</function>'"
ok "its numbers are those of the answer" like '{"a":12345678901.25,"b":[0.1,3.141592653589793,-7]}' \
    "answer '[f(a=12345678901.25, b=[0.1, 3.141592653589793, -7])]'"
ok "several sequences are several lines, in order" is '{"role":"assistant","content":"a"}
{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"name":"g","arguments":{"x":-1}}}]}' \
    "printf 'a\n[g(x=-1)]\n' | ll-tokenize -l | ll-tokenize -d --calls"
ok "a generated answer is a message, with how it ended" like '{"role":"assistant","content":"' \
    "ll-tokenize --chat -p Hi | ll-forward | ll-sample -n 5 --seed 1 | ll-tokenize -d --calls"
ok "what is said goes on as a conversation" same \
    'echo "[{\"role\": \"user\", \"content\": \"u\"}, $(answer "Hello")]" | ll-tokenize --messages --ids' \
    'll-tokenize --messages --ids -p "[{\"role\": \"user\", \"content\": \"u\"}, {\"role\": \"assistant\", \"content\": \"Hello\"}]"'

for answer in '[{"text": "a", "url": "u"}]' '[{"type": "web", "text": "a"}]'; do
	ok "a tool's list need not be one of parts: $answer" like "$answer" \
	    "echo '[{\"role\": \"assistant\", \"tool_calls\": [{\"name\": \"f\", \"arguments\": {}}]}, {\"role\": \"tool\", \"content\": $answer}]' |
	    ll-tokenize -m ll-4m --messages --chat-format llama3.1 --render"
done

vocab=$LL_TEST_DATA/llama3-tokenizer.model
if have "$vocab"; then
	unset LL_MODEL
	ok "tools stand in the first message, in their own order" is '<|begin_of_text|><|start_header_id|>system<|end_header_id|>

Environment: ipython
Cutting Knowledge Date: December 2023
Today Date: 26 Jul 2024

<|eot_id|><|start_header_id|>user<|end_header_id|>

Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.

Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.Do not use variables.

{
    "name": "f",
    "parameters": {
        "z": 1,
        "a": "ü"
    }
}

x<|eot_id|><|start_header_id|>assistant<|end_header_id|>' \
	    "ll-tokenize --vocab '$vocab' --chat --chat-format llama3.1 --tools tools.json -p x --render"
	ok "code behind the tag is a call, and eom is told" is \
	    '{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"name":"code_interpreter","arguments":{"code":"1+1"}}}],"stop_reason":"end_of_message"}' \
	    "ll-tokenize --vocab '$vocab' --special --no-bos -p '<|python_tag|>1+1<|eom_id|>' | ll-tokenize -d --calls"
else
	skip 2 "no vocabulary of Llama 3"
fi
done_testing
