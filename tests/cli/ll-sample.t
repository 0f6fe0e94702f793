#!/bin/sh
# ll-sample(1): what the page says.
. "$TESTS/tap.sh"

# Writes a stream from lines on stdin, or the SAMPLE frames of one as lines:
#	kind N | key value | L SEQ POSITION EPOCH LOGIT... | T SEQ POSITION EPOCH FLAGS ID... |
#	C TYPE SEQ EPOCH TEXT | end | cut
cat >frames.py <<'END'
import struct, sys, zlib

def crc(b):
    return struct.pack('<I', zlib.crc32(b))

def pad(b):
    return b + bytes(-len(b) % 64)

def frame(kind, flags, sequence, position, rows, cols, epoch, payload):
    head = b'LLF1' + struct.pack('<HHQQIIIIIIQ', kind, flags, sequence, position, rows, cols, 0, 0,
                                 epoch, 0, len(payload)) + crc(payload)
    return head + crc(head) + pad(payload)

def header(kind, text):
    head = b'\x89LLS\r\n\x1a\n' + struct.pack('<IIfIII', 1, 0x01020304, 1.5, kind, len(text),
                                             zlib.crc32(text)) + bytes(28)
    return head + crc(head) + pad(text)

def write():
    kind, text, out = 3, b'', b''
    for line in filter(str.strip, sys.stdin):
        word, *rest = line.split()
        if word == 'kind':
            kind = int(rest[0])
        elif word == 'L':
            s, p, e = map(int, rest[:3])
            row = [float(x) for x in rest[3:]]
            out += frame(3, 0, s << 32, p, 1, len(row), e, struct.pack(f'<{len(row)}f', *row))
        elif word == 'T':
            s, p, e, flags = map(int, rest[:4])
            ids = [int(x) for x in rest[4:]]
            out += frame(1, flags, s << 32, p, len(ids), 0, e, struct.pack(f'<{len(ids)}I', *ids))
        elif word == 'C':
            t, s, e = map(int, rest[:3])
            out += frame(t, 0, s << 32, 0, 0, 0, e, ' '.join(rest[3:]).encode() + b'\n')
        elif word == 'end':
            out += frame(32, 0x10, 2**64 - 1, 0, 0, 0, 0, b'code 0\nsequences 1\n')
        elif word != 'cut':
            text += line.encode()
    sys.stdout.buffer.write(header(kind, text) + out)

def show():
    data = sys.stdin.buffer.read()
    length, = struct.unpack_from('<I', data, 24)
    if sys.argv[1] == 'header':
        sys.stdout.write(data[64:64 + length].decode())
        return
    at = 64 + len(pad(bytes(length)))
    while at < len(data):
        kind, flags, s, p, rows, _, _, _, epoch, _, length = struct.unpack_from('<HHQQIIIIIIQ', data, at + 4)
        body = data[at + 64:at + 64 + length]
        if kind == 4:
            token, logprob, shown, n = struct.unpack_from('<IfII', body)
            said = 'all' if shown == 2**32 - 1 else str(shown)
            others = [struct.unpack_from('<If', body, 16 + 8 * i) for i in range(n)]
            if sys.argv[1] == 'logprobs':
                print(token, f'{logprob:.4f}', *(f'{t}:{x:.4f}' for t, x in others))
            else:
                print(s >> 32, p, token, said, 'final' if flags & 0x20 else '', f'e{epoch}' if epoch else '')
        elif sys.argv[1] == 'all':
            print('type', kind, 'flags', flags & 0xff)
        at += 64 + len(pad(body))

write() if sys.argv[1] == 'write' else show()
END
stream() { tr ';' '\n' | python3 frames.py write; }
logits() { echo "$1" | stream >logits.lls; }
samples() { python3 frames.py samples | sed 's/ *$//' | tr '\n' ','; }

# Choices

logits "L 0 4 0 1 3 2 3; L 0 5 0 0 0 9 0; end"
ok "greedy: the likeliest, of equal ones the first" \
    is "0 5 1 all,0 6 2 all," "ll-sample -t 0 <logits.lls | samples"
ok "top-k 1 is greedy" same "ll-sample -t 0 <logits.lls | samples" \
    "ll-sample --top-k 1 --seed 5 <logits.lls | samples"
ok "top-p 0 is greedy" same "ll-sample -t 0 <logits.lls | samples" \
    "ll-sample --top-p 0 --seed 5 <logits.lls | samples"
ok "an operand is the stream" \
    same "ll-sample -t 0 <logits.lls | samples" "ll-sample -t 0 logits.lls | samples"
ok "log-probabilities are the model's own" is "1 -0.9176 1:-0.9176 3:-0.9176 2:-1.9176
2 -0.0004 2:-0.0004 0:-9.0004 1:-9.0004" \
    "ll-sample -t 0 --logprobs 3 logits.lls | python3 frames.py logprobs"
ok "also when another distribution is sampled" like "1:-0.9176 3:-0.9176 2:-1.9176" \
    "ll-sample -t 9 --top-k 3 --seed 1 --logprobs 3 logits.lls | python3 frames.py logprobs"
logits "T 0 0 0 5 2; L 0 1 0 3 1 4; end"
ok "a penalty behind a temperature is that of l / t" is "0 2 0 all," "ll-sample --samplers temperature,penalties,top-k \
    -t 0.5 --repetition-penalty 2 --top-k 1 --seed 1 logits.lls | samples"

many="T 0 0 0 5 7 7; $(for i in $(seq 1 200); do echo "L 0 $i 0 1 2 3 4 -inf 3 2 1;"; done) end"
logits "$many"
ok "a seed decides" same "ll-sample --seed 7 logits.lls | samples" "ll-sample --seed 7 logits.lls | samples"
ok "another decides otherwise" differ "ll-sample --seed 7 logits.lls | samples" \
    "ll-sample --seed 8 logits.lls | samples"
ok "without one each run is its own" differ "ll-sample logits.lls | samples" "ll-sample logits.lls | samples"
ok "the drawn seed is in the header and draws the same" same "ll-sample logits.lls | tee drawn | samples" \
    'll-sample --seed "$(python3 frames.py header <drawn | sed -n "s/^seed //p")" logits.lls | samples'
ok "and is told with -v" sh -c "ll-sample -v logits.lls 2>&1 >drawn | grep -q '^ll-sample: seed [0-9]'"
ok "LL_CPU has no say" same "ll-sample --seed 7 logits.lls | samples" \
    "LL_CPU=ref ll-sample --seed 7 logits.lls | samples"
ok "-infinity is never drawn" is "" "ll-sample -t 100 --top-p 1 --seed 1 logits.lls | samples |
    tr , '\n' | awk '\$3 == 4'"
ok "everything else is" is "7" "ll-sample -t 100 --top-p 1 --seed 1 logits.lls | samples |
    tr , '\n' | awk 'NF { print \$3 }' | sort -u | wc -l"
ok "min-p 1 keeps the likeliest" is "3" "ll-sample -t 2 --min-p 1 --seed 1 logits.lls | samples |
    tr , '\n' | awk 'NF { print \$3 }' | sort -u"

# Ends of turns

logits "stop 2 7; T 0 0 0 5 1 1; L 0 1 0 9 0 0; L 0 2 0 0 0 9; L 0 3 0 9 0 0; C 17 0 0 reason eos; end"
ok "a stop id is final, and ends the turn" is "0 2 0 all,0 3 2 0 final," "ll-sample -t 0 logits.lls | samples"
logits "T 0 0 0 5 1 1; L 0 1 0 9 0; L 0 2 0 0 9; L 0 3 0 9 0; end"
ok "-n ends a turn" is "0 2 0 all,0 3 1 all," "ll-sample -t 0 -n 2 logits.lls | samples"
logits "T 0 0 0 1 1 1; T 0 2 0 5 1; L 0 0 0 9 0; L 0 1 0 0 9; L 0 2 0 9 0; end"
ok "inside a prompt nothing is sampled" is "0 3 0 all," "ll-sample -t 0 logits.lls | samples"
logits "T 0 0 1 5 1; L 0 0 1 9 0; T 0 1 3 5 1; L 0 1 2 9 0; L 0 1 3 0 9; end"
ok "nor for an older epoch" is "0 1 0 all  e1,0 2 1 all  e3," "ll-sample -t 0 logits.lls | samples"
ok "what is passed on, and how" is "type 1 flags 7
type 6 flags 0
type 99 flags 0
0 1 0 all  
type 17 flags 0
type 32 flags 16" "logits 'T 0 0 0 5 1; C 6 0 0 {}; C 99 0 0 x; L 0 0 0 9 0; C 17 0 0 reason eos; end'
    ll-sample -t 0 logits.lls | python3 frames.py all"

# All but the END of a stream, from a head that then says nothing for a while.
logits "T 0 0 0 13 5 1; L 0 1 0 9 0; C 17 0 0 reason eos; end"
size=$(($(ll-sample -t 0 logits.lls | wc -c) - 128))
ok "the end of a turn does not wait for the next" is "$size" \
    "{ head -c -128 logits.lls; sleep 3; } | ll-sample -t 0 | timeout 2 head -c $size | wc -c"

# Errors

logits "L 3 16 0 1 nan 2; end"
fails 65 "sequence 3, position 16: logit of id 1 is not a number" "ll-sample -q <logits.lls"
logits "L 3 16 0 1 2 inf; end"
fails 65 "sequence 3, position 16: logit of id 2 is infinite" "ll-sample -q <logits.lls"
logits "L 3 16 0 -inf -inf; end"
fails 65 "sequence 3, position 16: every logit is -infinity" "ll-sample -q <logits.lls"
logits "stop 1 x; end"
fails 65 "header: stop is '1 x'" "ll-sample -q <logits.lls"
logits "L 0 0 0 1 2; cut"
fails 65 "without its END" "ll-sample -t 0 <logits.lls"
logits "kind 1; T 0 0 0 5 1; end"
fails 65 "stream holds tokens, not logits: is ll-forward missing" "ll-sample -q <logits.lls"
logits "kind 2; end"
fails 65 "stream holds hidden states, not logits" "ll-sample -q <logits.lls"
logits "kind 4; end"
fails 65 "stream holds samples, not logits: is ll-sample before ll-sample one too many?" "ll-sample -q <logits.lls"
fails 66 "none.lls: No such file or directory" "ll-sample none.lls"
fails 64 "--top-k has no effect with temperature 0" "ll-sample -t 0 --top-k 3"
fails 64 "--top-p has no effect with temperature 0" "ll-sample -t 0 --top-p 0.5"
fails 64 "--min-p has no effect with temperature 0" "ll-sample -t 0 --min-p 0.5"
fails 64 "--seed has no effect with temperature 0" "ll-sample -t 0 --seed 1"
fails 64 "--model has no effect without --stop" "ll-sample -m model.gguf"
fails 64 "--temperature: '-1' is not between 0 and 100" "ll-sample -t -1"
fails 64 "--temperature: 'nan' is not a number" "ll-sample -t nan"
fails 64 "--temperature: '1e400' is not between 0 and 100" "ll-sample -t 1e400"
fails 64 "--top-k: '99999999999999999999' is not between 0 and 4294967295" "ll-sample --top-k 99999999999999999999"
fails 64 "--temperature: '1??m' is not a number" "ll-sample -t \"\$(printf '1\302\233m')\""
fails 64 "--top-p: '2' is not between 0 and 1" "ll-sample --top-p 2"
fails 64 "--min-p: '1.5' is not between 0 and 1" "ll-sample --min-p 1.5"
fails 64 "--top-k: '-1' is not between" "ll-sample --top-k -1"
fails 64 "--limit: '0' is not between" "ll-sample -n 0"
fails 64 "--logprobs: '21' is not between 0 and 20" "ll-sample --logprobs 21"
fails 64 "--seed: '-1' is not a whole number" "ll-sample --seed -1"
fails 64 "--stop: an empty string" "ll-sample --stop ''"
mkdir away && cp "$(command -v ll-sample)" away
fails 64 "no model: give -m FILE or set LL_MODEL" \
    "logits 'end'; unset LL_MODEL; away/ll-sample --stop x <logits.lls"
fails 66 "none.gguf" "ll-sample --stop x -m none.gguf <logits.lls"

# In the pipe

once() { ll-tokenize -p "Once upon a time" | ll-forward "$@"; }
text() { ll-sample --seed 3 "$@" | ll-tokenize -d; }
once | tee run.lls | ll-sample --seed 3 -n 30 | ll-tokenize -d >answer
ok "there is an answer" test -s answer
ok "a recording has the same" is "$(cat answer)" "text -n 30 <run.lls"
ends() { ll-cat -t --type end | sed -n 's/prompt [0-9]* //; s/.*reason/reason/p'; }
ok "and the same end" same "once | ll-sample --seed 3 -n 30 | ends" "ll-sample --seed 3 -n 30 run.lls | ends"
ok "another answer to it has its own" is "reason length generated 2" "ll-sample --seed 3 -n 2 run.lls | ends"
ok "of one token, too" is "reason complete generated 1" "once --once | ll-sample --seed 3 | ends"
ok "two recordings have it twice" is "$(cat answer answer)" "cat run.lls run.lls | text -n 30"
ok "no return path is offered behind" \
    is "kept" "grep -q '^return ' run.lls && ll-sample -q run.lls | python3 frames.py header |
    sed -n 's/^return .*/there/p; s/^vocab_size .*/kept/p'"
ok "the twenty likeliest are enough" same "once | text -n 30 --top-k 20" "once -k 20 | text -n 30 --top-k 20"

# Stop strings: from the middle of the answer, whatever the tokens are.
LC_ALL=C tr -c 'a-z ' '\n' <answer | awk 'length > 3' | head -n 1 >word
if [ -s word ]; then
	word=$(cut -c 2-4 word)
	python3 -c "import sys; a = open('answer', 'rb').read()
sys.stdout.buffer.write(a[:a.index(sys.argv[1].encode())])" "$word" >before
	ok "a stop string ends the answer before it" same "cat before" "once | text -n 30 --stop '$word'"
	ok "also a recorded one" same "cat before" "text -n 30 --stop '$word' <run.lls"
	ok "the first of several" same "cat before" \
	    "once | text -n 30 --stop '${word}qqq' --stop '$word' --stop qq"
	ok "with the model that the stream names" same "cat before" \
	    "once | (unset LL_MODEL; ll-sample --seed 3 -n 30 --stop '$word') | ll-tokenize -d"
fi
ok "one that does not come changes nothing" same "cat answer" "once | text -n 30 --stop 'not in there'"
fails 65 "vocabulary" \
    "$TESTS/mkgguf.py --preset tiny other.gguf && ll-sample -q --stop x -m other.gguf <run.lls"

fails 64 "--temperature: '0x1' is not a number" "ll-sample -t 0x1 run.lls >out"

# A level of the processor that no stage can use is told once, by the first.
fails 78 "ll-forward: LL_CPU=none" "export LL_CPU=none; ll-tokenize -p x | ll-forward | ll-sample -t 0 | ll-cat -t >out"
fails 78 "ll-sample: LL_CPU=none" "LL_CPU=none ll-sample -t 0 run.lls >out"

# One sequence's answer does not depend on its company.
for i in 1 2 3 4 5 6 7 8 9; do echo "the river $i"; done >lines
many() { ll-tokenize -l lines | ll-forward -b "$1" | ll-sample --seed 4 -n 12 | ll-tokenize -d -l; }
ok "a batch gives each its own answer" same "many 1" "many 9"
ok "and in between" same "many 1" "many 4"
done_testing
