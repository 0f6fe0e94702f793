#!/bin/sh
# bench/accuracy: the numbers, from programs that are scripts here and write known logits for two
# windows of 4 tokens, of each of which one position counts. No model is judged.
. "$TESTS/tap.sh"

accuracy=$TESTS/../bench/accuracy
plan 12

mkdir bin
python3 -c "import numpy" 2>/dev/null || ln -s /usr/bin/python3 bin/python3
PATH=$HOME/bin:$PATH
export TESTS

cat >bin/llama-quantize <<'E2'
#!/bin/sh
echo "llama-quantize $*" >>"$HOME/calls"
case $* in *broken.gguf*) echo "cannot dequantise"; exit 3 ;; esac
cp "$2" "$3"
E2

# Of the model as F32 each of 3 entries of the vocabulary has a third, the fourth less than counts.
cat >bin/llama-perplexity <<'E2'
#!/usr/bin/env python3
import math, os, struct, sys
options = sys.argv[1:]
value = lambda name: options[options.index(name) + 1]
exact = value("-m").endswith("/f32.gguf")
print("llama-perplexity", *(o for o in options if o[0] != "/"), file=open(os.environ["HOME"] + "/calls", "a"))
rows = ([1/3, 1/3, 1/3], [1/3, 1/3, 1/3]) if exact else ([.5, .25, .25], [1/3, 1/3, 1/3])
with open(value("--kl-divergence-base"), "wb") as out:
    out.write(b"_logits_" + struct.pack("<3i", 4, 4, 2) + struct.pack("<8i", 3, 1, 2, 0, 3, 2, 1, 1))
    for row in rows:
        out.write(struct.pack("<2f4H", 0.0001, -4, *(round(1e4 * (4 + math.log(p))) for p in row), 0))
if not os.path.exists("silent"):
    print("Final estimate: PPL = 4.0000 +/- 1.0")
E2

cat >bin/ll-tokenize <<'E2'
#!/bin/sh
echo "ll-tokenize $*" >>"$HOME/calls"
while [ $# -gt 1 ]; do
	[ "$1" = -o ] && out=$2
	shift
done
cp "$1" "$HOME/ids"
: >"$out"
E2

# The row before the counted one comes with it, and the one behind in a frame of its own.
cat >bin/ll-forward <<'E2'
#!/bin/sh
echo "ll-forward $*" >>"$HOME/calls"
first="0 0 0 0"
case $* in
*f32*) ;;
*) first="0.6931471805599453 0 0 0" ;;
esac
{
	echo 'stream kind=logits'
	echo 'tokens seq=0 : 3 1 2 0'
	echo "logits seq=0 pos=1 cols=4 : 9 0 0 0 $first"
	echo 'logits seq=0 pos=3 cols=4 : 0 9 0 0'
	echo 'end seq=0 : reason complete'
	[ -e short ] || echo 'logits seq=1 pos=0 cols=4 : 9 9 0 0  9 0 0 0  5 5 5 5  0 0 0 9'
	echo 'end : code 0; sequences 2'
} | "$TESTS/mkstream.py"
exit $(cat status 2>/dev/null || echo 0)
E2
chmod +x bin/*
echo model >Q8_0.gguf
echo model >broken.gguf
echo text >text

$accuracy -c 4 -n 2 text Q8_0.gguf >table 2>err

# field N: of the model's line
field() {
	awk -v n="$1" '$1 == "Q8_0" { print $n }' table
}

# A quarter each against 2/5 and three fifths' thirds: 0.0499; a third each against 1/2, 1/4, 1/4: 0.0566; the other window adds 0.
ok "KL of ll" is 0.024928 "field 2"
ok "and its standard error" is 0.024928 "field 3"
ok "KL of llama.cpp, without what is too small to tell" is 0.0283 "field 4 | cut -c 1-6"
ok "the quotient" is 0.880 "field 6"
ok "errors of pairs that go together" is 0.000 "field 7"
ok "perplexities: f32, default, llama.cpp's as it prints it" is "4.0000 3.1623 4.0000" \
	'echo "$(field 8) $(field 9) $(field 10)"'
ok "the mean of models" is "mean 0.024928" "awk '\$1 == \"mean\" { print \$1, \$2 }' table"
ok "the ids are llama.cpp's" is "3 1 2 0
3 2 1 1" "cat ids"
ok "or begin with the one that was given" is "7 1 2 0
7 2 1 1" "$accuracy -c 4 -n 2 --bos 7 text Q8_0.gguf >/dev/null && cat ids"

# told COMMAND: what it says, which has to be a failure
told() {
	eval "$1" >/dev/null 2>err && echo "no failure"
	tail -n 1 err
}

ok "a failure of another program" is "accuracy: status 3: cannot dequantise" \
	"told '$accuracy -c 4 -n 2 text broken.gguf' | sed 's/llama-quantize .*: status/status/'"
: >short
ok "logits that do not come" is "accuracy: ll-forward: no logits of window 1 at position 2" \
	"told '$accuracy -c 4 -n 2 text Q8_0.gguf'"
rm short
echo 70 >status
ok "a failure of ll-forward at its end" is "accuracy: ll-forward: status 70" \
	"told '$accuracy -c 4 -n 2 text Q8_0.gguf'"
