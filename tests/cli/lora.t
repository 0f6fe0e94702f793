#!/bin/sh
# Adapters: what ll-forward adds (golden/lora.py made the golden), which streams go together, and
# what is refused.
. "$TESTS/tap.sh"

mklora() {
	"$TESTS/mklora.py" "$@"
}

# The logits of --precision f32 are those of peft.
while read -r line; do
	printf '%s\n' "$line" >record
	eval "$TESTS/mkgguf.py $("$TESTS/record.py" field make <record) model.gguf"
	loras=
	python3 -c 'import json
for i, (words, scale) in enumerate(json.load(open("record"))["loras"]): print(i, scale, words)' >loras
	while read -r i scale words; do
		# shellcheck disable=SC2086
		mklora $words model.gguf "$i.gguf"
		loras="$loras --lora $i.gguf:$scale"
	done <loras
	adapted() {
		"$TESTS/record.py" field ids <record | ll-tokenize -m model.gguf --from-ids |
		    ll-forward -m model.gguf --all "$@"
	}
	# shellcheck disable=SC2086
	within() {
		adapted --precision f32 $loras | ll-cat --json --type logits >frames &&
		    "$TESTS/record.py" within frames 2e-4 <record >worst
	}
	ok "peft: $("$TESTS/record.py" field name <record)" within
	echo "# within $(cat worst)"
done <"$TESTS/golden/lora.jsonl"

# All below is by the usual model.
rm model.gguf
mklora "$LL_MODEL" a.gguf
mklora --seed 2 --rank 6 --type f16 --layers 1,3 --targets attn_q,ffn_down "$LL_MODEL" b.gguf
mklora --spread 0 "$LL_MODEL" zero.gguf
printf 'the river runs down\nand one of the men sat on the wall of a house\nit is good\n' | ll-tokenize -l >in

# What is computed, without what names the model.
values() {
	ll-cat --json | grep '"values"'
}
run() {
	ll-forward --once "$@" in | values
}
for precision in default f32; do
	p="--precision $precision"
	ok "$precision: B of zeros changes nothing" same "run $p" "run $p --lora zero.gguf"
	ok "$precision: scale 0 changes nothing" same "run $p" "run $p --lora a.gguf:0"
	ok "$precision: an adapter changes something" differ "run $p" "run $p --lora a.gguf"
	ok "$precision: half of it something else" differ "run $p --lora a.gguf" "run $p --lora a.gguf:0.5"
	ok "$precision: two are more than one" differ "run $p --lora a.gguf" "run $p --lora a.gguf --lora b.gguf"
done
for how in "-j 1" "-j 3" "-b 1" "--chunk 1" "--chunk 3 -j 2" "--pack always" "--pack never -b 2"; do
	ok "the same with $how" same "run --lora a.gguf:0.7 --lora b.gguf" "run --lora a.gguf:0.7 --lora b.gguf $how"
done
ll-convert --pack -o packed.gguf
ok "the same with a packed file" same "run --lora a.gguf" "run --lora a.gguf -m packed.gguf"
ok "the same in pieces" same "run --lora a.gguf" \
    "ll-embed --once in | ll-forward -L 0-0 --lora a.gguf | ll-forward -L 1-2 --lora a.gguf | ll-forward --lora a.gguf | values"
mklora --targets output "$LL_MODEL" head.gguf
ok "the same with the head in a stage of its own" same "run --lora head.gguf" \
    "ll-forward --once --lora head.gguf -L 0-2 in | ll-forward -L 3- --lora head.gguf | values"
mklora --drop-key adapter.lora.alpha "$LL_MODEL" none.gguf
ok "without alpha the scale is the user's" same "run --lora none.gguf:2" "run --lora a.gguf"
cp a.gguf a:b.gguf
ok "the last colon counts" same "run --lora a:b.gguf:0.5" "run --lora a.gguf:0.5"
# Rows of queries and keys are in another order in a folder.
"$TESTS/mkgguf.py" --type f32 --dim 64 --heads 4 --kv-heads 2 --layers 2 floats.gguf
mklora floats.gguf c.gguf
ll-convert -q -m floats.gguf --to safetensors -o folder
near_rows() {
	tap_output a "$2" && tap_output b "$3" && "$TESTS/near.py" "$1" "$tap_dir/a" "$tap_dir/b"
}
f32() {
	model=$1
	shift
	ll-tokenize -m "$model" -p "the river runs down" | ll-forward --all --precision f32 -m "$model" "$@" | values
}
ok "the same in a folder of safetensors" near_rows 1e-4 "f32 floats.gguf --lora c.gguf" "f32 folder --lora c.gguf"
ok "added and taken away" near_rows 1e-3 "f32 floats.gguf" "f32 floats.gguf --lora c.gguf --lora c.gguf:-1"

ok "it answers" differ "ll-forward --lora a.gguf in | ll-sample -t 0 -n 8 | ll-tokenize -d" \
    "ll-forward in | ll-sample -t 0 -n 8 | ll-tokenize -d"
ok "ll-lens has the head's" same "ll-forward --all --lora head.gguf in | values" \
    "ll-forward --hidden --lora head.gguf in | ll-lens --lora head.gguf | values"
ok "ll-chat hands it on" like "ll-forward -m $LL_MODEL --lora a.gguf:0.5 --lora b.gguf" \
    "ll-chat -x --lora a.gguf:0.5 --lora b.gguf"
echo '{"prompt": "the river"}' >in.jsonl
ok "so does ll-batch" same "ll-batch -q -t 0 -n 8 --lora a.gguf in.jsonl" \
    "ll-tokenize --jsonl in.jsonl | ll-forward --lora a.gguf | ll-sample -t 0 -n 8 | ll-tokenize -d --jsonl"
fails 64 "--lora: scale 'x' is not a number" "ll-chat -x --lora a.gguf:x"
ok "history tells" like "--lora a.gguf:0.5" "ll-forward --once --lora a.gguf:0.5 in | ll-cat -t"
ok "so does the number of adapters" like "adapters 2" "ll-forward --once --lora a.gguf --lora b.gguf in | ll-cat -t"
fingerprint() {
	ll-forward --once "$@" in | ll-cat -t | sed -n 's/.*fingerprint \([0-9a-f]*\).*/\1/p'
}
ok "one fingerprint" same "fingerprint --lora a.gguf" "fingerprint --lora a.gguf -j 1"
for other in "" "--lora a.gguf:0.5" "--lora b.gguf" "--lora a.gguf --lora b.gguf" "--lora none.gguf"; do
	ok "another fingerprint: ${other:-none}" differ "fingerprint --lora a.gguf" "fingerprint $other"
done
ok "the order counts" differ "fingerprint --lora a.gguf --lora b.gguf" "fingerprint --lora b.gguf --lora a.gguf"

# Stages of one pipe have the same adapters.
fails 65 "with the model of fingerprint $(fingerprint --lora a.gguf) (with --lora), but the model here has" \
    "ll-forward --once -L 0-1 --lora a.gguf in | ll-forward -L 2- >out"
fails 65 "(with --lora), but the model here has" \
    "ll-forward --once -L 0-1 --lora a.gguf in | ll-forward -L 2- --lora a.gguf:2 >out"
fails 65 "the layers before 2 were run without the adapters of this stage's --lora" \
    "ll-forward --once -L 0-1 in | ll-forward -L 2- --lora a.gguf >out"
fails 65 "(with --lora), but the model here has" "ll-forward --once -L 0-1 --lora a.gguf in | ll-lens >out"

# What is refused
bad() {
	status=$1 text=$2
	shift 2
	mklora "$@" "$LL_MODEL" bad.gguf
	fails "$status" "bad.gguf: $text" "ll-forward --once --lora bad.gguf in >out"
}
q=blk.0.attn_q.weight
for scale in x nan inf ''; do
	fails 64 "--lora: scale '$scale' is not a number" "ll-forward --lora a.gguf:$scale in >out"
done
fails 65 "scale 1.6e+39 is too large" "ll-forward --lora a.gguf:8e38 in >out"
fails 66 "none.such: No such file" "ll-forward --lora none.such in >out"
fails 65 "general.type: key is missing: no adapter" "ll-forward --lora $LL_MODEL in >out"
: >empty
fails 65 "empty: " "ll-forward --lora empty in >out"
head -c 5000 a.gguf >cut.gguf
fails 65 "cut.gguf: " "ll-forward --lora cut.gguf in >out"
bad 65 "general.type: 'model', not 'adapter'" --key general.type string model
bad 69 "adapter.type: 'control_vector', not 'lora'" --key adapter.type string control_vector
bad 65 "adapter.type: key is missing" --drop-key adapter.type
bad 69 "general.architecture: 'qwen2', not 'llama'" --key general.architecture string qwen2
bad 69 "adapter.alora.invocation_tokens: key is not understood" --key adapter.alora.invocation_tokens '[u32]' 1,2
bad 65 "adapter.lora.alpha: 0 is no number above 0" --key adapter.lora.alpha f32 0
bad 65 "adapter.lora.alpha: nan is no number above 0" --key adapter.lora.alpha f32 nan
bad 65 "adapter.lora.alpha: " --key adapter.lora.alpha string 8
ok "keys that tell what it is for" same "run --lora a.gguf" \
    "mklora --key adapter.lora.task_name string x $LL_MODEL d.gguf; run --lora d.gguf"
bad 65 "$q.lora_b: tensor is missing beside $q.lora_a" --drop-tensor $q.lora_b
bad 65 "$q.lora_a: tensor is missing beside $q.lora_b" --drop-tensor $q.lora_a
bad 65 "the adapter has no tensors" --targets output --drop-tensor output.weight.lora_a --drop-tensor output.weight.lora_b
for name in token_embd.weight blk.0.attn_norm.weight blk.00.attn_q.weight blk.x.attn_q.weight blk.99999.attn_q.weight \
    blk.0.attn_q.bias attn_q.weight; do
	bad 69 "$name.lora_a: tensor is not understood and might change the result" \
	    --rename $q.lora_a $name.lora_a --rename $q.lora_b $name.lora_b
done
bad 69 "$q: tensor is not understood" --rename $q.lora_a $q
bad 69 "$q.lora_a: type Q4_0 is not supported in an adapter" --type q4_0 --rank 32 --layers 0 --targets attn_q
bad 65 "blk.4.attn_q.weight.lora_a: the model has layers 0 to 3" --layers 0 \
    --rename $q.lora_a blk.4.attn_q.weight.lora_a --rename $q.lora_b blk.4.attn_q.weight.lora_b
bad 65 "$q.lora_a: shape is 32 x 4, but the model's matrix has 64 columns" --shape $q.lora_a 32 4
bad 65 "$q.lora_b: shape is 4 x 32, but the model's matrix has 64 rows" --shape $q.lora_b 4 32
bad 65 "$q.lora_a: rank is 5, but that of $q.lora_b is 4" --shape $q.lora_a 64 5
bad 65 "$q.lora_a: dimension 1 is 0" --shape $q.lora_a 64 0
bad 65 "$q.lora_a: rank 129, but no matrix of the model has more than 128 columns" --layers 0 --targets attn_q --rank 129
for number in nan inf; do
	bad 65 "$q.lora_a: row 0, column 1 is not finite" --poison $q.lora_a $number
	bad 65 "blk.3.ffn_down.weight.lora_b: row 0, column 1 is not finite" --type f16 \
	    --poison blk.3.ffn_down.weight.lora_b $number
done
bad 65 "ll.fingerprint: made for the model of fingerprint 00000000000000ab, but $(realpath "$LL_MODEL") has $(fingerprint)" \
    --key ll.fingerprint string 00000000000000ab
for text in ab 00000000000000AB 00000000000000ag; do
	bad 65 "ll.fingerprint: '$text' is not 16 hexadecimal digits" --key ll.fingerprint string $text
done
ok "the base's own" same "run --lora a.gguf" "mklora --key ll.fingerprint string $(fingerprint) $LL_MODEL d.gguf; run --lora d.gguf"
# Recoded by ll, also twice, it is still the model that the adapter was made for; not with what is merged.
recodes() {
	ll-convert -q --dtype f16 -o half.gguf && ll-convert -q --pack -m half.gguf -o full.gguf &&
	    ll-quantize -q -m half.gguf -o small.gguf q8_0 && ll-convert -q -m folder -o again.gguf
}
line() {
	ll-info "$2" | sed -n "s/^$1  *//p"
}
recoded() {
	ll-tokenize -m "$1" -p 'the river' | ll-forward --once -m "$@" | values
}
ok "recoded" recodes
for model in half full small; do
	ok "$model: takes an adapter for what it was made from" differ "recoded $model.gguf" "recoded $model.gguf --lora d.gguf"
	ok "$model: which it names" is "$(fingerprint)" "line 'made from' $model.gguf"
done
ok "and a folder's" is "$(line 'model id' folder)" "line 'made from' again.gguf"
ll-convert -q -m small.gguf --lora d.gguf -o merged.gguf
fails 65 "d.gguf: ll.fingerprint: made for the model of fingerprint" \
    "ll-forward -m merged.gguf --once --lora d.gguf in >out"
"$TESTS/mkgguf.py" --preset tiny tiny.gguf
fails 65 "a.gguf: blk.0.attn_k.weight.lora_a: shape is 64 x 4, but the model's matrix has 32 columns" \
    "ll-tokenize -m tiny.gguf -p x | ll-forward -m tiny.gguf --lora a.gguf >out"
"$TESTS/mkgguf.py" --preset test --tied tied.gguf
fails 69 "the model's output head is its embedding, which cannot be adapted" \
    "ll-tokenize -m tied.gguf -p x | ll-forward -m tied.gguf --lora head.gguf >out"
done_testing
