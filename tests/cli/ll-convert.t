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
ok "a folder has both files" is "config.json model.safetensors" "ls folder | xargs"
ok "a folder gives the same logits" same "logits whole.gguf" "logits folder"
ll-convert -q --vocabulary whole.gguf -m folder -o back.gguf
ok "and back: the same model" same "ll-info whole.gguf | grep id" "ll-info back.gguf | grep id"
ok "and back: the same tensors" same "tensors whole.gguf | sort" "tensors back.gguf | sort"
ok "and back: the same vocabulary" same "ll-info --metadata whole.gguf | grep 'key *tokenizer'" \
	"ll-info --metadata back.gguf | grep 'key *tokenizer'"
ll-convert -q --to safetensors -m folder -o folder2
ok "a folder again" same "data folder/model.safetensors" "data folder2/model.safetensors"
ll-convert -q --to safetensors --dtype f16 -m small.gguf -o half
ok "a quantised one dequantised" like "model.layers.1.self_attn.k_proj.weight F16 [32, 64]" "data half/model.safetensors"
ok "config.json" is "LlamaForCausalLM 64 4 2 16 500000.0 None False False float16" "python3 -c '
import json
c = json.load(open(\"half/config.json\"))
print(c[\"architectures\"][0], c[\"hidden_size\"], c[\"num_attention_heads\"], c[\"num_key_value_heads\"],
      c[\"head_dim\"], c[\"rope_theta\"], c[\"rope_scaling\"], c[\"tie_word_embeddings\"], c[\"attention_bias\"],
      c[\"torch_dtype\"])'"

fails 69 "is Q4_0, which such a folder cannot have: say --dtype" "ll-convert -q --to safetensors -m small.gguf -o none"
fails 64 "--vocabulary FILE must name a GGUF" "ll-convert -q -m folder -o x.gguf"
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
done_testing
