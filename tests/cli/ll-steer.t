#!/bin/sh
# ll-steer(1): what is made, what is added, and what is refused.
. "$TESTS/tap.sh"

# states FRAMES [KEYS]: a stream of states of four numbers, cut before layer 2
states() {
	printf "stream kind=hidden ${2-hidden=4 boundary=2 fingerprint=00000000000000ab}\n%b\nflush owed=1\nend : code 0\n" "$1" |
	    "$TESTS/mkstream.py"
}

numbers() {
	ll-cat --json --type hidden | python3 -c 'import json, sys
for line in sys.stdin:
    for row in json.loads(line).get("values", []):
        print(*row)'
}

states 'hidden seq=0 cols=4 want=1 : 9 9 9 9  1 2 3 4\nhidden seq=1 cols=4 want=1 : 3 4 5 6' >pos
states 'hidden seq=0 cols=4 want=2 : 0 1 0 1  2 1 0 -1' >neg
states 'hidden seq=0 pos=3 cols=4 want=1 epoch=2 : 0 0 0 0  1 2 3 4\ntokens seq=0 : 7\nframe type=77 : 00ff' >stream

# The means of the rows that want logits are 2 3 4 5 and 1 1 0 0.
ok "--make" ll-steer --make -o d.gguf pos neg
ok "the difference of the means" is "1 2 4 5
2 4 7 9" "ll-steer --add d.gguf stream | numbers"
ok "a scale" is "-0.5 -1 -2 -2.5
0.5 1 1 1.5" "ll-steer --add d.gguf:-0.5 stream | numbers"
ok "two directions" is "3 6 12 15
4 8 15 19" "ll-steer --add d.gguf --add d.gguf:2 <stream | numbers"
ok "a stream that names no model" is "1 2 4 5" \
    "states 'hidden seq=0 cols=4 : 0 0 0 0' 'hidden=4 boundary=2' | ll-steer --add d.gguf | numbers"
ok "scale 0 adds nothing" same "ll-steer --add d.gguf:0 stream | ll-cat --canonical" "ll-cat --canonical stream"
ok "there and back" same "ll-steer --add d.gguf:3 stream | ll-steer --add d.gguf:-3 | ll-cat --canonical" "ll-cat --canonical stream"
ok "the sides exchanged" same "ll-steer --make neg pos >e.gguf; ll-steer --add e.gguf stream | numbers" \
    "ll-steer --add d.gguf:-1 stream | numbers"
ok "all else is passed on" same "ll-cat -t stream | grep -v -e hidden -e HIDDEN -e history" \
    "ll-steer --add d.gguf stream | ll-cat -t | grep -v -e hidden -e HIDDEN -e history"
ok "-o" same "ll-steer --add d.gguf -o file stream && numbers <file" "ll-steer --add d.gguf stream | numbers"
ok "two streams" is 4 "cat stream stream | ll-steer --add d.gguf | numbers | wc -l"
ok "the file says what it is" like "controlvector" "strings d.gguf"
ok "and has the tensor of the layer before the cut" like "direction.1" "strings d.gguf"
fails 73 "none/d.gguf: No such file or directory" "ll-steer --make -o none/d.gguf none.lls none.lls"
ok "an output that is read is told before the work" is "64 ll-steer: pos: is the output, which would replace it" \
    "{ ll-steer --make -o pos pos neg 2>err; echo \$?; } | tr '\n' ' '; head -n 1 err"
ok "-v tells how many states" like "behind layer 1 of 2 and 2 states" "ll-steer -v --make -o d.gguf pos neg 2>&1"
for type in f16 bf16; do
	ok "$type stays $type" same "ll-steer --add d.gguf stream | numbers" \
	    "states 'hidden seq=0 pos=3 cols=4 want=1 dtype=$type : 0 0 0 0  1 2 3 4' | ll-steer --add d.gguf | numbers"
done

# A direction in a real pipe
printf 'one\ntwo three\n' | ll-tokenize -l | ll-forward --once -L 0-1 >one
printf 'the river\nthe sea\n' | ll-tokenize -l | ll-forward --once -L 0-1 >two
ll-steer --make -o r.gguf one two
answer() {
	ll-tokenize -p "one two" | ll-forward -L 0-1 | "$@" | ll-forward -L 2- | ll-sample -t 0 -n 10 | ll-tokenize -d
}
ok "nothing added: the answer is as before" same "answer cat" "answer ll-steer --add r.gguf:0"
ok "more added: another answer" differ "answer cat" "answer ll-steer --add r.gguf:20"
fails 65 "r.gguf: has no direction.2, which this cut needs" \
    "ll-forward -L 2-2 one | ll-steer --add r.gguf | ll-forward -L 3- | ll-cat -t >out"

# The same model with other weights, which knows where it is from
ll-quantize -q --requantize -m "$LL_MODEL" -o small.gguf Q5_0
of_small() {
	ll-tokenize -m small.gguf -p "one two" | ll-forward -m small.gguf --once "$@" -L 0-1
}
of_small >three && ll-steer --make -o t.gguf three three
ok "a stream tells where its model is from" is "$(ll-info -m "$LL_MODEL" --json | jq -r '.origin // .fingerprint')" \
    "ll-cat -t three | sed -n 's/^ *origin //p'"
ok "a model made from another takes its directions" like "HIDDEN" "ll-steer --add r.gguf three | ll-cat -t"
ok "and gives it its own" like "HIDDEN" "ll-steer --add t.gguf one | ll-cat -t"

# Control vectors of llama.cpp, and what it makes of them: golden/steer.py
cat >llamacpp.py <<'END'
import base64, json, os, subprocess, sys

head, *records = map(json.loads, open(os.environ["TESTS"] + "/golden/steer.jsonl"))
subprocess.run([os.environ["TESTS"] + "/mkgguf.py", *head["make"].split(), "m.gguf"], check=True)
open("v.gguf", "wb").write(base64.b64decode(head["vector"]))
os.environ["LL_MODEL"] = "m.gguf"
steps = 0
for record in records:
    if record["scale"] != int(sys.argv[1]):
        continue
    steer = "ll-steer --add v.gguf:%d | ll-forward --precision f32" % record["scale"]
    out = subprocess.run([f'''ll-tokenize -p "$0" | ll-forward --precision f32 -L 0-1 | {steer} -L 2-2 | {steer} -L 3- |
        ll-sample -t 0 --ignore-eos -n {len(record["next"])} --logprobs 2 | ll-cat --json --type sample''',
                          record["prompt"]], shell=True, check=True, capture_output=True, text=True).stdout
    frames = [frame for frame in map(json.loads, out.splitlines()) if frame["type"] == "SAMPLE"]
    for (token, gap), frame in zip(record["next"], frames, strict=True):
        (_, first), (_, second) = frame["alternatives"]
        steps += 1
        if frame["id"] != token or abs(first - second - gap) > 0.002:
            sys.exit(f"{record['prompt']}: step {steps}: {frame}, not {token} {gap}")
sys.exit(0 if steps >= 70 else f"{steps} steps only")
END
for scale in 0 1 -2 8; do
	ok "a vector of llama-cvector-generator times $scale does what it does in llama.cpp" python3 llamacpp.py $scale
done
fails 65 "v.gguf: has no direction.4" "states 'hidden seq=0 cols=4 : 1 2 3 4' 'hidden=4 boundary=5' | ll-steer --add v.gguf"
for number in nan inf -inf; do
	fails 65 "hidden state of sequence 2, position 7 is not finite" \
	    "states 'hidden seq=2 pos=6 cols=4 : 1 1 1 1 1 1 1 $number' | ll-steer --add d.gguf >out"
	states "hidden seq=2 pos=6 cols=4 want=1 : 1 1 1 1 1 1 1 $number" >bad
	fails 65 "bad: hidden state of sequence 2, position 7 is not finite" "ll-steer --make bad neg >out"
done
fails 65 "is not finite" "states 'hidden seq=0 cols=4 : 3.4e38 0 0 0' | ll-steer --add d.gguf:3e38 >out"
fails 65 "d.gguf: direction.1: element 1: 2 times 3e+38 is not finite" "ll-steer --add d.gguf:3e38 stream >out"
fails 65 "standard input: hidden state of sequence 1, position 3 has 70000, too large for f16: use bf16 or f32" \
    "states 'hidden seq=1 pos=2 cols=4 dtype=f16 : 0 0 0 0 0 0 0 20000' | ll-steer --add d.gguf:10000 >out"
fails 65 "d.gguf: direction.1: hidden size is 4, but the stream's is 5" \
    "states 'hidden seq=0 cols=5 : 1 1 1 1 1' 'hidden=5 boundary=2' | ll-steer --add d.gguf >out"
fails 65 "hidden size is 5, but the header's is 4" "states 'hidden seq=0 cols=5 : 1 1 1 1 1' | ll-steer --add d.gguf >out"
fails 65 "made with model '00000000000000ab', but the stream's is 00000000000000ff" \
    "states '' 'hidden=4 boundary=2 fingerprint=00000000000000ff' | ll-steer --add d.gguf >out"
for boundary in 0 1 final x; do
	fails 65 "boundary is '$boundary', not a layer from 2 on" "states '' 'hidden=4 boundary=$boundary' | ll-steer --add d.gguf >out"
done
for hidden in 0 x 18446744073709551615; do
	fails 65 "hidden size, is missing or out of range" "states '' 'hidden=$hidden boundary=2' | ll-steer --add d.gguf >out"
done
fails 65 "a SAMPLE frame in a stream of hidden states" "states 'sample seq=0 pos=2 logprob=-0.5 show=3 : 17' | ll-steer --add d.gguf >out"
ll-tokenize -p one >tokens
fails 65 "tokens: stream holds tokens, but ll-steer reads hidden states" "ll-steer --add d.gguf tokens >out"

states 'hidden seq=0 cols=4 want=1 : 1 2 3 4' 'hidden=4 boundary=3' >later
states 'hidden seq=0 cols=5 want=1 : 1 2 3 4 5' 'hidden=5 boundary=2' >wider
states 'hidden seq=0 cols=4 want=1 : 1 2 3 4' 'hidden=4 boundary=2 fingerprint=00000000000000ac' >other
states 'hidden seq=0 cols=4 : 1 2 3 4' >unwanted
fails 65 "later: stream is cut before layer 3, but pos before layer 2" "ll-steer --make pos later >out"
fails 65 "wider: hidden size is 5, but that of pos is 4" "ll-steer --make pos wider >out"
fails 65 "other: fingerprint is 00000000000000ac, but that of pos is 00000000000000ab" "ll-steer --make pos other >out"
fails 65 "unwanted: no hidden state is one whose logits are wanted" "ll-steer --make pos unwanted >out"
head -c 300 pos >torn
fails 65 "torn: " "ll-steer --make torn neg >out"
fails 65 "torn: " "ll-steer --add d.gguf torn >out"
fails 65 "ll-forward: torn: " "ll-forward torn | ll-steer --add d.gguf >out"

fails 66 "no.gguf: No such file or directory" "ll-steer --add no.gguf stream >out"
fails 66 "none: No such file or directory" "ll-steer --make pos none >out"
fails 65 "general.architecture: 'llama', not controlvector" "ll-steer --add '$LL_MODEL' stream >out"
head -c 100 d.gguf >torn.gguf
fails 65 "torn.gguf: " "ll-steer --add torn.gguf stream >out"
python3 - <<'END'
import struct
data = bytearray(open("d.gguf", "rb").read())
at = data.rindex(struct.pack("<f", 4.0))
data[at:at + 4] = struct.pack("<f", float("nan"))
open("nan.gguf", "wb").write(data)
END
fails 65 "nan.gguf: direction.1: element 2: nan times 1 is not finite" "ll-steer --add nan.gguf stream >out"
fails 73 "no/out" "ll-steer --make -o no/out pos neg"
fails 73 "no/out" "ll-steer --add d.gguf -o no/out stream"
fails 64 "--make or --add is missing" "ll-steer stream >out"
fails 64 "--make and --add exclude each other" "ll-steer --make --add d.gguf pos neg >out"
fails 64 "two streams are needed" "ll-steer --make pos >out"
fails 64 "only one of the streams can be standard input" "ll-steer --make - - <pos >out"
fails 64 "no -o FILE, and standard output is a terminal" "python3 -c \"import pty, sys, os
sys.exit(os.waitstatus_to_exitcode(pty.spawn(['sh', '-c', 'exec 2>err.txt; ll-steer --make pos neg'])))\" >pty.out
	cat err.txt >&2; exit 64"
fails 64 "'stream' is too many" "ll-steer --make pos neg stream >out"
fails 64 "'neg' is too many" "ll-steer --add d.gguf pos neg >out"
for scale in x nan inf 1e999 ''; do
	fails 64 "--add: scale '$scale' is not a number" "ll-steer --add d.gguf:$scale stream >out"
done
done_testing
