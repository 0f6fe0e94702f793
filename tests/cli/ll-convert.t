#!/bin/sh
# ll-convert(1): what the page says.
. "$TESTS/tap.sh"

# logits MODEL: the numbers for some tokens, with the weights as they are
logits() {
	python3 "$TESTS/mkstream.py" <<-END | ll-forward --once --all --precision f32 -m "$1" >logits.lls
		stream kind=tokens
		tokens seq=0 flags=prompt,last : 1 17 42 5 99 200
		end seq=0 : reason length; generated 0
		end : code 0; sequences 1
	END
	ll-cat --npy logits.lls
}

# tensors MODEL: names, types and shapes
tensors() {
	ll-info --tensors "$1" | awk '$1 == "tensor"' | sed 's/ at .*//'
}

# data MODEL: a crc of each tensor, by a reader of its own
data() {
	python3 - "$1" <<'END'
import json, struct, sys, zlib

with open(sys.argv[1], "rb") as f:
    size, = struct.unpack("<Q", f.read(8))
    header = json.loads(f.read(size))
    data = f.read()
for name, tensor in sorted(header.items()):
    if name != "__metadata__":
        begin, end = tensor["data_offsets"]
        print(name, tensor["dtype"], tensor["shape"], zlib.crc32(data[begin:end]))
END
}

"$TESTS/mkgguf.py" --preset tiny --dim 64 --heads 4 --kv-heads 2 --layers 2 --type f32 whole.gguf
"$TESTS/mkgguf.py" --preset tiny --dim 64 --heads 4 --kv-heads 2 --layers 2 --type q4_0 small.gguf
"$TESTS/mkgguf.py" --preset tiny --dim 64 --heads 4 --layers 2 --type f32 --rope-scaling llama3 long.gguf

ll-convert -q -m whole.gguf -o again.gguf
ok "a GGUF again: metadata" same "ll-info --metadata whole.gguf | grep ^key" "ll-info --metadata again.gguf | grep ^key"
ok "a GGUF again: tensors" same "tensors whole.gguf" "tensors again.gguf"
ok "a GGUF again: the model" same "ll-info whole.gguf | grep id" "ll-info again.gguf | grep id"
ok "to standard output" same "cat again.gguf" "ll-convert -q -m whole.gguf"
ok "quantised stays quantised" same "tensors small.gguf" "ll-convert -q -m small.gguf -o x.gguf; tensors x.gguf"
rm -f x.gguf
ll-convert -q --dtype F32 -m small.gguf -o big.gguf
ok "dequantised: the same logits" same "logits small.gguf" "logits big.gguf"
ok "dequantised: types" is F32 "ll-info --tensors big.gguf | awk '\$1 == \"tensor\" { print \$3 }' | sort -u"
ll-convert -q --dtype bf16 -m whole.gguf -o brain.gguf
ok "matrices change their type" like "blk.0.attn_q.weight BF16" "ll-info --tensors brain.gguf | tr -s ' '"
ok "vectors are F32" like "blk.0.attn_norm.weight F32" "ll-info --tensors brain.gguf | tr -s ' '"
ok "the file type" like "general.file_type  u32  32" "ll-info --metadata brain.gguf"

ll-convert -q --to safetensors -m whole.gguf -o folder
ok "a folder has all files" is \
	"config.json generation_config.json model.safetensors tokenizer.json tokenizer_config.json" "ls folder | xargs"
ok "a folder gives the same logits" same "logits whole.gguf" "logits folder"
ll-convert -q --vocabulary whole.gguf -m folder -o back.gguf
ok "and back: the same model" same "ll-info whole.gguf | grep id" "ll-info back.gguf | grep id"
ok "and back: the same tensors" same "tensors whole.gguf | sort" "tensors back.gguf | sort"
ok "and back: the same vocabulary" same "ll-info --metadata whole.gguf | grep 'key *tokenizer'" \
	"ll-info --metadata back.gguf | grep 'key *tokenizer'"
ll-convert -q --to safetensors -m folder -o folder2
ok "and the vocabulary's files" same "cat folder/*tok*" "cat folder2/*tok*"
ok "a folder again" same "data folder/model.safetensors" "data folder2/model.safetensors"
ll-convert -q --to safetensors --dtype f16 -m small.gguf -o half
ok "a quantised one dequantised" like "model.layers.1.self_attn.k_proj.weight F16 [32, 64]" "data half/model.safetensors"
ok "config.json" is "LlamaForCausalLM 64 4 2 16 500000.0 None False False float16" "python3 -c '
import json
c = json.load(open(\"half/config.json\"))
print(c[\"architectures\"][0], c[\"hidden_size\"], c[\"num_attention_heads\"], c[\"num_key_value_heads\"],
      c[\"head_dim\"], c[\"rope_theta\"], c[\"rope_scaling\"], c[\"tie_word_embeddings\"], c[\"attention_bias\"],
      c[\"torch_dtype\"])'"

# Panels: bytes NUMBER of tensor data as rows, whatever the file has besides.
bytes() {
	python3 - "$TESTS" "$1" <<'END'
import struct, sys, zlib

data, at = open(sys.argv[2], "rb").read(), 24
tensors, keys = struct.unpack_from("<QQ", data, 8)
sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
alignment = 32

def text():
    global at
    size, = struct.unpack_from("<Q", data, at)
    at += 8 + size
    return data[at - size:at].decode()

for _ in range(keys):
    key = text()
    kind, = struct.unpack_from("<I", data, at)
    at += 4
    if kind == 8:
        text()
    elif kind == 9:
        kind, count = struct.unpack_from("<IQ", data, at)
        at += 12
        for _ in range(count):
            if kind == 8:
                text()
            else:
                at += sizes[kind]
    else:
        if key == "general.alignment":
            alignment, = struct.unpack_from("<I", data, at)
        at += sizes[kind]
table = []
for _ in range(tensors):
    name = text()
    dims, = struct.unpack_from("<I", data, at)
    shape = struct.unpack_from("<%dQ" % dims, data, at + 4)
    kind, offset = struct.unpack_from("<IQ", data, at + 4 + 8 * dims)
    at += 16 + 8 * dims
    table.append((offset, name, shape, kind))
begin = -(-at // alignment) * alignment
table.sort()
for i, (offset, name, shape, kind) in enumerate(table):
    end = table[i + 1][0] if i + 1 < len(table) else len(data) - begin
    print(name, kind, shape, zlib.crc32(data[begin + offset:begin + end].rstrip(b"\0")))
END
}

for type in f16 q4_0 q5_1 q6_k iq4_nl; do
	case $type in q6_k) sizes="--dim 256 --ffn 512" ;; *) sizes="--dim 96 --ffn 160" ;; esac
	"$TESTS/mkgguf.py" $sizes --layers 2 --heads 4 --kv-heads 1 --vocab-size 301 --type $type rows.gguf
	ll-convert -q --pack -m rows.gguf -o panels.gguf
	ll-convert -q -m panels.gguf -o unpacked.gguf
	ok "$type: packed and back: the same bytes" same "bytes rows.gguf" "bytes unpacked.gguf"
	ok "$type: packed: the same model" same "ll-info rows.gguf | grep id" "ll-info panels.gguf | grep id"
	ok "$type: packed again: the same file" same "cat panels.gguf" "ll-convert -q --pack -m panels.gguf"
	ok "$type: packed: dequantised" same "ll-convert -q --dtype f32 -m rows.gguf -o a.gguf; bytes a.gguf" \
		"ll-convert -q --dtype f32 -m panels.gguf -o b.gguf; bytes b.gguf"
	ok "$type: threads" same "cat panels.gguf" "ll-convert -q -j 3 --pack -m rows.gguf"
done
ok "packed: what is" is "15 of 21" "ll-info panels.gguf | awk '\$1 == \"layout\" { print \$3, \$4, \$5 }'"
ok "packed: an embedding of its own stays rows" like "token_embd.weight IQ4_NL 96" \
	"ll-info --tensors panels.gguf | tr -s ' '"
ok "packed: a matrix" like "blk.0.ffn_up.weight IQ4_NL in panels 96 x 160" "ll-info --tensors panels.gguf | tr -s ' '"
ok "packed: JSON" is "rows16x8 15 True 1819017236" "ll-info --json --tensors panels.gguf | python3 -c '
import json, sys
i = json.load(sys.stdin)
t = [t for t in i[\"tensors\"] if t[\"name\"] == \"output.weight\"][0]
print(i[\"layout\"], i[\"packed\"], t[\"panels\"], t[\"type_number\"])'"
ok "packed: the metadata is kept" same \
	"ll-info --metadata rows.gguf | grep ^key | grep -v -e general.alignment -e ll.layout" \
	"ll-info --metadata panels.gguf | grep ^key | grep -v -e general.alignment -e ll.layout"
ok "unpacked: no layout" is 0 "ll-info --metadata unpacked.gguf | grep ll.layout | wc -l"
ok "packed from floats: quantised as the rows" same "ll-quantize -q -m whole.gguf -o a.gguf q8_0; bytes a.gguf" \
	"ll-convert -q --pack -m whole.gguf -o p.gguf; ll-quantize -q -m p.gguf -o b.gguf q8_0; bytes b.gguf"
ok "packed, quantised and left alone: rows" same "ll-quantize -q --requantize -m rows.gguf iq4_nl -o a.gguf; bytes a.gguf" \
	"ll-quantize -q --requantize -m panels.gguf iq4_nl -o b.gguf; bytes b.gguf"
ok "packed to safetensors" same "ll-convert -q --to safetensors -m whole.gguf -o f1; data f1/model.safetensors" \
	"ll-convert -q --to safetensors -m p.gguf -o f2; data f2/model.safetensors"
ok "a folder packed" same "logits whole.gguf" \
	"ll-convert -q --pack --vocabulary whole.gguf -m folder -o x.gguf; logits x.gguf"
rm -f x.gguf
"$TESTS/mkgguf.py" --dim 256 --ffn 512 --type iq2_xs low.gguf
ok "nothing to pack is told" like "no matrix is of a type that has panels" "ll-convert --pack -m low.gguf -o x.gguf 2>&1"
rm -f x.gguf
sed 's/rows16x8/rows32x8/' panels.gguf >layout.gguf
fails 69 "layout.gguf: ll.layout: 'rows32x8' is not supported (rows16x8 is)" "ll-info layout.gguf"
fails 69 "layout.gguf: ll.layout: 'rows32x8' is not supported (rows16x8 is)" "ll-convert -m layout.gguf -o x.gguf"
sed 's/ll.layout/ll.lay-ut/' panels.gguf >layout.gguf
fails 65 "needs the key ll.layout, which is missing" "ll-info layout.gguf"
fails 64 "--pack has no effect but on a GGUF" "ll-convert -q --pack --to safetensors -m whole.gguf -o x"

fails 69 "is Q4_0, which such a folder cannot have: say --dtype" "ll-convert -q --to safetensors -m small.gguf -o none"
fails 64 "bare: has neither tokenizer.json nor tokenizer.model: --vocabulary FILE must name" \
	"mkdir bare; cp folder/config.json folder/model.safetensors bare; ll-convert -q -m bare -o x.gguf"
ok "without a vocabulary there is none" like "bare: it has no vocabulary" "ll-convert --to safetensors -m bare -o bare2 2>&1"
fails 64 "--vocabulary has no effect" "ll-convert -q --vocabulary whole.gguf -m whole.gguf -o x.gguf"
"$TESTS/mkgguf.py" --preset tiny --vocab-size 300 other.gguf
fails 65 "300 tokens, but the embedding of folder has 288 rows" \
	"ll-convert -q --vocabulary other.gguf -m folder -o x.gguf"
fails 64 "no -o FOLDER" "ll-convert -q --to safetensors -m whole.gguf"
fails 64 "'npz' is not gguf or safetensors" "ll-convert --to npz -m whole.gguf -o x.gguf"
fails 64 "'f64' is not f32" "ll-convert --dtype f64 -m whole.gguf -o x.gguf"
fails 73 "no/where" "ll-convert -q --to safetensors -m whole.gguf -o no/where"
fails 66 "none.gguf" "ll-convert -m none.gguf -o x.gguf"
python3 - <<'END'
import struct

with open("whole.gguf", "rb") as f:
    data = bytearray(f.read())
data[-8:-4] = struct.pack("<f", 1e6)
with open("large.gguf", "wb") as f:
    f.write(data)
END
fails 65 "1e+06 cannot be held by F16" "ll-convert -q --dtype f16 -m large.gguf -o x.gguf"
fails 65 "1e+06 cannot be held by F16" "ll-convert -q --dtype f16 --to safetensors -m large.gguf -o broken"
ok "nothing is left of those" eval "! ls -d x.gguf* broken none 2>/dev/null"

# The vocabulary goes with the model.
alike() {
	ok "$1: tokens, merges, scores and template" same "vocabulary $2" "vocabulary $3"
	for text in 'the men sat' '  two  spaces ' "$(printf 'caf\303\251 <|eot_id|><s>\n\t12')"; do
		ok "$1: the same ids of '$text'" same "ll-tokenize --special --ids --vocab $2 -p \"$text\"" \
			"ll-tokenize --special --ids --vocab $3 -p \"$text\""
	done
}

# vocabulary GGUF: what must not change, by a reader of its own
vocabulary() {
	"$TESTS/vocabulary.py" "$1" tokens token_type merges scores pre bos_token_id eos_token_id \
		padding_token_id chat_template
}

"$TESTS/mkgguf.py" --preset tiny --vocab-size 600 --chat chatml --key tokenizer.ggml.padding_token_id u32 588 bytes.gguf
ll-convert -q --to safetensors -m bytes.gguf -o bytes && ll-convert -q -m bytes -o bytes2.gguf
alike "byte-level BPE" bytes.gguf bytes2.gguf
ok "the folder as it is" same "ll-tokenize --ids --vocab bytes.gguf -p 'the men sat'" "ll-tokenize --ids --vocab bytes -p 'the men sat'"
ok "its stops" same "ll-info bytes.gguf | grep -e stop -e bos -e eos" "ll-info bytes2.gguf | grep -e stop -e bos -e eos"
ok "the chat format" same "ll-info bytes.gguf | grep chat" "ll-info bytes | grep chat"
for pre in gpt-2 smollm qwen2 seed-coder tekken gpt-4o smaug-bpe deepseek-llm deepseek-coder; do
	"$TESTS/mkgguf.py" --preset tiny --vocab-size 400 --key tokenizer.ggml.pre string $pre pre.gguf
	rm -rf pre && ll-convert -q --to safetensors -m pre.gguf -o pre && ll-convert -q -m pre -o pre2.gguf
	alike "$pre" pre.gguf pre2.gguf
done
"$TESTS/mkgguf.py" --preset tiny --key tokenizer.ggml.pre string falcon strange.gguf
fails 69 "tokenizer.ggml.pre: 'falcon' has no regular expression" "ll-convert -q --to safetensors -m strange.gguf -o none"

ll-convert -q --vocabulary "$TESTS/fuzz/corpus/spm/words" -m bare -o spm.gguf
ok "a file of its own" like "SentencePiece BPE by scores, 288 tokens" "ll-info spm.gguf"
ll-convert -q --to safetensors -m spm.gguf -o spm && ll-convert -q -m spm -o spm2.gguf
ok "both files of SentencePiece's kind" is "tokenizer.json tokenizer.model tokenizer_config.json" "ls spm | grep tok | xargs"
alike "SentencePiece BPE" spm.gguf spm2.gguf
mkdir model list && cp spm/config.json spm/model.safetensors spm/tokenizer.model model
cp spm/config.json spm/model.safetensors spm/tokenizer.json list
for part in model list; do
	ll-convert -q -m $part -o part.gguf
	for text in 'the ab' '  a   a  '; do
		ok "by the $part alone" same "ll-tokenize --ids --vocab spm.gguf -p '$text'" "ll-tokenize --ids --vocab part.gguf -p '$text'"
		ok "the $part itself" same "ll-tokenize --ids --vocab spm.gguf -p '$text'" "ll-tokenize --ids --vocab $part -p '$text'"
	done
done
python3 - <<'END'
import json

with open("list/tokenizer.json") as f:
    tokenizer = json.load(f)
tokenizer["normalizer"] = None
tokenizer["pre_tokenizer"] = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}
with open("list/tokenizer.json", "w") as f:
    json.dump(tokenizer, f)
END
ok "a space before the first part alone is told" like "which no GGUF can say" "ll-convert -m list -o first.gguf 2>&1"
"$TESTS/mkgguf.py" --preset tiny --vocab-size 700 large.gguf
ll-convert -q --to safetensors -m large.gguf -o large && rm large/tok* large/gen*
list=$TESTS/golden/hf-prepend.json
ok "a list that no scores say is told" like "the GGUF has the list of merges instead" \
	"ll-convert --vocabulary $list -m large -o list.gguf 2>&1"
ok "there are no scores then" is "scores None" "$TESTS/vocabulary.py list.gguf scores"
ok "it is told apart" like "SentencePiece BPE by merges, 700 tokens" "ll-info list.gguf"
rm -rf listed && ll-convert -q --to safetensors -m list.gguf -o listed && ll-convert -q -m listed -o list2.gguf
alike "a list of merges" list.gguf list2.gguf
for file in "$TESTS/golden/hf-prepend.jsonl" "$TESTS/../man/ll-model.5" "$TESTS/data/unicode-version-probes.jsonl"; do
	ok "ids by the list" same "ll-tokenize --ids --vocab $list $file" "ll-tokenize --ids --vocab list.gguf $file"
done
fails 65 "700 tokens, but the embedding has 288 rows" \
	"ll-convert -q --vocabulary $TESTS/golden/hf-prepend.json -m bare -o x.gguf"

"$TESTS/mkgguf.py" --preset tiny --specials 256 --vocab-size 612 --write-ranks ranks ranks.gguf
ll-convert -q --to safetensors -m ranks.gguf -o ranked && rm ranked/tok*
ll-convert -q --vocabulary ranks -m ranked -o ranks2.gguf
ok "ranks: tokens" same "$TESTS/vocabulary.py ranks.gguf tokens token_type" "$TESTS/vocabulary.py ranks2.gguf tokens token_type"
cp ranks ranked/tokenizer.model
ll-convert -q -m ranked -o ranks3.gguf
ok "ranks of the folder" same "vocabulary ranks2.gguf" "vocabulary ranks3.gguf"
for text in 'the men sat' 'aaaa story of beans and 123456 things'; do
	ok "ranks: the same ids" same "ll-tokenize --ids --vocab ranks -p '$text'" "ll-tokenize --ids --vocab ranks2.gguf -p '$text'"
done
cp bytes/tokenizer.json spm/added_tokens.json
fails 73 "added_tokens.json: is there already, and belongs to another vocabulary" \
	"ll-convert -q --to safetensors -m spm.gguf -o spm"
mkdir shards && echo {} >shards/model.safetensors.index.json
fails 73 "shards/model.safetensors.index.json: is there already, and names the files of other weights" \
	"ll-convert -q --to safetensors -m spm.gguf -o shards"
ok "which is found before anything is written" is model.safetensors.index.json "ls shards"

# Scaling of rotary frequencies, and windows.
scaled() {
	name=$1
	shift
	"$TESTS/mkgguf.py" --preset tiny --dim 64 --heads 4 --kv-heads 2 --layers 2 --type f32 --context 64 "$@" scaled.gguf
	rm -rf scaled && ll-convert -q --to safetensors -m scaled.gguf -o scaled && ll-convert -q -m scaled -o scaled2.gguf
	ok "$name: the folder's logits" same "logits scaled.gguf" "logits scaled"
	ok "$name: and back" same "logits scaled.gguf" "logits scaled2.gguf"
	ok "$name: as ll-info tells it" same "ll-info scaled.gguf | grep -e rope -e window" "ll-info scaled2.gguf | grep -e rope -e window"
}
yarn="--key llama.rope.scaling.type string yarn --key llama.rope.scaling.factor f32 4
	--key llama.rope.scaling.original_context_length u32 16"
scaled "linear" --key llama.rope.scaling.factor f32 2.5
scaled "yarn" $yarn
scaled "yarn, all of it" $yarn --key llama.rope.scaling.yarn_beta_fast f32 24 \
	--key llama.rope.scaling.yarn_beta_slow f32 2 --key llama.rope.scaling.attn_factor f32 0.9
ok "as transformers says it" is "yarn 4.0 16 24.0 2.0 1.0247664" "python3 -c '
import json
r = json.load(open(\"scaled/config.json\"))[\"rope_scaling\"]
print(r[\"rope_type\"], r[\"factor\"], r[\"original_max_position_embeddings\"], r[\"beta_fast\"], r[\"beta_slow\"],
      r[\"attention_factor\"])'"
scaled "yarn of a longer context" --key llama.rope.scaling.type string yarn --key llama.rope.scaling.factor f32 4 \
	--key llama.rope.scaling.original_context_length u32 1024
python3 - <<'END'
import json, shutil

shutil.copytree("scaled", "exact")
with open("exact/config.json") as f:
    config = json.load(f)
config["rope_scaling"]["truncate"] = False
with open("exact/config.json", "w") as f:
    json.dump(config, f)
END
ll-convert -q -m exact -o exact.gguf
ok "a range that is not rounded becomes factors" like "rope_freqs.weight" "tensors exact.gguf"
ok "another range" differ "logits scaled" "logits exact"
logits exact >exact.npy && logits exact.gguf >factors.npy
ok "of the same numbers" python3 -c '
import struct
a, b = (struct.unpack("<1728f", open(name, "rb").read()[-4 * 1728:]) for name in ("exact.npy", "factors.npy"))
assert max(abs(x - y) for x, y in zip(a, b)) < 1e-4, max(abs(x - y) for x, y in zip(a, b))'
scaled "a window" --key llama.attention.sliding_window u32 3
ok "of mistral" is "mistral MistralForCausalLM 3" "python3 -c '
import json
c = json.load(open(\"scaled/config.json\"))
print(c[\"model_type\"], c[\"architectures\"][0], c[\"sliding_window\"])'"
for factor in 8 16 32; do
	"$TESTS/mkgguf.py" --preset tiny --dim 64 --heads 4 --layers 2 --type f32 --rope-scaling llama3 --rope-factor $factor long.gguf
	rm -rf long && ll-convert -q --to safetensors -m long.gguf -o long
	ok "llama3 by $factor" like "\"factor\": $factor.0" "cat long/config.json"
done
"$TESTS/mkgguf.py" --preset tiny --key llama.rope.scaling.attn_factor f32 0.5 plain.gguf
fails 69 "llama.rope.scaling.attn_factor: 0.5, which a config.json can say with yarn alone" \
	"ll-convert -q --to safetensors -m plain.gguf -o none"
"$TESTS/mkgguf.py" --preset tiny --key llama.rope.dimension_count u32 8 part.gguf
fails 69 "8 of a head's 16 dimensions are rotated" "ll-convert -q --to safetensors -m part.gguf -o none"
"$TESTS/mkgguf.py" --preset tiny --biases --drop-tensor blk.0.attn_k.bias part.gguf
fails 69 "attn_k: 0 of 1 layers have a bias" "ll-convert -q --to safetensors -m part.gguf -o none"
done_testing
