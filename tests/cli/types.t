#!/bin/sh
# A model of every type of weights runs, and its logits by default, where activations are rounded,
# are near those of --precision f32; a type that cannot be computed with is named.
. "$TESTS/tap.sh"

# compare.py A B BOUND: the root mean square of the differences of logits, relative to that of A's,
# is below BOUND but not 0: the two have met the weights in different ways.
cat >compare.py <<'END'
import json, math, sys

def logits(path):
    for frame in map(json.loads, open(path)):
        if frame["type"] == "LOGITS":
            for row in frame["values"]:
                yield from row

a, b = list(logits(sys.argv[1])), list(logits(sys.argv[2]))
square = lambda x: math.fsum(v * v for v in x)
if len(a) != len(b) or not square(a) > 0:
    sys.exit("%d and %d logits" % (len(a), len(b)))
error = math.sqrt(square(x - y for x, y in zip(a, b)) / square(a))
print("%.4f" % error)
sys.exit(not 0 < error < float(sys.argv[3]))
END

logits() {
	ll-tokenize -p "the river runs down from the hills" -m model.gguf |
		ll-forward --all --precision "$1" -m model.gguf | ll-cat --json
}

near_f32() {
	logits f32 >a.json && logits default >b.json && python3 compare.py a.json b.json 0.04
}

for type in q4_0 q4_1 q5_0 q5_1 q8_0 q2_k q3_k q4_k q5_k q6_k iq4_nl iq4_xs iq3_s iq3_xxs iq2_s iq2_xs \
	iq2_xxs iq1_s iq1_m mxfp4 nvfp4 tq1_0 tq2_0 q1_0 q2_0; do
	"$TESTS/mkgguf.py" --preset wide --vocab-size 288 --ffn 256 --type $type model.gguf
	ok "$type by default is near $type by f32" near_f32
	sed -n 's/^[0-9.]*$/# differs by &/p' "$tap_dir/told"
	ok "$type: one thread and two, one row and many" same \
		"ll-tokenize -p 'the sea' -m model.gguf | ll-forward --all -j 1 -m model.gguf | ll-cat --canonical" \
		"ll-tokenize -p 'the sea' -m model.gguf | ll-forward --all -j 2 --chunk 1 -m model.gguf | ll-cat --canonical"
done

# A scale beside each matrix of NVFP4.
answer() {
	ll-tokenize -p "the river" -m "$1" | ll-forward --all --precision "$2" -m "$1" | ll-cat --json | grep LOGITS
}

"$TESTS/mkgguf.py" --preset wide --vocab-size 288 --ffn 256 --type nvfp4 model.gguf
"$TESTS/mkgguf.py" --preset wide --vocab-size 288 --ffn 256 --type nvfp4 --scale 0.25 scaled.gguf
for precision in default f32; do
	ok "NVFP4 with scales of 1/4 and four times as large, $precision" same "answer model.gguf $precision" \
		"answer scaled.gguf $precision"
done
ok "NVFP4 with a scale becomes Q8_0" ll-quantize -q --requantize -m scaled.gguf -o q8.gguf Q8_0
ok "which is near it" sh -c "ll-tokenize -p 'the river' -m model.gguf | ll-forward --all -m model.gguf | ll-cat --json >a.json &&
	ll-tokenize -p 'the river' -m q8.gguf | ll-forward --all -m q8.gguf | ll-cat --json >b.json && python3 compare.py a.json b.json 0.04"
fails 69 "scaled.gguf: blk.0.attn_q.weight: is NVFP4 and has a scale besides, which is not written: say --dtype" \
	"ll-convert -m scaled.gguf -o copy.gguf"
"$TESTS/mkgguf.py" --preset wide --vocab-size 288 --ffn 256 --type nvfp4 --scale 0.25 --drop-tensor blk.1.ffn_up.weight bad.gguf
fails 65 "bad.gguf: blk.1.ffn_up.scale: there is no matrix that it scales" "ll-info -m bad.gguf"

# What has a number and a name, and no arithmetic here.
"$TESTS/mkgguf.py" --preset wide --vocab-size 288 --ffn 256 --type q8_k model.gguf
fails 69 "model.gguf: token_embd.weight: type Q8_K cannot be computed with" \
	"ll-tokenize -p the -m model.gguf | ll-embed -m model.gguf | ll-cat"
ok "ll-info names what it cannot compute with" like "Q8_K" "ll-info -m model.gguf"
done_testing
