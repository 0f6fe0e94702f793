#!/bin/sh
# Weights in panels, in a file, at the start, or after some steps: the same streams to the bit.
. "$TESTS/tap.sh"

printf '%s\n' "the river runs down" "a story about a king" "one two" "the garden of beans and roses" \
	"she asked him" "they worked all day" "what is this" "it is good" "bread and cheese" >prompts

streams() {
	model=$1
	shift
	ll-tokenize -m "$model" -l prompts | ll-forward -m "$model" "$@" | ll-sample --seed 5 -n 16 --logprobs 4 |
		ll-cat --canonical | sed "s/$model/MODEL/g"
}

# Rows and columns that fill no panel, no group of panels and no piece, or a pair of blocks no whole one, where the type
# allows it.
for type in f32 f16 bf16 long-f16 long-bf16 q4_0 q8_0 q6_k iq4_xs; do
	case $type in
	long-*) sizes="--dim 1024 --ffn 1088" ;;
	q6_k | iq4_xs) sizes="--dim 256 --ffn 2304" ;;
	*) sizes="--dim 32 --ffn 2080" ;;
	esac
	"$TESTS/mkgguf.py" $sizes --layers 2 --heads 4 --kv-heads 1 --vocab-size 301 --type ${type#long-} rows.gguf
	ll-convert -q --pack -m rows.gguf -o panels.gguf
	for batch in 1 8; do
		streams rows.gguf -b $batch --pack never >expected
		ok "$type, -b $batch: there is an answer" like "SAMPLE" "ll-cat -t expected"
		ok "$type, -b $batch: packed file" same "tail -n +1 expected | ll-cat -t | grep -v model" \
			"streams panels.gguf -b $batch | ll-cat -t | grep -v model"
		ok "$type, -b $batch: --pack always" same "cat expected" "streams rows.gguf -b $batch --pack always"
		ok "$type, -b $batch: --pack auto" same "cat expected" "streams rows.gguf -b $batch"
	done
done

packed() {
	ll-tokenize -m rows.gguf -l prompts | ll-forward -v -b 1 -m "$@" 2>told | ll-sample --seed 5 -n 9 >answer
	sed -n 's/.* \([0-9]*\) bytes of weights packed/\1/p' told
}
size=$(ll-info --tensors panels.gguf | awk '/in panels .* at/ { n += $(NF - 3) } END { print n }')
ok "--pack always packs all" is "$size" "packed rows.gguf --pack always"
ok "--pack auto packs all, in time" is "$size" "packed rows.gguf"
ok "--pack never packs nothing" is 0 "packed rows.gguf --pack never"
ok "a packed file is not packed again" is 0 "packed panels.gguf --pack always"
ok "the reference is not packed unless told" is 0 "packed rows.gguf --precision f32"
ok "few steps do not pay" is 0 "ll-tokenize -m rows.gguf -p one | ll-forward -v -m rows.gguf 2>told |
	ll-sample -n 2 >answer; sed -n 's/.* \([0-9]*\) bytes of weights packed/\1/p' told"
ok "-L packs its layers" is 1 "ll-tokenize -m rows.gguf -p one | ll-embed -m rows.gguf |
	ll-forward -v -m rows.gguf -L 0 --pack always 2>told | ll-forward -m rows.gguf -L 1 | ll-sample -n 2 >answer;
	sed -n 's/.* \([0-9]*\) bytes of weights packed/\1/p' told | grep -c '^[1-9]'"

# A stream of one goes on with the other.
ok "a packed file is the model of its original" same \
	"ll-tokenize -m rows.gguf -p one | ll-embed -m rows.gguf | ll-forward -m rows.gguf --pack never | ll-sample --seed 1 -n 4 | ll-tokenize -d -m rows.gguf" \
	"ll-tokenize -m rows.gguf -p one | ll-embed -m rows.gguf | ll-forward -m panels.gguf | ll-sample --seed 1 -n 4 | ll-tokenize -d -m panels.gguf"

"$TESTS/mkgguf.py" --preset test --tied tied.gguf
ll-convert -q --pack -m tied.gguf -o tied-panels.gguf
streams tied.gguf --pack never >expected
ok "tied: packed file" same "ll-cat -t expected | grep -v model" "streams tied-panels.gguf | ll-cat -t | grep -v model"
ok "tied: --pack always" same "cat expected" "streams tied.gguf --pack always"
ok "tied: --precision f32" same "streams tied.gguf --precision f32" "streams tied.gguf --precision f32 --pack always"

fails 64 "--pack: 'sometimes' is not auto, always or never" "ll-forward --pack sometimes"
ok "ll-chat hands it on" like "ll-forward -m rows.gguf --pack always" "ll-chat -m rows.gguf -x --pack always"
ok "ll-batch hands it on" like "ll-forward -m rows.gguf --pack never" "ll-batch -m rows.gguf -x --pack never prompts"
ok "--print-config" like "pack: always" "ll-forward --print-config --pack always"
done_testing
