#!/bin/sh
# ll-lens(1): behind the last layer it gives ll-forward's logits, at every other cut those of a model that ends there.
. "$TESTS/tap.sh"

ll-tokenize -p "one two three" >tokens
printf 'one\ntwo three four five six seven\nthe river runs down from the hills\n' >prompts
ll-tokenize -l prompts >many

canonical() {
	ll-cat --canonical
}

values() {
	ll-cat --npy
}

for options in "" "-k 5" "--precision f32"; do
	ok "behind the last layer: ll-forward's logits, $options" same \
	    "ll-forward --all $options many | canonical" \
	    "ll-forward --hidden ${options#-k 5} many | ll-lens $options | canonical"
done
ok "these are not the logits of the cut before" differ "ll-forward --all many | values" \
    "ll-forward --all -L 0-2 many | ll-lens | values"

# Tensors of one name have the same numbers, however many layers there are.
for layers in 1 2 3; do
	"$TESTS/mkgguf.py" --preset test --layers $layers short.gguf
	last=$((layers - 1))
	ok "layers 0 to $last: a model of $layers" same \
	    "ll-tokenize -m short.gguf -l prompts | ll-forward -m short.gguf --all | values" \
	    "ll-forward --all -L 0-$last many | ll-lens | values"
	ok "only where logits are wanted, $layers" same \
	    "ll-tokenize -m short.gguf -l prompts | ll-forward -m short.gguf --once -k 3 | ll-cat -t --type logits | tail -n 3" \
	    "ll-forward --once -L 0-$last many | ll-lens -k 3 | ll-cat -t --type logits | tail -n 3"
	ok "generation, $layers" same \
	    "ll-tokenize -m short.gguf -l prompts | ll-forward -m short.gguf | ll-sample -t 0 -n 12 | ll-tokenize -d -l" \
	    "ll-forward -L 0-$last many | ll-lens | ll-sample -t 0 -n 12 | ll-tokenize -d -l"
done

ok "before the first layer" same "ll-embed --all many | ll-lens | canonical" \
    "ll-embed --all -b 1 --chunk 3 many | ll-lens -j 3 | canonical"
ll-forward --all -L 0-1 many >cut
for options in "-j 1" "-j 5" "-m $LL_MODEL"; do
	ok "the same with $options" same "ll-lens cut | canonical" "ll-lens $options cut | canonical"
done
ok "a byte at a time" same "ll-lens cut | canonical" "dd bs=1 if=cut status=none | ll-lens | canonical"
ok "the model that the stream names" same "ll-lens cut | canonical" "env -u LL_MODEL ll-lens cut | canonical"
ok "two streams" is 2 "cat cut cut | ll-lens | ll-cat -t | grep -c '^stream of logits'"
ok "the header keeps the cut" is "    boundary 2" "ll-lens cut | ll-cat -t | grep boundary"
ok "-o" same "ll-lens -o file cut && canonical <file" "ll-lens cut | canonical"
ok "tokens are passed on" same "ll-cat -t --type tokens cut | grep TOKENS" "ll-lens cut | ll-cat -t --type tokens | grep TOKENS"
ok "-v tells what is done" like "12 rows of logits" "ll-tokenize --from-ids -p '$(seq -s ' ' 12)' |
	ll-embed --all | ll-lens -v 2>&1 >out"

# states FRAMES [BOUNDARY [HIDDEN]]: a stream of hidden states
states() {
	printf "stream kind=hidden hidden=${3-64} boundary=${2-1}\n%b\nflush owed=1\nend : code 0\n" "$1" |
	    "$TESTS/mkstream.py"
}

# row [LAST [COUNT]]: 63 numbers and the last, each exact in f16
row() {
	for _ in $(seq ${2-1}); do
		seq -s ' ' -15.5 0.5 15.5
		echo "${1-7}"
	done | tr '\n' ' '
}

for type in f16 bf16; do
	ok "states of $type" same "states 'hidden seq=0 cols=64 want=1 : $(row)' | ll-lens | values" \
	    "states 'hidden seq=0 cols=64 want=1 dtype=$type : $(row)' | ll-lens | values"
done
ok "states that are normed are not normed again" differ \
    "states 'hidden seq=0 cols=64 want=1 : $(row)' | ll-lens | values" \
    "states 'hidden seq=0 cols=64 want=1 flags=normed : $(row)' final | ll-lens | values"
ok "more rows than are computed together" is 40 \
    "states 'hidden seq=0 cols=64 want=40 : $(row 3 40)' | ll-lens -k 2 | ll-cat -t | grep -c sparse"
ok "as many rows as are wanted" is 38 \
    "states 'hidden seq=0 cols=64 want=38 : $(row 3 40)' | ll-lens -k 2 | ll-cat -t | grep -c sparse"
ok "an unknown type passes" like "type 77" \
    "states 'frame type=77 : 00ff' | ll-lens | ll-cat -t"

for number in nan inf -inf 1e30; do
	fails 65 "hidden state of sequence 3, position 6 is not finite" \
	    "states 'hidden seq=3 pos=5 cols=64 want=2 : $(row) $(row $number)' | ll-lens >out"
	fails 65 "hidden state of sequence 0, position 0 is not finite" \
	    "states 'hidden seq=0 cols=64 want=1 flags=normed : $(row $number)' final | ll-lens >out"
done
fails 65 "standard input: hidden size is 32, but the model's is 64" "states '' 1 32 | ll-lens >out"
fails 65 "standard input: hidden size is 4, but the model's is 64" \
    "states 'hidden seq=0 cols=4 want=1 : 1 2 3 4' | ll-lens >out"
fails 65 "standard input: stream is cut before layer 4, but" "states '' 4 | ll-lens >out"
fails 65 "a LOGITS frame in a stream of hidden states" "states 'logits seq=0 cols=4 : 1 2 3 4' | ll-lens >out"
fails 65 "tokens: stream holds tokens, but ll-lens reads hidden states" "ll-lens tokens >out"
fails 65 "stream holds logits, but ll-lens reads hidden states" "ll-lens cut | ll-lens >out"
fails 65 "fingerprint" "ll-lens -m short.gguf cut >out"
head -c 1000 cut >torn
fails 65 "torn: " "ll-lens torn >out"
fails 65 "ll-forward: torn: " "ll-forward -L 2-2 torn | ll-lens >out"
fails 66 "no.lls: No such file or directory" "ll-lens no.lls >out"
fails 66 "no.gguf" "ll-lens -m no.gguf cut >out"
fails 73 "no/out: " "ll-lens -o no/out cut"
fails 64 "--top: 513, but the vocabulary has 512" "ll-lens -k 513 cut >out"
fails 64 "--top" "ll-lens -k 0 cut >out"
fails 64 "--threads" "ll-lens -j 0 cut >out"
fails 64 "--precision: 'f16' is not default or f32" "ll-lens --precision f16 cut >out"
fails 64 "" "ll-lens cut cut >out"
done_testing
