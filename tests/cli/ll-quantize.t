#!/bin/sh
# ll-quantize(1): what the page says.
. "$TESTS/tap.sh"

# types FILE: the type of each tensor
types() {
	ll-info --tensors "$1" | awk '$1 == "tensor" { print $2, $3 }'
}

# tensor FILE NAME: the type of one
tensor() {
	types "$1" | sed -n "s/^$2 //p"
}

# one TYPE OPTION...: one.gguf
one() {
	one_type=$1
	shift
	ll-quantize -q -m wide.gguf -o one.gguf "$@" "$one_type"
}

"$TESTS/mkgguf.py" --preset tiny --dim 256 --heads 4 --kv-heads 1 --ffn 256 --layers 8 --type f32 wide.gguf
"$TESTS/mkgguf.py" --preset tiny --dim 256 --heads 4 --kv-heads 2 --ffn 256 --type f32 --tied few.gguf
"$TESTS/mkgguf.py" --preset tiny --type f32 tiny.gguf

"$TESTS/mkgguf.py" --preset tiny --dim 256 --heads 4 --kv-heads 1 --ffn 256 --type f32 one-layer.gguf

# planned TYPE TENSOR OPTION...: the types that TYPE gives to tensors that match
planned() {
	planned_type=$1 planned_name=$2
	shift 2
	ll-quantize --dry-run -q -m wide.gguf "$@" "$planned_type" |
		awk -v name="^$planned_name.weight\$" '$1 ~ name { print $4 }' | xargs
}

for type in Q8_0 Q6_K Q5_K_M Q5_K_S Q5_1 Q5_0 Q4_K_M Q4_K_S IQ4_NL IQ4_XS Q4_1 Q4_0 Q3_K_L Q3_K_M \
	Q3_K_S Q2_K Q2_K_S; do
	ll-quantize -q -m one-layer.gguf -o one.gguf $type
	head=$([ $type = Q8_0 ] && echo Q8_0 || echo Q6_K)
	ok "$type: a layer's weights, the output's and a norm" is "${type%_[SML]} $head F32" \
		"for t in blk.0.attn_q output blk.0.attn_norm; do tensor one.gguf \$t.weight; done | xargs"
	ok "$type runs" quiet "ll-tokenize -m one.gguf -p text | ll-forward --once -m one.gguf -k 1"
done
ok "Q4_K_M: chosen layers" is "Q6_K Q4_K Q4_K Q6_K Q4_K Q4_K Q6_K Q6_K" "planned Q4_K_M blk...ffn_down"
ok "Q5_K_M: chosen layers" is "Q6_K Q5_K Q5_K Q6_K Q5_K Q5_K Q6_K Q6_K" "planned q5_k blk...attn_v"
ok "Q4_K_S: early layers" is "Q5_K Q4_K Q4_K Q4_K Q4_K Q4_K Q4_K Q4_K" "planned Q4_K_S blk...ffn_down"
ok "Q4_K_S: values" is "Q5_K Q5_K Q5_K Q5_K Q4_K Q4_K Q4_K Q4_K" "planned Q4_K_S blk...attn_v"
ok "Q3_K_M: values" is "Q5_K Q5_K Q4_K Q4_K" "planned Q3_K_M blk.[0-3].attn_v"
ok "Q3_K_M: attention's output" is Q4_K "planned Q3_K_M blk.2.attn_output"
ok "Q3_K_L: attention's output" is Q5_K "planned Q3_K_L blk.2.attn_output"
ok "Q2_K: shared values" is Q4_K "planned q2_k blk.2.attn_v"
ok "IQ4_XS: early layers" is "Q5_K IQ4_XS" "planned IQ4_XS blk.[01].ffn_down"
ll-quantize -q -m few.gguf -o one.gguf q2_k
ok "Q2_K: values of a few" is Q3_K "tensor one.gguf blk.0.attn_v.weight"
ok "the embedding that is the output, too" is Q6_K "tensor one.gguf token_embd.weight"
one Q4_K_M --pure
ok "--pure" is "Q4_K" "types one.gguf | sed -n 's/.*weight Q/Q/p' | sort -u"
ok "the file type" like "general.file_type  u32  15" "ll-info --metadata one.gguf"
ok "the model that it was made from" is "$(ll-info --metadata wide.gguf | sed -n 's/^model id  *//p')" \
    "ll-info --metadata one.gguf | sed -n 's/^key  *ll.origin  string  //p'"
ok "the same metadata" same "ll-info --metadata one.gguf | grep '^key' | grep -v 'general\.[fq]\|ll\.origin'" \
	"ll-info --metadata wide.gguf | grep '^key' | grep -v 'general\.[fq]'"

ok "threads change nothing" same "ll-quantize -q -j 1 -m wide.gguf Q3_K_S" "ll-quantize -q -j 5 -m wide.gguf Q3_K_S"
ok "a file or standard output" same "one Q4_0; cat one.gguf" "ll-quantize -q -m wide.gguf Q4_0"
ok "the same twice" same "cat one.gguf" "ll-quantize -q -m one.gguf Q4_0"
ok "--dry-run tells the bytes" is "$(wc -c <one.gguf)" \
	"echo \$((\$(ll-quantize --dry-run -q -m wide.gguf Q4_0 | awk '\$1 == \"total\" { print \$3 }') + \
	\$(ll-info --json --tensors one.gguf | python3 -c 'import json, sys
print(min(t[\"offset\"] for t in json.load(sys.stdin)[\"tensors\"]))')))"
ok "--dry-run tells types" like "output.weight  F32  294912  Q6_K  60480" "ll-quantize --dry-run -q -m wide.gguf Q4_0"

ok "rows that are no blocks" like "Q5_0" "ll-quantize --dry-run -q -m tiny.gguf Q4_K_M"
ok "are warned of" eval "ll-quantize --dry-run -m tiny.gguf Q4_K_M 2>&1 >/dev/null |
	grep -q 'tensors get another type: their rows are not whole blocks'"

printf 'blk.[01].attn_q.weight: F16\n"*attn_q.weight": q8_0\n' >rules.yaml
one Q4_0 --rules rules.yaml
ok "rules" is "F16 F16 Q8_0" "types one.gguf | sed -n 's/^blk.[0-2].attn_q.weight //p' | xargs"
echo 'blk.99.*: Q8_0' >none.yaml
fails 78 "none.yaml:1: blk.99.*: no matrix of the model is left to match" \
	"ll-quantize -m wide.gguf --rules none.yaml -o x Q4_0"
echo 'a: Q9' >bad.yaml
fails 78 "bad.yaml:1: a: Q9: is no type that can be made" "ll-quantize -m wide.gguf --rules bad.yaml -o x Q4_0"
echo '- a' >list.yaml
fails 78 "list.yaml:1: is not a mapping" "ll-quantize -m wide.gguf --rules list.yaml -o x Q4_0"

# An importance matrix of both formats: the same bytes, which are others than without.
python3 - <<'END'
import struct

name = b"blk.0.ffn_up.weight"
sums = [float(1 + 30 * (i % 3 == 0)) for i in range(256)]
with open("im.dat", "wb") as f:
    f.write(struct.pack("<ii", 1, len(name)) + name + struct.pack("<ii256f", 2, 256, *(2 * s for s in sums)))
    f.write(struct.pack("<ii", 3, 4) + b"text")


def text(s):
    return struct.pack("<Q", len(s)) + s


def gguf(kind, count, path):
    keys = text(b"general.type") + struct.pack("<I", 8) + text(kind)
    keys += text(b"imatrix.chunk_count") + struct.pack("<II", 4, 3)
    keys += text(b"imatrix.datasets") + struct.pack("<IIQ", 9, 8, 1) + text(b"text")
    directory = text(name + b".in_sum2") + struct.pack("<IQQIQ", 2, 256, 1, 0, 0)
    directory += text(name + b".counts") + struct.pack("<IQQIQ", 2, 1, 1, 0, 1024)
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, 3) + keys + directory
    head += bytes(-len(head) % 32)
    with open(path, "wb") as f:
        f.write(head + struct.pack("<256f", *(s * 4 for s in sums)) + struct.pack("<f", count) + bytes(28))


gguf(b"imatrix", 4.0, "im.gguf")
gguf(b"model", 4.0, "model.gguf")
gguf(b"imatrix", -1e-30, "minus.gguf")
with open("im.dat", "rb") as f:
    data = f.read()
with open("cut.dat", "wb") as f:
    f.write(data[:500])
with open("nan.dat", "wb") as f:
    f.write(data[:60] + b"\xff\xff\xff\xff" + data[64:])
END
tensors() {
	ll-info --tensors "$1" | awk '$1 == "tensor"' | sed 's/ at .*//'
	tail -c 200000 "$1"
}
one Q3_K_S --imatrix im.dat
mv one.gguf old.gguf
one Q3_K_S --imatrix im.gguf
ok "both formats of an importance matrix" same "tensors old.gguf" "tensors one.gguf"
ok "are named in the file" like 'quantize.imatrix.chunks_count  u32  3' "ll-info --metadata one.gguf"
one Q3_K_S
ok "and count" eval "! cmp -s one.gguf old.gguf && [ \$(cmp -l one.gguf old.gguf | wc -l) -gt 1000 ]"
ok "what it lacks is told" eval "ll-quantize --dry-run -m wide.gguf --imatrix im.dat Q4_0 2>&1 >/dev/null |
	grep -q 'im.dat: lacks 56 of the tensors'"
fails 65 "im.dat: blk.0.ffn_up.weight: 256 columns, but the model's tensor has 32" \
	"ll-quantize -q -m tiny.gguf --imatrix im.dat -o x Q4_0"
fails 65 "model.gguf: general.type: not an importance matrix" "ll-quantize -m wide.gguf --imatrix model.gguf -o x Q4_0"
fails 65 "cut.dat: sums of 1024 bytes at byte 35 does not fit" "ll-quantize -m wide.gguf --imatrix cut.dat -o x Q4_0"
fails 65 "nan.dat: blk.0.ffn_up.weight: element" "ll-quantize -m wide.gguf --imatrix nan.dat -o x Q4_0"
fails 66 "none.dat" "ll-quantize -m wide.gguf --imatrix none.dat -o x Q4_0"

one Q4_0
fails 69 ".weight: is Q4_0, which has lost something already" "ll-quantize -m one.gguf -o x Q5_0"
ok "--requantize" quiet "ll-quantize -q --requantize -m one.gguf -o x Q5_0"
rm -f x
"$TESTS/mkgguf.py" --preset tiny --type f32 --drop-tensor blk.0.attn_q.weight lack.gguf
fails 65 "lack.gguf: blk.0.attn_q.weight: tensor is missing" "ll-quantize -m lack.gguf -o lacking.gguf Q4_0"
ok "which makes no file" test ! -e lacking.gguf
fails 64 "'Q7' is no type" "ll-quantize -m wide.gguf -o x Q7"
fails 64 "no TYPE" "ll-quantize -m wide.gguf -o x"
if command -v script >/dev/null; then
	for name in - /dev/tty; do
		ok "nothing to a terminal: $name" like "refusing to write a GGUF to a terminal" \
		    "script -qec 'll-quantize -q --requantize -m $LL_MODEL -o $name Q4_0' /dev/null; true"
	done
else
	skip 2 "no script(1)"
fi
fails 64 "one TYPE at a time" "ll-quantize -m wide.gguf -o x Q4_0 Q4_1"
fails 64 "--output has no effect with --dry-run" "ll-quantize -m wide.gguf -o x --dry-run Q4_0"
fails 64 "--output has no effect with --types" "ll-quantize --types -o x"
fails 64 "TYPE has no effect with --types" "ll-quantize --types Q4_0"
fails 73 "no/where" "ll-quantize -m wide.gguf -o no/where Q4_0"
fails 65 "magic" "ll-quantize -m rules.yaml -o x Q4_0"
# A weight that no block can hold.
python3 - <<'END'
import struct

with open("wide.gguf", "rb") as f:
    data = bytearray(f.read())
data[-8:-4] = struct.pack("<f", float("nan"))
with open("nan.gguf", "wb") as f:
    f.write(data)
END
fails 65 "nan cannot be held by Q" "ll-quantize -q -m nan.gguf -o x Q4_0"
ok "nothing is left of those" eval "! ls x x.* 2>/dev/null"

if [ -e /dev/full ]; then
	fails 74 "No space left on device" "ll-quantize -q -m wide.gguf -o /dev/full Q4_0"
else
	skip 1 "no /dev/full"
fi
mkdir killed
for moment in 0.01 0.03 0.06 0.1 0.2; do
	timeout -s KILL $moment ll-quantize -q -j 1 -m wide.gguf -o killed/x.gguf Q2_K_S 2>/dev/null
	[ ! -e killed/x.gguf ] || { ll-info killed/x.gguf >/dev/null && rm killed/x.gguf; } || break
done
ok "killed, it leaves nothing" eval '[ -z "$(ls -A killed)" ]'
done_testing
