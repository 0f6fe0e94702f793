#!/bin/sh
# ll-forward(1) and ll-embed(1): the command line.
. "$TESTS/tap.sh"

soon="timeout -k 1 10"
ll-tokenize -p "one two" >tokens

for program in ll-forward ll-embed; do
	ok "$program waits for nobody behind a device" $soon sh -c "$program tokens >/dev/null"
	ok "$program waits for nobody behind a file" $soon sh -c "$program tokens >out"
	for option in --once --all; do
		fails 64 "--loop has no effect where no return path is offered" \
			"$program --loop $option tokens | ll-cat -t >out"
	done
	fails 64 "--loop has no effect where no return path is offered" "$program --loop -o file tokens"
	fails 64 "--loop has no effect where no return path is offered" "$program --loop tokens >out"
	ok "$program leaves no file" test ! -e file
done
fails 64 "--loop has no effect where no return path is offered" \
	"ll-forward --hidden --loop tokens | ll-cat -t >out"
for type in f8 f16, ,f16 f16,f16,f16 '' F16; do
	fails 64 "--kv-type: '$type' is not f16, bf16, q8_0, q4_0 or f32, nor two of these" \
	    "ll-forward --kv-type '$type' tokens >out"
done

# Prompts that are long enough to be kept, more of them than are, and nobody who answers.
for letter in a b c d e f g h i j k l; do
	seq -s " $letter" 30
done >long.txt
ll-tokenize -l long.txt >long.lls
for batch in 1 2 3 4 5 6; do
	ok "each is declined (-b $batch)" is 12 "ll-forward -b $batch long.lls | ll-cat -t | grep -c 'reason declined'"
done

fails 64 "--layers: 2-1 ends before it begins" "ll-forward -L 2-1 tokens >out"
fails 64 "--layers: 4-, but" "ll-forward -L 4- tokens >out"
fails 64 "--layers: 0-4, but" "ll-forward -L 0-4 tokens >out"
done_testing
