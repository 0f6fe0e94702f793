#!/bin/sh
# ll-info(1) and the errors of ll-model(5): what the pages say.
. "$TESTS/tap.sh"

# make OPTION...: tiny.gguf, a model as small as can be, with these changes
make() {
	"$TESTS/mkgguf.py" --preset tiny "$@" tiny.gguf
}

# line LABEL: the value of this line of the description
line() {
	ll-info tiny.gguf | sed -n "s/^$1  *//p"
}

# field EXPRESSION: of the JSON object `o`
field() {
	ll-info --json --metadata --tensors tiny.gguf |
		python3 -c "import json, sys; o = json.load(sys.stdin); print($1)"
}

make --key any.f64 f64 0.30000000000000004 --key any.f32 f32 0.1 --key any.list '[f64]' 3.141592653589793,1e300 --key any.u64 u64 18446744073709551615
ok "an f64 is told with all its digits, an f32 with nine" is '0.30000000000000004 0.100000001 3.141592653589793 1e300 1.8446744073709552e19' \
    "ll-info --json --metadata tiny.gguf | tr -d '\n ' | sed 's/.*\"any.f64\":\([^,]*\),\"any.f32\":\([^,]*\),\"any.list\":\[\([^,]*\),\([^]]*\)\],\"any.u64\":\([^,}]*\).*/\1 \2 \3 \4 \5/'"
make
ok "the operand names the model" same "ll-info tiny.gguf" "ll-info -m tiny.gguf"
ok "or the environment" same "ll-info tiny.gguf" "LL_MODEL=tiny.gguf ll-info"
ok "architecture" is "llama" "line architecture"
ok "parameters" is "24672" "line parameters"
ok "layers" is "1" "line layers"
ok "hidden size" is "32" "line 'hidden size'"
ok "heads" is "2 query, 1 key and value, of 16" "line heads"
ok "output head" is "its own" "line 'output head'"
ok "rope" is "base 500000, 16 dimensions, not scaled" "line rope"
ok "types" is "F32         12 tensors  100.0%  98688 bytes" "line type"
ok "vocabulary" is "byte-level BPE by merges, 288 tokens, 16 special, 16 merges" "line vocabulary | head -n 1"
ok "splitter" is "llama-bpe" "line splitter"
ok "bos" is "272 <|begin_of_text|>" "line bos"
ok "stops" is "273 <|end_of_text|> 280 <|eom_id|> 281 <|eot_id|>" "line stop | tr '\n' ' ' | sed 's/ \$//'"
ok "no chat format" is "none" "line 'chat format'"
ok "ChatML" like "chat format        chatml" "ll-info '$LL_MODEL'"
ok "memory" like "KV cache in f16  4096 bytes (4.0 KiB)" "ll-info tiny.gguf"
ok "memory of -c" like "KV cache in f32  1280 bytes (1.2 KiB)" "ll-info -c 10 tiny.gguf"
ok "tensors" like "tensor             blk.0.attn_k.weight  F32  32 x 16  2048 bytes at " "ll-info --tensors tiny.gguf"
ok "metadata" like "key                llama.embedding_length  u32  32" "ll-info --metadata tiny.gguf"
ok "long arrays are cut" like 'string[288]  "!" """ "#" "$" "%" "&" "'\''" "(" ...' "ll-info --metadata tiny.gguf"
ok "JSON: shape" is "1 32 2 1 16 False" \
	"field \"*(o['shape'][k] for k in 'layers hidden_size heads kv_heads head_size tied'.split())\""
ok "JSON: runs" is "True None" "field \"o['runs'], o['refusal']\" | tr -d '(),'"
ok "JSON: arrays are whole" is "288" "field \"len(o['metadata']['tokenizer.ggml.tokens'])\""
ok "JSON: tensors" is "12 32 288" "field \"len(o['tensors']), *o['tensors'][0]['shape']\" | tr -d '(),'"
ok "JSON: the same fingerprint" same "line 'model id'" "field \"o['fingerprint']\""
ok "quietly" quiet "ll-info tiny.gguf"

line 'model id' >before
make --name another --key general.author string me
ok "names do not change the fingerprint" same "cat before" "line 'model id'"
make --seed 2
ok "weights do" differ "cat before" "line 'model id'"
make --version 2
ok "GGUF version 2" same "cat before" "line 'model id'"
make --tied
ok "a tied model" is "the token embedding (tied)" "line 'output head'"
make --rope-scaling llama3
ok "scaled by a tensor" is "base 500000, 16 dimensions, scaled: rope_freqs.weight" "line rope"
make --key llama.rope.scaling.type string llama3 --key llama.rope.scaling.factor f32 8 \
	--key llama.rope.scaling.low_freq_factor f32 1 --key llama.rope.scaling.high_freq_factor f32 4 \
	--key llama.rope.scaling.original_context_length u32 8192
ok "scaled by keys" is \
	"base 500000, 16 dimensions, scaled: llama3, factor 8, low 1, high 4, original context 8192" "line rope"

# What cannot be run is described.
make --key general.architecture string mamba
ok "another architecture" is "general.architecture: mamba is not supported (llama is)" "line 'cannot be run:'"
ok "has no shape" is "" "line layers"
fails 64 "--context has no effect on a file without a Llama model" "ll-info -c 5 tiny.gguf"
make --key llama.expert_count u32 8
ok "experts" is "llama.expert_count: 8 is not supported (only 0 is)" "line 'cannot be run:'"
ok "JSON says why" is "llama.expert_count: 8 is not supported (only 0 is)" "field \"o['refusal']\""
make --key llama.new_thing u32 8
ok "a new key" is "llama.new_thing: key is not understood and might change the result" "line 'cannot be run:'"
make --add-tensor blk.0.attn_q.lora
ok "an adapter" is "blk.0.attn_q.lora: tensor is not understood and might change the result" "line 'cannot be run:'"
make --drop-tensor blk.0.ffn_up.weight
ok "a missing tensor" is "blk.0.ffn_up.weight: tensor is missing" "line 'cannot be run:'"
make --vocab-only
ok "only a vocabulary" is "the file has no tensors (only a vocabulary?)" "line 'cannot be run:'"
ok "which is told" is "llama-bpe" "line splitter"
make --key tokenizer.ggml.model string llama
ok "SentencePiece, of which merges alone say the order" like "SentencePiece BPE by merges, 288 tokens" \
	"line vocabulary"

# Rank files.
make --write-ranks ranks
line 'vocabulary id' >before
ok "the fingerprint of its rank file" same "cat before" "ll-info ranks | sed -n 's/^vocabulary id *//p'"
ok "what a rank file is" like "byte-level BPE by ranks, 528 tokens, 256 special" "ll-info ranks"
fails 64 "--tensors has no effect on a file of a vocabulary" "ll-info --tensors ranks"

# A name cannot steer a terminal or forge a line.
esc=$(printf '\033')
make --name "x${esc}[2J
layers 99 é \\"
ok "control characters are escaped" is "x\\x1b[2J\\nlayers 99 é \\\\" "line name"
ok "also in --metadata" like "key                general.name  string  x\\x1b[2J\\nlayers 99" \
	"ll-info --metadata tiny.gguf"

# Adapters
make
cp tiny.gguf base.gguf
adapter() {
	"$TESTS/mklora.py" "$@" base.gguf tiny.gguf
}
adapter --targets attn_q,ffn_down,output --key ll.fingerprint string 00000000000000ab
ok "an adapter" is "LoRA, rank 4, alpha 8" "line adapter"
ok "what it adapts" is "attn_q of 1 layers, ffn_down of 1 layers, the output head" "line adapts"
ok "the model it is for" is "00000000000000ab" "line 'model id'"
ok "its parameters" is "1792" "line parameters"
ok "it has no vocabulary" is "" "ll-info tiny.gguf | grep -e vocabulary -e cannot -e memory || :"
ok "as JSON" is "{'alpha': 8.0, 'rank_least': 4, 'rank_most': 4, 'layers': {'attn_q': 1, 'attn_k': 0, 'attn_v': 0, \
'attn_output': 0, 'ffn_gate': 0, 'ffn_up': 0, 'ffn_down': 1}, 'head': True, 'base': '00000000000000ab'} None False" \
    "field 'o[\"adapter\"], o[\"refusal\"], o[\"runs\"]'"
adapter --drop-key adapter.lora.alpha
ok "no alpha" is "LoRA, rank 4, no alpha" "line adapter"
ok "no fingerprint" is "" "line 'model id'"
adapter --drop-tensor blk.0.attn_v.weight.lora_b
ok "half of a pair" is "blk.0.attn_v.weight.lora_b: tensor is missing beside blk.0.attn_v.weight.lora_a" \
    "line 'cannot be used:'"
fails 64 "--context has no effect on a file without a Llama model" "ll-info -c 5 tiny.gguf"

# What is not sound.
make
head -c 100000 tiny.gguf >short.gguf
fails 65 "short.gguf: output.weight: 36864 bytes at offset" "ll-info short.gguf"
head -c 300 tiny.gguf >short.gguf
fails 65 "does not fit the file of 300 bytes" "ll-info short.gguf"
: >empty.gguf
fails 65 "empty.gguf: file is empty" "ll-info empty.gguf"
printf 'GGUF\0\0\0\003' >big.gguf
fails 69 "big.gguf: version is byte-swapped: only little-endian" "ll-info big.gguf"
printf 'GGUF\001\0\0\0' >old.gguf
fails 69 "old.gguf: GGUF version 1 is not supported" "ll-info old.gguf"
printf 'PK\003\004some archive' >zip
fails 65 "zip: an archive: the model is the folder" "ll-info zip"
fails 65 "zip: an archive: the model is the folder" "ll-convert -m zip -o x"
printf '\002\0\0\0\0\0\0\0{}' >weights
fails 65 "weights: a file of safetensors: the model is the folder that it is in" "ll-info weights"
fails 65 "weights: a file of safetensors: the model is the folder that it is in" "ll-convert -m weights -o x"
fails 65 "weights: a file of safetensors: the model is the folder that it is in" "ll-tokenize -m weights -p x"
make --key general.alignment u32 3
fails 65 "tiny.gguf: general.alignment: 3 is not a power of two" "ll-info tiny.gguf"
fails 66 "none.gguf: No such file or directory" "ll-info none.gguf"
fails 66 "ll-info: '': No such file or directory" "ll-info ''"
fails 66 "/: a folder with neither config.json" "ll-info /"
mkfifo pipe
fails 66 "pipe: is not a regular file" "ll-info pipe"
mkdir away && cp "$(command -v ll-info)" away
fails 64 "no model: give -m FILE or set LL_MODEL" "env -u LL_MODEL away/ll-info"
fails 64 "unexpected operand 'b'" "ll-info a b"
fails 64 "--model has no effect with an operand" "ll-info -m a b"
make
fails 74 "standard output: No space left on device" "ll-info tiny.gguf >/dev/full"
done_testing
