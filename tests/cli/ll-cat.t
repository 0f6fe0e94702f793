#!/bin/sh
# ll-cat(1): what the page says, on streams made by hand.
. "$TESTS/tap.sh"

make() {
	python3 "$TESTS/mkstream.py"
}

make >whole.lls <<'END'
stream kind=hidden hidden=4 vocab_size=9 context=64 model=/tmp/m.gguf history="ll-x -y" history=ll-z
meta seq=0 : {"id": "a"}
tokens seq=0 flags=prompt,last : 1 2 3
hidden seq=0 pos=0 cols=4 want=1 : 1 2 3 4  5 6 7 8  9 10 11 -0.5
hidden seq=1.2 pos=0 cols=4 dtype=f16 epoch=3 : 1 2 3 4
flush owed=2
end seq=0 : reason complete; prompt 3
end seq=1.2 : reason complete
end : code 0; sequences 2
END
make >logits.lls <<'END'
stream kind=logits vocab_size=7
logits seq=0 pos=1 cols=7 : 0.5 1 4 1.5 4 2 -3
sparse seq=0 pos=2 cols=2 lse=3.5 : 6:2 5:1
end : code 0; sequences 1
END

# Joining
ok "a stream passes unchanged" same "cat whole.lls" "ll-cat whole.lls"
ok "so do several" same "cat whole.lls logits.lls whole.lls" "cat logits.lls | ll-cat whole.lls - whole.lls"
{
	printf 'stream\nframe type=77 : '
	head -c 1000000 /dev/zero | tr '\0' 1
	printf '\nend : code 0\n'
} | make >large.lls
ok "and a large frame, through pipes" same "cat large.lls" "cat large.lls | ll-cat | cat"
ok "through an output file" same "cat whole.lls" "ll-cat -o out.lls whole.lls && cat out.lls"
ok "even over its own input" same "cat whole.lls" "cp whole.lls x.lls; ll-cat -o x.lls x.lls; cat x.lls"

# Text
ok "text has the header" like "    history ll-z" "ll-cat -t whole.lls"
ok "text has tokens" like "0            0 TOKENS  prompt last 1 2 3" "ll-cat -t whole.lls"
ok "text has rows" like "0            1 HIDDEN  4 norm 13.1909: 5 6 7 8" "ll-cat -t whole.lls"
ok "and which are wanted" like "0            2 HIDDEN  wanted 4 norm" "ll-cat -t whole.lls"
ok "and other samples, data types and epochs" like "1.2          0 HIDDEN  epoch 3 F16 4 norm 5.47723: 1 2 3 4" \
	"ll-cat -t whole.lls"
ok "text has the largest logits" like "LOGITS  7: 2:4 4:4 5:2 3:1.5 1:1 ..." "ll-cat -t logits.lls"
ok "all of them with --full" like "LOGITS  7: 0.5 1 4 1.5 4 2 -3" "ll-cat -t --full logits.lls"
ok "text has sparse logits" like "LOGITS  sparse logsumexp 3.5 6:2 5:1" "ll-cat -t logits.lls"
ok "text tells ends" like "1.2          0 END     reason complete" "ll-cat -t whole.lls"
make >evil.lls <<'END'
stream kind=samples model="a]0;x"
text seq=0 : \x1b]0;evil\x07 \xc2\x9b31m \xff "x\\y"
end : code 0
END
ok "text is harmless" like '"\x1b]0;evil\x07 \xc2\x9b31m \xff \"x\\y\""' "ll-cat -t evil.lls"
ok "the header, too" is 0 "ll-cat -t evil.lls | tr -d '[:print:]\\n' | wc -c"
live() {
	{
		printf 'stream kind=tokens\n' | make
		sleep 1
		cp seen early
	} | ll-cat -t >seen 2>/dev/null
	cat early
}
ok "what is there is shown at once" is "stream of tokens" live

# JSON
value() {
	ll-cat --json "$1" | python3 -c "import json, sys
lines = [json.loads(line) for line in sys.stdin]
print($2)"
}
ok "an object for each frame" is 9 "value whole.lls 'len(lines)'"
ok "header" is "hidden 4 ['ll-x -y', 'll-z']" \
	"value whole.lls '*(lines[0][\"kind\"], lines[0][\"header\"][\"hidden\"], lines[0][\"header\"][\"history\"])'"
ok "tokens" is "TOKENS ['prompt', 'last'] 0 [1, 2, 3]" \
	"value whole.lls '*(lines[2][k] for k in (\"type\", \"flags\", \"sequence\", \"ids\"))'"
ok "values" is "[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, -0.5]]" "value whole.lls 'lines[3][\"values\"]'"
ok "sparse logits" is "[{'logsumexp': 3.5, 'ids': [6, 5], 'logits': [2, 1]}]" \
	"value logits.lls 'lines[2][\"values\"]'"
ok "META is an object" is "a" "value whole.lls 'lines[1][\"meta\"][\"id\"]'"
make >nul.lls <<'END'
stream
meta seq=0 : {"id": "\\u0000"}
end : code 0
END
ok "also one with U+0000" is '{"id":"\u0000"}' "ll-cat --json nul.lls | jq -c .meta | sed -n 2p"
ok "bytes that are no text survive somehow" is 4 "value evil.lls 'len(lines) + 1'"
make >digits.lls <<'END'
stream kind=hidden
hidden seq=0 cols=4 : 0.1 16777217 1e-45 nan
end : code 0
END
ok "an f32 survives" is "[[0.100000001, 16777216, 1.40129846e-45, None]]" \
	"value digits.lls 'lines[1][\"values\"]'"
make >digits.lls <<'END'
stream kind=logits vocab_size=7
logits seq=0 cols=7 : 1 7 nan 2 inf -inf nan
end : code 0
END
ok "logits that are no number are not left out" like "7: 2:nan 6:nan 4:inf 1:7 3:2 ..." "ll-cat -t digits.lls"

# Arrays
array() {
	ll-cat --npy "$@" | python3 -c "import ast, struct, sys
data = sys.stdin.buffer.read()
size = 10 + struct.unpack('<H', data[8:10])[0]
head = ast.literal_eval(data[10:size].decode())
assert data[:8] == b'\x93NUMPY\x01\x00' and size % 64 == 0 and data[size - 1:size] == b'\n'
print(head['shape'], head['descr'], struct.unpack(f'<{(len(data) - size) // 4}f', data[size:])[-3:])"
}
ok "hidden states as an array" is "(4, 4) <f4 (2.0, 3.0, 4.0)" "array whole.lls"
ok "selected ones" is "(1, 4) <f4 (6.0, 7.0, 8.0)" "array --sequence 0 --position 1 whole.lls"
fails 65 "logits.lls: sparse LOGITS make no array" "ll-cat --npy logits.lls"
fails 65 "holds both HIDDEN and LOGITS" "ll-cat --npy --position 0-1 whole.lls logits.lls"
fails 65 "no HIDDEN or LOGITS rows" "ll-cat --npy --type tokens whole.lls"

# Selecting
ok "by type" is 1 "ll-cat -t --type Tokens whole.lls | grep -c '^[0-9]'"
ok "by several" is 5 "ll-cat -t --type 1,hidden whole.lls | grep -c '^[0-9]'"
ok "by record" is 2 "ll-cat -t --sequence 1- whole.lls | grep -c '^[0-9]'"
ok "by position" like "0            1 TOKENS  prompt 2" "ll-cat -t --position 1-1 whole.lls"
ok "a selection of a stream is a stream" like "HIDDEN 2" \
	"ll-cat --type hidden whole.lls | ll-cat --position 0 | ll-cat --verify"
fails 64 "--type: 'hiden' is no frame type" "ll-cat --type hiden whole.lls"
fails 64 "--type: '$(printf %0100d 0)' is no frame type" "ll-cat --type $(printf %0100d 0)x whole.lls"
fails 64 "--position: '3-1' is not A, A-B or A-" "ll-cat --position 3-1 whole.lls"

# Verifying
ok "counts" is "streams 1 frames 8 TOKENS 1 HIDDEN 2 META 1 FLUSH 1 END 3 unverified 0" \
	"ll-cat --verify whole.lls | tr '\n' ' ' | sed 's/ \$//'"
damaged() {
	{ cat; echo "$1"; } | make >damaged.lls
}
plain='stream kind=tokens
tokens seq=0 : 1 2 3
end : code 0'
bad() {
	printf '%s\n' "$plain" | damaged "$1"
	fails 65 "$2" "ll-cat --verify damaged.lls"
}
bad "cut 1" "stream is truncated: it ends at byte 319, inside the payload of frame 2, END of the stream"
bad "cut 64" "ends at byte 256, inside the payload of frame 2"
bad "cut 100" "inside the header of frame 2"
bad "cut 128" "ends at byte 192, behind frame 1, without its END"
bad "cut 192" "inside the payload of frame 1, TOKENS of sequence 0" 
bad "cut 300" "ends at byte 20, inside a stream's header"
bad "cut 320" "damaged.lls: no stream: input is empty"
printf '%s\n' "$plain" | damaged "flip -100"
ok "what stands before the damage is shown" is "0 0 TOKENS 1 2 3" "{ ll-cat -t damaged.lls || true; } 2>/dev/null | sed 1d | xargs"
ok "as JSON too" is "TOKENS" "{ ll-cat --json damaged.lls || true; } 2>/dev/null | jq -r .type | sed 1d"
bad "flip 128" "TOKENS frame at byte 64: payload is damaged: crc"
bad "flip 72" "frame at byte 64: header is damaged: crc"
bad "flip 64" "at byte 64: a frame should begin here, but found 4d 4c 46 31"
bad "flip 40" "header of the stream is damaged: crc"
bad "flip 1" "not a stream"
bad "raw : 00" "damaged.lls: not a stream: unknown data"
bad "tokens seq=0 : 1" "a frame is where a stream's header should be; do two programs write into one pipe?"
plain='stream kind=tokens
stream kind=tokens
end : code 0'
bad "" "at byte 64: a stream begins before the END of the one before it"
plain='stream version=2'
bad "" "stream of version 2, but this program reads version 1"
plain='stream'
bad "frame type=77 flags=critical" "frame at byte 64: unknown critical frame type 77"
bad "hidden cols=4 length=8 : 1 2 3 4" "HIDDEN with 1 rows of 4 cannot have 8 bytes"
bad "frame type=77 length=300000000" "payload of 300000000 bytes, but 268435456 are the most"
bad "frame type=77 length=0xffffffffffffffff" "payload of 18446744073709551615 bytes"
bad "sample seq=0 rows=2 : 1" "SAMPLE with 2 rows"
plain='stream text="no newline"'
bad "" "header of the stream: line 1 is not 'key value'"
plain='stream crc=1'
bad "" "text of the stream's header is damaged: crc 00000000, but it says 00000001"
plain='stream order=0x04030201'
bad "" "another byte order"
echo "Hello, world!" >text
fails 65 "text: not a stream: this is text" "ll-cat -t text"
fails 65 "GGUF model" "printf 'GGUF\3\0\0\0' | ll-cat -t"
fails 65 "transfer in text mode" "sed 's/\r\$//' whole.lls | ll-cat -t"
fails 66 "none.lls: No such file or directory" "ll-cat none.lls"
fails 66 "ll-cat: '': No such file or directory" "ll-cat ''"
fails 66 "ll-cat: a?b??31m: No such" "ll-cat \"\$(printf 'a\033b\302\23331m')\""
fails 66 ".: is a directory" "ll-cat ."
printf 'stream\nframe type=77 seq=5 pos=3 : 00ff\nend : code 0\n' >unknown
ok "a type that is not known passes" same "make <unknown" "make <unknown | ll-cat"
ok "and is counted" like "unknown 1" "make <unknown | ll-cat --verify"

# Failures upstream
printf 'stream\nerror : program ll-x; code 69; message no; reported 1\n' | make >failed.lls
status() {
	(eval "$1") >out 2>err
	echo $?
}
ok "ERROR gives the status" is 69 "status 'll-cat failed.lls'"
ok "silently" test ! -s err
ok "and travels on" is 69 "status 'll-cat failed.lls | ll-cat | ll-cat --verify'"
ok "text shows it" like "ERROR   code 69 message ll-x: no" "ll-cat -t failed.lls; true"
printf 'stream\nend : code 71; sequences 1\n' | make >ended.lls
ok "so does the code of an END" is 71 "status 'll-cat ended.lls whole.lls | ll-cat -t'"
ok "behind which everything was read" like "HIDDEN" "cat out"
ok "a truncated stream fails the next stage, too" is 65 "status 'head -c 300 whole.lls | ll-cat | ll-cat --verify'"
ok "told once" is 1 "wc -l <err"
ok "no file is left behind" is 0 "ll-cat -o broken.lls damaged.lls 2>/dev/null; ls | grep -c broken; true"
ok "a reader that leaves is no failure" quiet "ll-cat -t whole.lls whole.lls | head -n 1"

# Canonical form
make >plain.lls <<'END'
stream kind=hidden hidden=2 history=one model=/a batch=1
tokens seq=0 flags=prompt,last : 1 2 3
hidden seq=0 pos=0 cols=2 want=1 : 1 1  2 2  3 3
flush owed=1
tokens seq=1 flags=prompt,last : 1 2 4
hidden seq=1 pos=0 cols=2 want=1 : 1 1  2 2  4 4
flush owed=1
end seq=0 : reason complete
end seq=1 : reason complete
end : code 0; sequences 2
END
make >mixed.lls <<'END'
stream kind=hidden return="h n @s" model=/b hidden=2 history=two history=three batch=2
wait
tokens seq=1 flags=prompt : 1 2
tokens seq=1 pos=2 flags=prompt,last : 4
tokens seq=0 flags=prompt,last : 1 2 3
hidden seq=0 pos=0 cols=2 : 1 1  9 9
hidden seq=0 pos=1 cols=2 : 2 2
flush
fork seq=held:1 parent=0 pos=2 :
hidden seq=0 pos=2 cols=2 want=1 : 3 3
fork seq=1 parent=held:1 pos=2 : 7
hidden seq=1 pos=2 cols=2 want=1 : 4 4
flush owed=2
end seq=1 : reason complete
end seq=held:1 : reason held
end seq=0 : reason complete
end : code 0; sequences 2
END
ok "batches, chunks and forks do not show" same "ll-cat --canonical plain.lls" "ll-cat --canonical mixed.lls"
ok "the canonical form is its own" same "ll-cat --canonical plain.lls" \
	"ll-cat --canonical plain.lls | ll-cat --canonical"
ok "through pipes and files" same "ll-cat --canonical plain.lls" "ll-cat --canonical plain.lls | cat"
ok "without what was not selected" like "frames 4" \
	"ll-cat --canonical --type hidden --sequence 1 plain.lls | ll-cat --verify"

# The command line
fails 64 "--json and --npy exclude each other" "ll-cat --json --npy whole.lls"
fails 64 "--full has no effect without -t" "ll-cat --full whole.lls"
fails 64 "--watch has no effect" "{ ll-cat --watch whole.lls; echo \$? >code; } | cat >/dev/null; exit \$(cat code)"
ok "an output that cannot be written" is 74 "status 'll-cat -t whole.lls >/dev/full'"
fails 73 "/none/x: No such file or directory" "ll-cat -o /none/x whole.lls"
if command -v script >/dev/null; then
	ok "no stream to a terminal" like "refusing to write binary to a terminal; pipe it into ll-cat -t" \
		"script -qec 'll-cat whole.lls' /dev/null; true"
	ok "no array either" like "refusing to write an array to a terminal" \
		"script -qec 'll-cat --npy whole.lls' /dev/null; true"
else
	skip 2 "no script(1)"
fi
done_testing
