#!/bin/sh
# ll-tune(1): what is learned and written, what does not change it, and what is refused.
# golden/tune.py made the golden.
. "$TESTS/tap.sh"

tune() {
	ll-tune -q -j 1 -c 64 "$@"
}
values() {
	ll-cat --json | grep '"values"'
}
# run [ADAPTER [MODEL [OPTION ...]]], "" for none
run() {
	adapter=${1-} model=${2:-$LL_MODEL}
	shift $(($# < 2 ? $# : 2))
	ll-tokenize -m "$model" -p "one of the men" | ll-forward -m "$model" ${adapter:+--lora "$adapter"} --all "$@" | values
}
# answer TEXT [ADAPTER [MODEL]]
answer() {
	ll-tokenize -m "${3:-$LL_MODEL}" --chat -p "$1" | ll-forward -m "${3:-$LL_MODEL}" ${2:+--lora "$2"} |
	    ll-sample -t 0 -n 6 | ll-tokenize -d
}
# loss LOG LINE: in front of that step
loss() {
	sed -n "${2}s/.*\"loss\":\([0-9.]*\).*/\1/p" "$1"
}
below() {
	python3 -c 'import sys; sys.exit(not float(sys.argv[1]) < float(sys.argv[2]))' "$1" "$2"
}
ids() {
	ll-tokenize "$@" | ll-cat --json | sed -n 's/.*"ids":\[\([0-9,]*\)\].*/\1/p'
}

while read -r line; do
	printf '%s\n' "$line" >record
	eval "$TESTS/mkgguf.py $("$TESTS/record.py" field make <record) golden.gguf"
	python3 -c 'import json
for text in json.load(open("record"))["documents"]: print(json.dumps({"text": text}))' >documents.jsonl
	words=$("$TESTS/record.py" field tune <record)
	# shellcheck disable=SC2086
	ll-tune -q -j 1 -m golden.gguf -b 1 --schedule constant $words --log log -o golden.lora documents.jsonl
	ok "peft: $("$TESTS/record.py" field name <record)" sh -c '"$TESTS/tuned.py" golden.lora log 5e-6 <record >worst'
	echo "# within $(cat worst)"
done <"$TESTS/golden/tune.jsonl"

cat >chat.jsonl <<'END'
{"messages": [{"role": "user", "content": "red"}, {"role": "assistant", "content": "rose"}]}
{"messages": [{"role": "user", "content": "blue"}, {"role": "assistant", "content": "sky"}]}
END
head -n 1 chat.jsonl >red.jsonl

# What is learned
tune -b 2 --steps 40 --lr 0.02 --log log --eval chat.jsonl -o a.lora chat.jsonl
ok "the loss falls" below "$(loss log 40)" 0.01
ok "held out, too" below "$(sed -n 's/.*"eval_loss":\([0-9.]*\).*/\1/p' log)" 0.01
ok "the adapted model answers as it was taught" is "rose" "answer red a.lora"
ok "and the other question" is "sky" "answer blue a.lora"
ok "the base does not" differ "answer red" "echo rose"
tune --lr 0 --steps 1 -o zero.lora chat.jsonl
ok "a rate of 0 leaves the model what it is" same "run" "run zero.lora"
ok "to the bit in f32, too" same "run '' '' --precision f32" "run zero.lora '' --precision f32"
ok "every matrix of every layer has a pair" is 56 "'$TESTS/pairs.py' a.lora | wc -l"
tune --lr 0.01 --steps 2 --rank 3 --on v,down -o few.lora chat.jsonl
ok "those of --on alone" is "blk.0.attn_v.weight.lora_a 3 x 64
blk.0.attn_v.weight.lora_b 32 x 3
blk.0.ffn_down.weight.lora_a 3 x 128
blk.0.ffn_down.weight.lora_b 64 x 3" "'$TESTS/pairs.py' few.lora | head -n 4"
ok "they change something" differ "run" "run few.lora"

# The data
logprob() {
	echo "$1" | tr , ' ' | ll-tokenize --from-ids | ll-forward --precision f32 --score | ll-score |
	    sed -n 's/^logprob *//p'
}
prompt=$(ids --chat -p red)
rose=$(ids --special -p 'rose<|im_end|>' | cut -d , -f 2-)
masked() {
	python3 -c 'import sys
whole, part, n, loss = map(float, sys.argv[1:])
print((part - whole) / n, loss)
sys.exit(not abs((part - whole) / n - loss) < 1e-4)' "$(logprob "$prompt,$rose")" "$(logprob "$prompt")" \
	    "$(echo "$rose" | tr , '\n' | wc -l)" "$(loss log 1)"
}
tune -b 1 --lr 0 --steps 1 --log log -o x.lora red.jsonl
ok "the loss is that of the answer and its end" masked
tune -b 1 --lr 0 --steps 1 --log all -o x.lora --all-text red.jsonl
ok "with --all-text another" not test "$(loss all 1)" = "$(loss log 1)"
ok "texts" tune --steps 1 --log log -o x.lora documents.jsonl
ok "from standard input" same "tune --steps 2 chat.jsonl" "tune --steps 2 <chat.jsonl"
ok "epochs" is 4 "tune -b 1 -c 24 --epochs 2 --log log -o x.lora chat.jsonl; wc -l <log"
ok "--chat-format" differ "tune --steps 2 chat.jsonl" "tune --steps 2 --chat-format zephyr chat.jsonl"

# What does not change the bytes, and what does
once="-b 4 --steps 3 --lr 0.01"
for how in "-j 2" "-j 3" "--micro 1" "--micro 3" --checkpointing "--log other"; do
	ok "the same bytes with $how" same "tune $once -c 24 chat.jsonl" "tune $once -c 24 $how chat.jsonl"
done
ok "--precision bf16 gives others" differ "tune $once chat.jsonl" "tune $once --precision bf16 chat.jsonl"
ok "dropout by the seed" same "tune $once --dropout 0.3 --seed 5 chat.jsonl" \
    "tune $once --dropout 0.3 --seed 5 -j 2 chat.jsonl"
for how in "--dropout 0.3 --seed 6" "--dropout 0.2 --seed 5" "--seed 5"; do
	ok "others with $how" differ "tune $once --dropout 0.3 --seed 5 chat.jsonl" "tune $once $how chat.jsonl"
done
tune -b 2 --steps 4 --lr 0.02 --dropout 0.4 --merge --dtype f32 --log log --eval chat.jsonl -o dropped.gguf chat.jsonl
tune -m dropped.gguf -b 2 --steps 1 --lr 0 --log again -o x.lora chat.jsonl
ok "nothing is left out of what is held out" python3 -c 'import sys; sys.exit(abs(float(sys.argv[1]) - float(sys.argv[2])) > 1e-4)' \
    "$(sed -n 's/.*"eval_loss":\([0-9.]*\).*/\1/p' log)" "$(loss again 1)"
ok "--alpha" differ "tune $once chat.jsonl" "tune $once --alpha 7 chat.jsonl"
ok "twice the rank by default" same "tune $once chat.jsonl" "tune $once --rank 16 --alpha 32 chat.jsonl"

# Killed after some checkpoint, and gone on from there
long="-b 1 --steps 100 --lr 0.01 --rank 2 --dropout 0.1 --state state"
# shellcheck disable=SC2086
ll-tune -q -j 1 -c 64 $long --save-every 1 -o killed.lora chat.jsonl &
child=$!
for _ in $(seq 1200); do
	[ ! -e state ] || break
	sleep 0.05
done
{
	kill -9 $child
	wait $child
} 2>"$tap_dir/killed"
ok "a killed run leaves a checkpoint" test -s state
ok "and no output" test ! -e killed.lora
fails 64 "was made with 'rank 2', not 'rank 3'" "tune $long --rank 3 --resume chat.jsonl"
fails 64 "was made with 'data " "tune $long --resume red.jsonl"
ok "it goes on to the same bytes" same "tune $long --resume chat.jsonl" "rm state; tune $long chat.jsonl"

# Every type of a base, and every container
types="f16 bf16 q4_0 q5_1 q8_0 mxfp4 nvfp4"
for type in $types q2_k q4_k q6_k iq4_xs iq2_xs q1_0; do
	case " $types " in
	*" $type "*) dim=64 ;;
	*) dim=256 ;;
	esac
	"$TESTS/mkgguf.py" --type "$type" --dim $dim --ffn $dim --layers 1 --chat chatml base.gguf
	tune -m base.gguf -b 2 --steps 6 --lr 0.01 --log log -o base.lora chat.jsonl
	ok "$type: the loss falls" below "$(loss log 6)" "$(loss log 1)"
	tune -m base.gguf --lr 0 --steps 1 -o zero.lora chat.jsonl
	ok "$type: B of zeros changes nothing" same "run '' base.gguf" "run zero.lora base.gguf"
done
ll-convert -q --pack -o packed.gguf
ok "a packed base" same "tune $once chat.jsonl" "tune $once -m packed.gguf chat.jsonl"
"$TESTS/mkgguf.py" --type f32 --dim 64 --heads 4 --kv-heads 2 --layers 2 --chat chatml floats.gguf
ll-convert -q -m floats.gguf --to safetensors -o folder
# Rows of queries and keys are in another order there.
near_rows() {
	tap_output a "$2" && tap_output b "$3" && "$TESTS/near.py" "$1" "$tap_dir/a" "$tap_dir/b"
}
f32() {
	tune -b 2 --steps 2 --lr 0.003 -m "$1" -o order.lora chat.jsonl
	run order.lora "$1" --precision f32
}
ok "a folder of safetensors" near_rows 1e-3 "f32 floats.gguf" "f32 folder"
"$TESTS/mkgguf.py" --preset test --tied tied.gguf
ok "a tied base" tune -m tied.gguf --steps 2 -o x.lora chat.jsonl

# What is written
tune --steps 2 --lr 0.01 --dtype f16 -o half.lora chat.jsonl
ok "--dtype f16 takes half the bytes" test "$(wc -c <half.lora)" -lt "$(($(wc -c <a.lora) * 6 / 10))"
ok "it is read" differ "run" "run half.lora"
"$TESTS/mkgguf.py" --preset test --seed 2 other.gguf
fails 65 "ll.fingerprint: made for the model of fingerprint" \
    "ll-tokenize -m other.gguf -p x | ll-forward -m other.gguf --lora a.lora >out"

# Merged
types() {
	ll-info "$1" | sed -n 's/^type *\([A-Z0-9_]* *[0-9]* tensors\).*/\1/p'
}
few="--rank 4 --lr 0.01 --steps 5 -b 2"
# shellcheck disable=SC2086
{
	tune $few -o f.lora -m floats.gguf chat.jsonl
	tune $few --merge -o merged.gguf -m floats.gguf chat.jsonl
	tune $few --merge -o merged8.gguf chat.jsonl
}
ok "merged is the base and the adapter" near_rows 1e-4 "run f.lora floats.gguf --precision f32" \
    "run '' merged.gguf --precision f32"
ok "which is not the base" differ "run '' floats.gguf" "run '' merged.gguf"
ok "as ll-convert merges it" same "cat merged.gguf" "ll-convert -q -m floats.gguf --lora f.lora"
ok "in the types of the base" same "types '$LL_MODEL'" "types merged8.gguf"
ok "with --dtype" same "tune $few --merge --dtype f16 chat.jsonl" \
    "tune $few -o a8.lora chat.jsonl; ll-convert -q --dtype f16 --lora a8.lora"
ok "of a folder" near_rows 1e-3 "run '' merged.gguf --precision f32" \
    "tune $few --merge -o x.gguf -m folder chat.jsonl; run '' x.gguf --precision f32"
"$TESTS/mkgguf.py" --type iq1_m --dim 256 --layers 1 --ffn 256 --chat chatml base.gguf
fails 69 "blk.0.attn_q.weight: is IQ1_M, which cannot be made of what is merged: say --dtype" \
    "tune --merge -m base.gguf chat.jsonl"
ok "then it can" tune --merge -m base.gguf --dtype bf16 --steps 1 -o x.gguf chat.jsonl
fails 64 "--dtype: 'q8_0' is not f32, f16 or bf16" "tune --merge --dtype q8_0 chat.jsonl"
fails 64 "--merge has no effect with --full" "tune --full --merge chat.jsonl"

# All weights
tune --full -b 2 --steps 40 --lr 0.003 --log log -o full.gguf chat.jsonl
ok "--full: the loss falls" below "$(loss log 40)" 0.1
ok "--full: it answers as it was taught" is "rose" "answer red '' full.gguf"
keys() {
	ll-info "$1" | grep -E '^(name|layers|context|rope|vocabulary|splitter|chat format|eos)  '
}
ok "--full: what the base says of itself" same "keys '$LL_MODEL'" "keys full.gguf"
ok "--full: f32" like "F32         40 tensors" "ll-info full.gguf"
ok "--full: --dtype" like "Q8_0        30 tensors" \
    "tune --full --steps 1 --dtype q8_0 -o full8.gguf chat.jsonl; ll-info full8.gguf"
fails 69 "folder: --full goes on from a GGUF, which ll-convert makes of it" \
    "tune --full -m folder -o x.gguf chat.jsonl"

# What is refused
for option in "rank 4" "alpha 4" "dropout 0.5"; do
	fails 64 "--${option% *} has no effect with --full" "tune --full --$option chat.jsonl"
done
fails 64 "--on has no effect with --full" "tune --full --on q chat.jsonl"
fails 64 "--eval-every has no effect without --eval" "tune --eval-every 2 chat.jsonl"
for on in x q,x q, ,q ''; do
	fails 64 "--on: " "tune --on '$on' chat.jsonl"
done
fails 64 "--rank: 129, but no matrix that it is for has more than 128 columns" "tune --rank 129 chat.jsonl"
fails 64 "--rank: 65, but no matrix that it is for has more than 64 columns" "tune --rank 65 --on q,up chat.jsonl"
fails 64 "--dtype: 'bf16' is not f32 or f16, which adapters are written as" "tune --dtype bf16 chat.jsonl"
fails 64 "--dtype: 'q9' is not f32, f16, bf16 or a type of blocks" "tune --full --dtype q9 chat.jsonl"
fails 66 "none.gguf: No such file" "tune -m none.gguf chat.jsonl"
fails 66 "none.jsonl" "tune none.jsonl"
fails 73 "no/where" "tune --steps 1 -o no/where chat.jsonl"
fails 74 "No space left" "tune --steps 1 chat.jsonl >/dev/full"
fails 65 "silent.jsonl: line 1: messages: no assistant turn to learn from" \
    "echo '{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}' >silent.jsonl; tune chat.jsonl silent.jsonl"
ok "with --all-text there is something" tune --all-text --steps 1 -o x.lora silent.jsonl
fails 65 "bad.jsonl: line 2: " "(cat red.jsonl; echo '{') >bad.jsonl; tune bad.jsonl"
ok "--skip-bad goes on" same "tune --steps 2 red.jsonl" "tune --steps 2 --skip-bad bad.jsonl"
ok "and tells" like "ll-tune: bad.jsonl: line 2: " "ll-tune -j 1 -c 64 --steps 1 --skip-bad -o x.lora bad.jsonl 2>&1"
: >empty.jsonl
fails 65 "there is nothing to learn from" "tune empty.jsonl"
fails 69 "messages: no chat format" "tune -m golden.gguf chat.jsonl"
"$TESTS/mkgguf.py" --preset test --biases biases.gguf
fails 69 "layer 0: biases cannot be trained" "tune -m biases.gguf chat.jsonl"
fails 71 "MB of memory needed" "tune -b 1000000 -c 1024 chat.jsonl"

# Memory
memory() {
	ll-tune -j 1 --dry-run "$@" | sed -n 's/^memory_bytes \([0-9]*\)[0-9]\{6\}$/\1/p'
}
ok "--dry-run tells" test "$(memory -b 64 -c 1024)" -gt 500
ok "--checkpointing takes less" test "$(memory -b 64 -c 1024 --checkpointing)" -lt "$(memory -b 64 -c 1024)"
ok "--micro, too" test "$(memory -b 64 -c 1024 --micro 1)" -lt 100
# So long that every number is written.
python3 -c 'import json
for i in range(32): print(json.dumps({"text": "the river runs down " * 200}))' >long.jsonl
cat >peak.py <<'END'
import resource, subprocess, sys
subprocess.run(sys.argv[2:], check=True)
peak, told = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024e-6, float(sys.argv[1])
print(peak, told)
sys.exit(not 0.9 * told < peak < 1.05 * told + 12)
END
case $(ldd "$(command -v ll-tune)") in
*san*) skip 1 "the sanitizer takes memory" ;;
*) ok "which is what a run takes" python3 peak.py "$(memory -b 16 -c 256)" \
	ll-tune -q -j 1 -b 16 -c 256 --steps 1 -o x.lora long.jsonl ;;
esac
done_testing
