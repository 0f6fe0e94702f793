#!/bin/sh
# ll-bench (1): what each measurement prints, and what it refuses. The speeds are not judged:
# figures are there, are numbers, and are above zero.
. "$TESTS/tap.sh"

"$TESTS/mkgguf.py" --preset tiny --vocab-only tiny.gguf
printf 'Hello, world. Hello again.\n' >hello
printf 'x' >one
: >empty

# field EXPRESSION COMMAND: of the JSON values `o` that it prints
field() {
	eval "$2" | python3 -c "
import json, sys
text, o, at = sys.stdin.read(), [], 0
while text[at:].strip():
    value, at = json.JSONDecoder().raw_decode(text, at)
    o.append(value)
    at += len(text[at:]) - len(text[at:].lstrip())
spread = lambda s: 0 < s['min'] <= s['median'] <= s['max']
print($1)"
}

ll-bench -r 2 -m tiny.gguf --json --tokenize hello one >encode.json
encode='cat encode.json'
ok "a line for each file" is "4" "ll-bench -r 2 -m tiny.gguf --tokenize hello one | wc -l"
ok "files in order" is "['hello', 'one']" "field '[f[\"file\"] for f in o]' '$encode'"
ok "bytes" is "[27, 1]" "field '[f[\"bytes\"] for f in o]' '$encode'"
ok "tokens" is "1" "field 'o[1][\"tokens\"]' '$encode'"
ok "speeds are numbers above zero" is "True" \
	"field 'all(f[k] > 0 for f in o for k in (\"open_ms\", \"first_mb_s\", \"median_mb_s\"))' '$encode'"
fails 64 "--tokenize: no file to encode" "ll-bench -m tiny.gguf --tokenize"
fails 64 "--threads has no effect with --tokenize" "ll-bench -j 2 -m tiny.gguf --tokenize hello"
fails 64 "--limit has no effect without tokens to generate" "ll-bench -n 2 -m tiny.gguf --tokenize hello"
fails 64 "hello: texts are for --tokenize" "ll-bench -m tiny.gguf hello"
fails 65 "empty: there is no text in it" "ll-bench -m tiny.gguf --tokenize empty"
fails 66 "missing: No such file or directory" "ll-bench -m tiny.gguf --tokenize missing"
fails 66 "missing.gguf: No such file or directory" "ll-bench -m missing.gguf --tokenize hello"

# The pipe.
ok "the pipe: both ways and the difference" is "3" \
	"ll-bench -n 4 -r 2 | grep -c '^\(one process\|pipe\|difference\) .*[0-9]'"
ok "the pipe in JSON" is "(4, 2, True, True)" \
	"field '(o[0][\"tokens\"], o[0][\"rounds\"], spread(o[0][\"one_process_ms\"]), spread(o[0][\"pipe_ms\"]))' \
	'll-bench -n 4 -r 2 --json'"
fails 64 "--limit: 1 is less than 2" "ll-bench -n 1"
fails 64 "--limit: 2000 is more than the context of 1024" "ll-bench -n 2000"

# The forward pass: 4 layers of 64 with 4 heads, 2 of keys, and 128; 512 tokens, all of Q8_0.
ll-bench -p 12 -n 3 -b 1,3 -d 40 --chunk 5 -r 2 -j 2 --json >steps.json
steps='cat steps.json'
ok "works in order" is "[('prefill', 1, 12, 40), ('decode', 1, 3, 40), ('decode', 3, 3, 40)]" \
	"field '[(w[\"work\"], w[\"sequences\"], w[\"tokens\"], w[\"depth\"]) for w in o[0][\"works\"]]' '$steps'"
ok "tokens a second, by round" is "[2, 2, 2]" \
	"field '[len(w[\"tokens_s\"][\"rounds\"]) for w in o[0][\"works\"] if spread(w[\"tokens_s\"])]' '$steps'"
ok "shares are above zero" is "True" \
	"field 'all(w[k] > 0 for w in o[0][\"works\"] for k in (\"limit_tokens_s\", \"share\", \"share_of_format\"))' '$steps'"
ok "reading was measured in each round" is "6" "field 'len(o[0][\"read_gb_s\"][\"rounds\"])' '$steps'"
# Weights of a layer: (64 + 32 + 32 + 64 + 128 + 128 + 128) * 64, the head's 512 * 64, 34 bytes for
# 32; keys and values: 4 layers of 2 * 32 halves for each of 41, 42 and 43 positions.
ok "bytes of a decoded token" is "$(((576 * 64 * 4 + 512 * 64) / 32 * 34 + 4 * 2 * 32 * 2 * 42))" \
	"field 'round(o[0][\"works\"][1][\"bytes\"])' '$steps'"
ok "three sequences share the weights" is "$(((576 * 64 * 4 + 512 * 64) / 32 * 34 / 3 + 4 * 2 * 32 * 2 * 42))" \
	"field 'int(o[0][\"works\"][2][\"bytes\"])' '$steps'"
ok "operations of a decoded token" is "$((2 * (576 * 64 * 4 + 512 * 64))) $((4 * 64 * 4 * 42))" \
	"field 'str(round(o[0][\"works\"][1][\"ops\"][\"int8_scale\"])) + \" \" + str(round(o[0][\"works\"][1][\"ops\"][\"bf16\"]))' '$steps'"
ok "a table of them" is "3" "ll-bench -p 8 -n 2 -b 1,2 -r 1 | grep -c '^\(prefill\|decode\) .*%.*%'"
ok "prefill alone" is "['prefill']" "field '[w[\"work\"] for w in o[0][\"works\"]]' 'll-bench -p 8 -n 0 -r 1 --json'"
ok "decoding alone" is "['decode']" "field '[w[\"work\"] for w in o[0][\"works\"]]' 'll-bench -p 0 -n 2 -r 1 --json'"
fails 64 "there is nothing to measure" "ll-bench -p 0 -n 0"
fails 64 "100 tokens at a depth of 1000 are more than the context of 1024" "ll-bench -p 100 -d 1000"
fails 64 "--batch: '0' is no list of numbers from 1 to 4096" "ll-bench -b 0"
fails 64 "--batch: '1,,2' is no list of numbers" "ll-bench -b 1,,2"
fails 64 "--chunk: '0' is not between 1 and 65536" "ll-bench -p 4 --chunk 0"
fails 64 "--chunk has no effect without -p, -b or -d" "ll-bench --chunk 4"
fails 66 "missing.gguf: No such file or directory" "ll-bench -m missing.gguf -p 4"

# Limits.
ll-bench --limits -r 2 -j 1 --json >limits.json
ok "limits: lines for one thread and for two" is "1 2" \
	"ll-bench --limits -r 1 -j 2 | awk '\$1 ~ /^[0-9]+\$/ { print \$1 }' | uniq | paste -sd ' '"
ok "limits: figures are above zero" is "True" \
	"field 'all(spread(l[\"gb_s\" if \"gb_s\" in l else \"gop_s\"]) for l in o[0][\"limits\"])' 'cat limits.json'"
ok "limits: pages of both sizes, streams, caches and peaks" is "[1, 4, 8] [0, 2, 3] True" \
	"field '[*sorted({l[\"streams\"] for l in o[0][\"limits\"] if \"streams\" in l})], [*sorted({l[\"level\"] for l in o[0][\"limits\"] if \"level\" in l})], {\"f32\", \"int8\"} <= {l[\"what\"] for l in o[0][\"limits\"]}' 'cat limits.json' | tr -d '()' | sed 's/\], /] /g'"
ok "a probe is of all threads" is "{2}" \
	"field '{l[\"threads\"] for l in o[0][\"limits\"]}' 'll-bench --probe -r 1 -j 2 --json'"
ok "the scalar level has a limit" is "ref" "field 'o[0][\"isa\"]' 'LL_CPU=ref ll-bench --probe -r 1 -j 1 --json'"
fails 64 "--model has no effect without a model to measure" "ll-bench --limits -m tiny.gguf"
fails 64 "one measurement at a time" "ll-bench --limits -p 4"
fails 78 "LL_CPU=none" "LL_CPU=none ll-bench --limits"

# Kernels.
small='-r 2 -j 2 --from cache --json'
for kernel in matmul attention quantize rmsnorm swiglu softmax sample-greedy sample-top-k sample-top-p sample-full \
	gemm-f32-nn gemm-f32-nt gemm-f32-tn gemm-bf16-nn gemm-bf16-nt gemm-bf16-tn; do
	case $kernel in
	matmul) shape=64x256 ;;
	attention) shape='4x2x32 -d 70' ;;
	gemm-*) shape=40x24 ;;
	*) shape=256 ;;
	esac
	ok "$kernel: a figure for each number of rows" is "[('$kernel', 1, True), ('$kernel', 3, True)]" \
		"field '[(k[\"kernel\"], k[\"rows\"], spread(k[\"seconds\"]) and k[\"share\"] > 0) for k in o[0][\"kernels\"]]' \
		'll-bench --kernel $kernel --shape $shape --rows 1,3 $small'"
done
ok "matmul of each type" is "{'F32': 'f32', 'BF16': 'bf16', 'Q4_0': 'int8_scale', 'Q6_K': 'int8_minimum', 'IQ2_XS': 'int8_minimum'}" \
	"field '{k[\"type\"]: [*k[\"ops\"]][0] for k in o[0][\"kernels\"]}' 'll-bench --kernel matmul --rows 1 --shape 16x256 \
	--type f32 --type BF16 --type q4_0 --type q6_k --type iq2_xs $small'"
ok "in rows, of rows that panels fill up" is "[('Q4_0', True), ('F16', True)]" \
	"field '[(k[\"type\"], k[\"share\"] > 0) for k in o[0][\"kernels\"]]' \
	'll-bench --kernel matmul --rows 1 --shape 17x96 --pack never --type q4_0 --type f16 $small'"
ok "in panels" is "[('Q4_0', True), ('F16', True)]" \
	"field '[(k[\"type\"], k[\"share\"] > 0) for k in o[0][\"kernels\"]]' \
	'll-bench --kernel matmul --rows 1 --shape 17x96 --type q4_0 --type f16 $small'"
ok "bytes and operations of a product" is "(2304.0, 49152.0)" \
	"field '(o[0][\"kernels\"][0][\"bytes\"], o[0][\"kernels\"][0][\"ops\"][\"int8_scale\"])' \
	'll-bench --kernel matmul --rows 6 --shape 16x256 $small'"
ok "bytes and operations of a product of matrices" is "[(22912.0, {'f32': 49152.0}), (22912.0, {'bf16': 49152.0})]" \
	"field '[(k[\"bytes\"], k[\"ops\"]) for k in o[0][\"kernels\"]]' \
	'll-bench --kernel gemm-f32-tn --kernel gemm-bf16-nt --rows 6 --shape 16x256 $small'"
ok "a table of them" is "1" \
	"ll-bench --kernel rmsnorm --shape 64 --rows 2 -r 1 --from cache | grep -c '^rmsnorm .*%.*%'"
ok "from memory" is "memory" \
	"field 'o[0][\"kernels\"][0][\"from\"]' 'll-bench --kernel rmsnorm --shape 4096 --rows 16 -r 1 --from memory --json'"
fails 64 "--kernel: 'none' is none of matmul, attention, quantize, rmsnorm, swiglu, softmax, sample-greedy, \
sample-top-k, sample-top-p, sample-full, gemm-f32-nn, gemm-f32-nt, gemm-f32-tn, gemm-bf16-nn, gemm-bf16-nt, gemm-bf16-tn, all" "ll-bench --kernel none"
fails 64 "--type: 'Q9' is no type" "ll-bench --kernel matmul --type Q9"
fails 64 "--shape: 'x4' is not as 4096x14336" "ll-bench --kernel matmul --shape x4"
fails 64 "--shape: rmsnorm wants COLS" "ll-bench --kernel rmsnorm --shape 4x4"
fails 64 "--shape: rows of 48 are not whole blocks of Q4_0" "ll-bench --kernel matmul --shape 4x48"
fails 64 "--from: 'disk' is neither memory nor cache" "ll-bench --kernel matmul --from disk"
fails 64 "--rows has no effect without --kernel" "ll-bench --rows 4"
fails 64 "--type has no effect without --kernel matmul" "ll-bench --kernel rmsnorm --type Q4_0"
fails 64 "--pack has no effect without -p, -b, -d or --kernel matmul" "ll-bench --kernel rmsnorm --pack never"
fails 64 "--pack: 'no' is not auto, always or never" "ll-bench --kernel matmul --pack no"
fails 64 "--depth has no effect on other kernels than attention" "ll-bench --kernel matmul -d 4"
done_testing
