#!/bin/sh
# The same weights in every container give the same logits, bit by bit; golden/containers.py
# made the files with writers that are not ours, and what transformers computes from them.
. "$TESTS/tap.sh"

files=$TESTS/data/containers

cat >compare.py <<'END'
import json, sys
want = json.load(open(sys.argv[1]))[sys.argv[2]]
rows = {}
for frame in map(json.loads, sys.stdin):
    if frame["type"] == "LOGITS":
        for i, row in enumerate(frame["values"]):
            rows[frame["position"] + i] = row
if sorted(rows) != list(range(len(want))) or any(len(rows[i]) != len(want[i]) for i in rows):
    sys.exit("other rows")
worst = max(abs(a - b) for i in rows for a, b in zip(rows[i], want[i]))
print("# within %.1e" % worst)
sys.exit(not worst < 1e-4)
END

# logits MODEL [OPTION ...]: a canonical stream of them.
logits() {
	model=$1
	shift
	python3 "$TESTS/mkstream.py" <<-END | ll-forward --once --all "$@" -m "$model" | ll-cat --canonical
		stream kind=tokens
		tokens seq=0 flags=prompt,last : $(python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))["ids"])' \
		    "$files/logits.json")
		end seq=0 : reason length; generated 0
		end : code 0; sequences 1
	END
}

# The frames of two streams are the same; their headers differ in the fingerprint.
same() {
	for stream in "$1" "$2"; do
		python3 -c 'import sys; x = sys.stdin.buffer.read(); sys.stdout.buffer.write(x[x.index(b"LLF1"):])' \
		    <"$stream" >"$stream.frames" || return
	done
	cmp "$1.frames" "$2.frames"
}

close_to() {
	ll-cat --json "$1" | python3 compare.py "$files/logits.json" "$2"
}

# says STATUS TEXT COMMAND ...
says() {
	status=$1 text=$2
	shift 2
	"$@" >out 2>err
	[ $? -eq "$status" ] && grep -qF -- "$text" err && [ "$(wc -l <err)" -eq 1 ]
}

for precision in f32 default; do
	for name in model f8; do
		[ $name-$precision != f8-default ] || continue
		logits "$files/$name.gguf" --precision $precision >$name-$precision.lls
	done
	for name in hf hf-shards meta meta-2 meta-2c; do
		logits "$files/$name" --precision $precision >got.lls
		ok "$name is the GGUF, precision $precision" same model-$precision.lls got.lls
	done
done
ok "the GGUF is transformers" close_to model-f32.lls model
logits "$files/f8" --precision f32 >got.lls
ok "F8_E4M3 with scales is its numbers in F32" same f8-f32.lls got.lls
ok "... and transformers" close_to got.lls f8

for name in mistral biases; do
	logits "$files/$name" --precision f32 >got.lls
	ok "$name, as transformers wrote it, is transformers" close_to got.lls $name
done

for name in hf hf-shards meta meta-2 f8; do
	ok "ll-info reads $name" eval "ll-info -m '$files/$name' | grep -q '^model id '"
	ok "ll-info --tensors and --json of $name" eval "ll-info --json --tensors -m '$files/$name' | python3 -c '
import json, sys
x = json.load(sys.stdin)
sys.exit(not (x[\"runs\"] and len(x[\"tensors\"]) == 21 and x[\"shape\"][\"layers\"] == 2))'"
done
fingerprint() {
	ll-info -m "$1" | grep '^model id'
}
ok "shards have the fingerprint of the whole" [ "$(fingerprint "$files/hf")" = "$(fingerprint "$files/hf-shards")" ]
ok "... Meta's, too" [ "$(fingerprint "$files/meta")" = "$(fingerprint "$files/meta-2c")" ]

# A header that is read takes no more memory than a small model.
mkdir many
python3 - <<'END'
import json, struct

names = {f"a{i:06}": {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i in range(120000)}
header = json.dumps(names, separators=(",", ":")).encode()
assert 8000000 < len(header) < 8 << 20
with open("many/model.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(header)) + header)
    f.truncate(8 + len(header) + 4 * len(names))
END
cp "$files/hf/config.json" many
ok "eight MiB of header in 256 MiB of memory" python3 -c '
import resource, shutil, subprocess
subprocess.run(["ll-info", "-m", "many"], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
# A sanitizer puts fences around each of the many small allocations.
fences = any(word in shutil.which("ll-info") for word in ("address", "thread"))
assert peak < (1024 if fences else 256) * 1024, peak'

# Folders that are not sound.
mkdir nothing
ok "a folder of nothing" says 66 "nothing: a folder with neither config.json" ll-info nothing
fresh() {
	rm -rf f
	cp -r "$files/$1" f
	chmod -R u+w f
}
# edit FILE PYTHON: changes x, the JSON of a file.
edit() {
	python3 -c 'import json, sys
x = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(x, open(sys.argv[1], "w"))' "$@"
}
# refuses TEXT: what ll-info tells of f, or ends with.
refuses() {
	ll-info f >out 2>&1
	grep -F 'cannot be run' out | grep -qF -- "$1" || grep -F 'll-info: f/' out | grep -qF -- "$1"
}
# config NAME PYTHON TEXT
config() {
	fresh hf
	edit f/config.json "$2"
	ok "$1" refuses "$3"
}
config "another model_type" "x['model_type'] = 'gemma'" "model_type: 'gemma' is not supported"
config "another activation" "x['hidden_act'] = 'gelu'" "hidden_act: 'gelu' is not supported"
config "another quantisation" "x['quantization_config'] = {'quant_method': 'gptq'}" "quant_method 'gptq' is not supported"
config "another scaling" "x['rope_scaling'] = {'rope_type': 'longrope', 'factor': 2.0}" "type 'longrope' is not supported"
config "a missing key" "del x['hidden_size']" "hidden_size: key is missing"
config "a model_type of another type" "x['model_type'] = 1" "model_type: not a string"
config "a quantisation of another type" "x['quantization_config'] = 3" "quantization_config: has no quant_method"
config "a size of more than 64 bits" "x['hidden_size'] = 10 ** 30" "hidden_size: not a whole number"
config "a size of another type" "x['hidden_size'] = '16'" "hidden_size: not a whole number"
config "heads that divide nothing" "x['num_key_value_heads'] = 3" "num_key_value_heads: 3 does not divide"
config "an activation of another type" "x['hidden_act'] = 5" "hidden_act: not a string"
config "two scalings" "x['rope_parameters'] = {'rope_type': 'linear', 'factor': 2.0}" \
    "rope_parameters: says something else than rope_scaling"
config "biases that are not there" "x['attention_bias'] = True" "attention_bias"
config "a truth of another type" "x['tie_word_embeddings'] = 1" "tie_word_embeddings: not true or false"
config "a tied head beside another" "x['tie_word_embeddings'] = True" "lm_head.weight is another head"
config "a tied head beside its own is none" "x['num_hidden_layers'] = 3" "model.layers.2.input_layernorm.weight: tensor is missing"
config "layers left over" "x['num_hidden_layers'] = 1" "model.layers.1."
config "another vocabulary" "x['vocab_size'] = 41" "vocab_size: 41"
fresh hf
edit f/config.json "x['max_length'] = 10 ** 30"
ok "another key may have more than 64 bits" eval "ll-info f | grep -q '^model id'"
fresh hf
edit f/config.json "x['rope_parameters'] = x['rope_scaling']"
ok "one scaling under both names" eval "ll-info f | grep -q '^model id'"
# header PYTHON: changes x, the header of f/model.safetensors, and d, the data behind it.
header() {
	python3 -c 'import json, struct, sys
b = open("f/model.safetensors", "rb").read()
n = 8 + struct.unpack("<Q", b[:8])[0]
x, d = json.loads(b[8:n]), bytearray(b[n:])
exec(sys.argv[1])
h = json.dumps(x).encode()
open("f/model.safetensors", "wb").write(struct.pack("<Q", len(h)) + h + d)' "$1"
}
fresh biases
header "del x['model.layers.0.self_attn.k_proj.bias']"
ok "biases that are there in part" refuses "attention_bias: it and the tensors"
fresh biases
edit f/config.json "x['mlp_bias'] = None"
header "[x.pop(f'model.layers.0.mlp.{p}_proj.bias') for p in ('gate', 'up')]"
ok "one bias that is not told" refuses "mlp_bias: it and the tensors"
# What cannot be run is not made into what can: a GGUF is tied where it has no head, and does not say vocab_size.
unsound() {
	says 65 "$1" ll-convert -q -m f -o f.gguf && test ! -e f.gguf
}
fresh hf
header "del x['lm_head.weight']"
ok "a model without its head is not converted" unsound "f: lm_head.weight: tensor is missing"
fresh hf
edit f/config.json "x['vocab_size'] = 41"
ok "... nor one of another vocabulary" unsound "f: vocab_size: 41, but"
fresh hf
edit f/config.json "x['num_hidden_layers'] = 3"
ok "... nor one that lacks a layer" unsound "model.layers.2.input_layernorm.weight: tensor is missing"
fresh hf
edit f/config.json "x['tie_word_embeddings'] = True"
header "e, h = x['model.embed_tokens.weight'], x['lm_head.weight']
n = len(d)
d += d[e['data_offsets'][0]:e['data_offsets'][1]]
h.update(dtype=e['dtype'], shape=e['shape'], data_offsets=[n, len(d)])"
ok "a tied head beside its copy" eval "ll-info f | grep -q 'tied'"
fresh hf
printf '{' >f/config.json
ok "a broken config.json" says 65 "f/config.json: bad JSON" ll-info f
fresh hf
rm f/model.safetensors
ok "no weights" says 66 "neither model.safetensors nor" ll-info f
fresh hf-shards
rm f/model-00002-of-0000?.safetensors
ok "a missing shard" says 66 "f/model-00002-of-0000" ll-info f
fresh hf-shards
edit f/model.safetensors.index.json "x['weight_map']['lm_head.weight'] = '../hf/model.safetensors'"
ok "a path out of the folder" says 65 "is no file of this folder" ll-info f
fresh hf-shards
edit f/model.safetensors.index.json "k = list(x['weight_map']); x['weight_map'][k[0]] = next(v for v in x['weight_map'].values() if v != x['weight_map'][k[0]])"
ok "an index that is wrong" says 65 "weight_map: " ll-info f
fresh hf-shards
for shard in f/model-00002-of-*; do cp f/model-00001-of-* "$shard"; done
ok "a tensor in two shards" says 65 "is in f/model-0000" ll-info f
fresh f8
edit f/config.json "x['quantization_config'] = None"
ok "scales without a quantization_config" eval "ll-info f | grep -q '^model id'"
fresh meta-2
rm f/consolidated.00.pth
ok "a missing shard of Meta's" says 66 "f/consolidated.00.pth" ll-info f
fresh meta-2
cp "$files/meta/consolidated.00.pth" f/consolidated.01.pth
ok "shards of different cuts" says 65 "differs from the first shard's" ll-info f
fresh meta-2
rm f/consolidated.01.pth
ok "half of the shards" refuses "has 20 rows"
fresh meta
edit f/params.json "x['moe'] = {}"
ok "a parameter that is not understood" refuses "moe: key is not understood"
fresh meta
edit f/params.json "x['use_scaled_rope'] = 1"
ok "a parameter of another type" refuses "use_scaled_rope: not true or false"
# Both formats say the same of a bad number, each with its file's name.
for line in "hf config.json hidden_size rms_norm_eps partial_rotary_factor" "meta params.json dim norm_eps"; do
	set -- $line
	while IFS='|' read -r key value text; do
		fresh "$1"
		edit "f/$2" "x['$key'] = $value"
		ok "$2: $key is $value" refuses "f/$2: $key: $text"
	done <<-END
		$3|0|0 is not between 1 and
		$3|1.5|not a whole number
		$4|-1|-1 is not above 0 and below 1
		$4|"a"|not a number
	END
	[ -z "$5" ] || ok "$2: $5" eval "fresh $1; edit f/$2 \"x['$5'] = 0.5\"; refuses 'f/$2: $5: only 1 is supported'"
done
fresh meta
printf 'cos\nsystem\n' >f/consolidated.00.pth
ok "a pickle alone" says 69 "not a zip archive" ll-info f
fresh meta
python3 "$TESTS/data/evil_pth.py" f/consolidated.00.pth
ok "a pickle that wants to run something" says 69 "it wants posix.system, which no dictionary of tensors needs" ll-info f
ok "... runs nothing" [ ! -e owned ]
done_testing
