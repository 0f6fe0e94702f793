#!/bin/sh
# ll-train-bpe(1): what the page says.
. "$TESTS/tap.sh"

train() {
	ll-train-bpe -q --min-count 1 "$@"
}
ids() {
	ll-tokenize -m "$@" | ll-cat --json | sed -n 's/.*"ids":\(\[[0-9,]*\]\).*/\1/p'
}
back() {
	ll-tokenize -m "$1" "$2" | ll-tokenize -m "$1" -d --echo
}

# Paragraphs apart, so that each is cut alike alone and in a row.
cat >one.txt <<'END'
The miller's daughter didn't say what she had seen: the mill stood still.
They'll say the mill stands; she'll say it doesn't. 1234567 sacks of meal.
END
cat >two.txt <<'END'
Über die Mühle sagte die Müllerin nichts, die Mühle mahlte weiter.
水車小屋の娘は水車を見た。水車は回る。
END
cat one.txt two.txt >all.txt
head -c 3000 /dev/urandom >bytes

# What is written
train -n 330 -o v.gguf all.txt
ok "the tokens in all" like "byte-level BPE by merges, 330 tokens, 8 special, 66 merges" "ll-info v.gguf"
ok "the splitter" like "splitter           llama-bpe" "ll-info v.gguf"
ok "the special tokens are the last" is "[322,323,324,325,326,327,328,329]" "ids v.gguf --special -p \
'<|end_of_text|><|finetune_right_pad_id|><|start_header_id|><|end_header_id|><|eom_id|><|eot_id|><|python_tag|>'"
ok "no merges: bytes alone" is "[256,66,256,68,0]" "train -n 264 -o b.gguf one.txt; ids b.gguf --special -p \
'c<|begin_of_text|>e!'"
ok "bytes in Llama 3's order" is "[256,0,93,94,187,188,220,221]" \
	"printf '!~\\241\\377\\000 \\177' >order; ids b.gguf order"
ok "the chat format is recognised" like "chat format        llama3.1" "ll-info v.gguf"
ok "a conversation" is "<|begin_of_text|><|start_header_id|>system<|end_header_id|>

Cutting Knowledge Date: December 2023
Today Date: 26 Jul 2024

Be brief.<|eot_id|><|start_header_id|>user<|end_header_id|>

Why?<|eot_id|><|start_header_id|>assistant<|end_header_id|>" \
	"ll-tokenize -m v.gguf --chat -S 'Be brief.' -p 'Why?' | ll-tokenize -m v.gguf -d --echo --special"
ok "text there and back" same "cat all.txt" "back v.gguf all.txt"
ok "any bytes there and back" same "cat bytes" "back v.gguf bytes"
ok "fewer tokens than bytes" test "$(ids v.gguf all.txt | tr , '\n' | wc -l)" -lt 160
ok "other special tokens behind them" is "[330,337,339,338]" \
	"train -n 340 --special '<|b|>' --special '<|a|>' -o s.gguf all.txt
	ids s.gguf --special -p '<|python_tag|><|a|><|b|>'"
ok "to standard output" same "cat v.gguf" "train -n 330 all.txt"
ok "and again the same" same "cat v.gguf" "train -n 330 -o - - <all.txt"

# What is read
ok "files in a row" same "cat v.gguf" "train -n 330 one.txt two.txt"
ok "in any order" same "cat v.gguf" "train -n 330 two.txt one.txt"
ok "from standard input" same "cat v.gguf" "train -n 330 <all.txt"
ok "compressed" same "cat v.gguf" "gzip -c all.txt | train -n 330"
ok "a byte order mark is no text" same "cat v.gguf" "(printf '\\357\\273\\277'; cat all.txt) | train -n 330"
python3 - <<'END'
import json
one, two = (open(name, encoding="utf-8").read() for name in ("one.txt", "two.txt"))
with open("text.jsonl", "w") as f:
    f.write(json.dumps({"id": 2 ** 64, "text": one}) + "\n \n\n" + json.dumps({"text": two, "messages_": 1}) + "\n")
with open("chat.jsonl", "w") as f:
    f.write(json.dumps({"messages": [{"role": "system", "content": ""}, {"role": "user", "content": one}, {
        "role": "assistant", "content": [{"type": "text", "text": two}]}]}))
END
ok "records of texts" same "cat v.gguf" "train -n 330 text.jsonl"
ok "by the first byte" same "cat v.gguf" "train -n 330 <text.jsonl"
ok "by the name, behind a blank line" same "cat v.gguf" "(echo; cat text.jsonl) >b.jsonl; train -n 330 b.jsonl"
ok "compressed" same "cat v.gguf" "gzip -c text.jsonl >t.jsonl.gz; train -n 330 t.jsonl.gz"
ok "contents of messages" same "cat v.gguf" "train -n 330 chat.jsonl"
ok "special tokens' texts are learned from as text" is 5 \
	"echo '<|eot_id|><|eot_id|>' >special; train -n 282 -o x.gguf special; ids x.gguf -p '<|eot_id|>' | tr , '\n' | wc -l"

# Options
ok "as many as there are, told" like "ll-train-bpe: 267 tokens, not 5000: no pair is left that occurs 2 times" \
	"echo 'aaa bbb aaa' >few; ll-train-bpe -n 5000 -o x.gguf few 2>&1"
ok "down to one occurrence" like "270 tokens, not 5000: no pair is left that occurs 1 times" \
	"ll-train-bpe -n 5000 --min-count 1 -o x.gguf few 2>&1"
ok "only frequent pairs" like "265 tokens, not 5000: no pair is left that occurs 4 times" \
	"ll-train-bpe -n 5000 --min-count 4 -o x.gguf few 2>&1"
ok "no token longer" like "266 tokens, not 5000" "ll-train-bpe -n 5000 --min-count 2 --max-length 2 -o x.gguf few 2>&1"
ok "quiet" quiet "train -n 5000 -o x.gguf few"
ok "what was done" like "12 bytes, 4 words, 4 different; 2 merges" "ll-train-bpe -v -n 266 -o x.gguf few 2>&1"

# On a terminal
cat >terminal.py <<'END'
import os, pty, subprocess, sys
ours, theirs = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stderr=theirs)
os.close(theirs)
shown = b""
try:
    while data := os.read(ours, 4096):
        shown += data
except OSError:
    pass
sys.stdout.write(repr(shown.decode()))
sys.exit(process.wait())
END
ok "progress on a terminal" like '\rll-train-bpe: 0.0 MB read, 30 different words' \
	"python3 terminal.py ll-train-bpe -n 280 -o x.gguf one.txt"
ok "which is wiped in the end" like "\r\x1b[K'" "python3 terminal.py ll-train-bpe -n 280 -o x.gguf one.txt"
ok "none with -q" is "''" "python3 terminal.py ll-train-bpe -q -n 280 -o x.gguf one.txt"
fails 64 "no -o FILE, and standard output is a terminal" "python3 -c \"import pty, sys, os
sys.exit(os.waitstatus_to_exitcode(pty.spawn(['sh', '-c', 'exec 2>err.txt; ll-train-bpe -n 280 one.txt'])))\" >pty.out
	cat err.txt >&2; exit 64"

# Rank files
train -n 578 --ranks -o v.ranks all.txt
ok "ranks: 256 special tokens are implied" like "byte-level BPE by ranks, 578 tokens, 256 special" "ll-info v.ranks"
ok "ranks: a line for each other token" is 322 "wc -l <v.ranks"
ok "ranks: bytes in base64 and the rank" is "IQ== 0" "head -n 1 v.ranks"
ok "ranks: the same tokens" same "ids v.gguf all.txt" "ids v.ranks all.txt"
ok "ranks: to standard output" same "cat v.ranks" "train -n 578 --ranks all.txt"

# A text without a place to cut, in time that is linear
ok "one word of many megabytes" timeout 60 sh -c \
	"head -c 3000000 /dev/zero | tr '\0' a | ll-train-bpe -q -n 290 --max-length 1000 -o long.gguf"
# A space is spelled by two bytes.
ok "as long a token as may be can be read" is 1 \
	"head -c 32767 /dev/zero | tr '\0' ' ' | ll-train-bpe -q -n 300 --min-count 1 -o long.gguf;
	head -c 32767 /dev/zero | tr '\0' ' ' | ll-tokenize -m long.gguf --no-bos --count"

# Refused
: >empty
fails 64 "no --vocab-size N" "ll-train-bpe all.txt"
fails 64 "--vocab-size: 263 is less than 256 bytes and 8 special tokens" "ll-train-bpe -n 263 all.txt"
fails 64 "--vocab-size: 264 is less than 256 bytes and 9 special tokens" "ll-train-bpe -n 264 --special '<|a|>' all.txt"
fails 64 "--vocab-size: 511 is less than 256 bytes and 256 special tokens" "ll-train-bpe --ranks -n 511 all.txt"
fails 64 "--special has no effect with --ranks" "ll-train-bpe --ranks -n 600 --special '<|a|>' all.txt"
fails 64 "--special: '<|a|>' is given twice" "ll-train-bpe -n 600 --special '<|a|>' --special '<|a|>' all.txt"
fails 64 "--special: '<|eot_id|>' is there in any case" "ll-train-bpe -n 600 --special '<|eot_id|>' all.txt"
fails 64 "--special: 'word' could be learned" "ll-train-bpe -n 600 --special word all.txt"
fails 65 "there is no text to learn from" "ll-train-bpe -n 600 empty"
fails 65 "there is no text to learn from" "printf '\\n\\n' >b.jsonl; ll-train-bpe -n 600 b.jsonl"
fails 65 "there is no text to learn from" "echo '{\"text\": \"\"}' | ll-train-bpe -n 600"
bad() {
	(cat text.jsonl; echo "$1") >bad.jsonl
}
fails 65 "bad.jsonl:5: has neither text nor messages" "bad '{\"prompt\": 1}'; ll-train-bpe -n 600 -o bad.gguf bad.jsonl"
fails 65 "bad.jsonl:5: has both text and messages" "bad '{\"text\": \"\", \"messages\": []}'; ll-train-bpe -n 600 bad.jsonl"
fails 65 "bad.jsonl:5: text: is a whole number, not a string" "bad '{\"text\": 1}'; ll-train-bpe -n 600 bad.jsonl"
fails 65 "bad.jsonl:5: is an array, not an object" "bad '[]'; ll-train-bpe -n 600 bad.jsonl"
fails 65 "bad.jsonl:5" "bad '{\"text'; ll-train-bpe -n 600 bad.jsonl"
fails 65 "bad.jsonl:5: messages[0].role" "bad '{\"messages\": [{\"content\": \"\"}]}'; ll-train-bpe -n 600 bad.jsonl"
fails 65 "standard input:1: " "echo '{' | ll-train-bpe -n 600"
fails 65 "gzip: the data is cut short" "gzip -c all.txt | head -c 100 >cut.gz; ll-train-bpe -n 600 cut.gz"
fails 66 "none.txt" "ll-train-bpe -n 600 all.txt none.txt"
fails 73 "no/where" "ll-train-bpe -n 600 -q -o no/where all.txt"
fails 73 "no/where" "ll-train-bpe -n 600 -q -o no/where none"
fails 73 "no/where" "ll-train-bpe -n 600 -q --ranks -o no/where all.txt"
fails 74 "No space left" "ll-train-bpe -n 600 -q --ranks all.txt >/dev/full"
ok "no file of what failed" test ! -e bad.gguf
done_testing
