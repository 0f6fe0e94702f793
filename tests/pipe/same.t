#!/bin/sh
# The same answer, whatever the batch: for one model, processor and seed the bytes of a stream
# do not depend on how many sequences run at once, on threads, on how prompts are cut, on what
# is shared, or on where the pipe is cut. Streams are compared whole, in their canonical form.
. "$TESTS/tap.sh"

# 64 prompts of one word to some hundred; every third begins with the same 30 words.
awk 'BEGIN {
	for (line = 0; line < 64; line++) {
		text = ""
		if (line % 3 == 0)
			for (i = 0; i < 30; i++)
				text = text "word" i % 10 " "
		for (i = 0; i <= line * 7 % 23; i++)
			text = text "the " (line * i) % 97 " "
		print text
	}
}' >prompts
ll-tokenize -l prompts >prompts.lls
head -n 9 prompts | ll-tokenize -l >few.lls

canonical() {
	ll-cat --canonical "$@"
}

# What is sampled, with log-probabilities: they tell the logits' bits.
sampled() {
	ll-forward "$@" <prompts.lls | ll-sample --seed 5 -n 16 --logprobs 4 | canonical
}

few() {
	ll-forward "$@" <few.lls | ll-sample --seed 5 -n 16 --logprobs 4 | canonical
}

# All logits that the head sent to its feeder.
logits() {
	ll-forward --loop "$@" <few.lls | tee logits.lls | ll-sample --seed 5 -n 16 >samples.lls
	canonical logits.lls
}

prompted() {
	ll-forward --all "$@" <few.lls | canonical
}

states() {
	ll-forward --once "$@" <few.lls | canonical
}

split() {
	first=$1 second=$2
	shift 2
	ll-embed "$@" <prompts.lls | ll-forward -L "0-$first" | ll-forward -L "$second-" |
		ll-sample --seed 5 -n 16 --logprobs 4 | canonical
}

each_layer() {
	ll-embed "$@" <few.lls | ll-forward -L 0 | ll-forward -L 1 -j 3 | ll-forward -L 2 |
		ll-forward -L 3 | ll-sample --seed 5 -n 16 --logprobs 4 | canonical
}

sampled -b 8 -j 2 >expected
few -b 8 >expected.few
logits -b 8 >expected.logits
prompted -b 8 >expected.prompted
states -L 0-1 >expected.states

ok "all 64 sequences have answers" is 64 "ll-cat -t --type end expected | grep -c '^[0-9].*generated [1-9]'"
for batch in 1 3 32 64; do
	ok "-b $batch" same "cat expected" "sampled -b $batch"
done
for threads in 1 2 5; do
	ok "-j $threads" same "cat expected" "sampled -j $threads"
	ok "-j $threads -b 3 --chunk 7" same "cat expected.few" "few -j $threads -b 3 --chunk 7"
done
for chunk in 1 7 512; do
	ok "--chunk $chunk" same "cat expected" "sampled --chunk $chunk"
	ok "--chunk $chunk -b 32 -j 5" same "cat expected.few" "few --chunk $chunk -b 32 -j 5"
done

for options in "-b 1" "-b 3 --chunk 7" "-b 32 -j 5 --chunk 1" "--chunk 512 -j 1"; do
	ok "logits in the loop: $options" same "cat expected.logits" "logits $options"
	ok "logits of prompts: $options" same "cat expected.prompted" "prompted $options"
	ok "hidden states: $options" same "cat expected.states" "states -L 0-1 $options"
done
ok "--hidden" same "states --hidden" "states --hidden -b 1 -j 5 --chunk 7"
ok "-k 5" same "few -k 5" "few -k 5 -b 1 -j 5 --chunk 7"

# Cut at every layer
for layer in 0 1 2; do
	ok "cut behind layer $layer" same "cat expected" "split $layer $((layer + 1))"
done
ok "cut at each layer" same "cat expected.few" "each_layer"
ok "cut at each layer: -b 1 --chunk 7" same "cat expected.few" "each_layer -b 1 --chunk 7"
ok "cut: -b 64 --chunk 7" same "cat expected" "split 1 2 -b 64 --chunk 7"

# A prefix is shared: the head says so in FORK, and nothing else changes.
ok "prefixes were shared" like "FORK" "ll-forward --loop <prompts.lls | tee logits.lls |
	ll-sample --seed 5 -n 2 >samples.lls; ll-cat -t --type fork logits.lls"
of_sequence() {
	ll-cat --json --type sample --sequence "$1" | grep '"SAMPLE"'
}
alone() {
	ll-cat --sequence "$1" prompts.lls | ll-forward -b 1 -j 1 |
		ll-sample --seed 5 -n 16 --logprobs 4 | of_sequence "$1"
}
for sequence in 0 3 6 20 33 63; do
	ok "sequence $sequence as alone" same "of_sequence $sequence <expected" "alone $sequence"
done
differs_by_id() {
	printf 'one two\none two\n' | ll-tokenize -l | ll-forward | ll-sample --seed 5 -n 16 | ll-tokenize -d -l
}
ok "each sequence has random numbers of its own" is 2 "differs_by_id | sort -u | wc -l"

# The other precision
oracle() {
	few --precision f32 "$@"
}
oracle -b 8 >expected.f32
ok "--precision f32 is another" differ "cat expected.few" "cat expected.f32"
for options in "-b 1 -j 1" "-b 3 --chunk 7" "-b 32 -j 5 --chunk 1"; do
	ok "--precision f32: $options" same "cat expected.f32" "oracle $options"
done
oracle_cut() {
	ll-embed <few.lls | ll-forward -L 0-1 --precision f32 | ll-forward -L 2- --precision f32 |
		ll-sample --seed 5 -n 16 --logprobs 4 | canonical
}
ok "--precision f32, cut" same "cat expected.f32" "oracle_cut"

# Every type of keys and values is another, and each as independent of everything.
for type in bf16 q8_0 q4_0 f32 f16,q4_0 q8_0,bf16; do
	few --kv-type $type -b 8 >kept.$type
	ok "--kv-type $type is another" differ "cat expected.few" "cat kept.$type"
	for options in "-b 1 -j 1" "-b 3 --chunk 7" "-b 32 -j 5 --chunk 1"; do
		ok "--kv-type $type: $options" same "cat kept.$type" "few --kv-type $type $options"
	done
done
ok "--kv-type f16 is the default" same "cat expected.few" "few --kv-type f16"
ok "--kv-type f32 is that of --precision f32" same "cat expected.f32" "oracle --kv-type f32,f32"

# Sequences longer than a chunk of attention's (512), alone and sharing, on few threads and many.
awk 'BEGIN {
	for (line = 0; line < 2; line++) {
		for (i = 0; i < 150; i++)
			printf "the %d of ", i * i % 97
		print line
	}
}' >long
ll-tokenize -l long >long.lls
longer() {
	ll-forward "$@" <long.lls | ll-sample --seed 5 -n 4 --logprobs 4 | canonical
}
longer -b 1 -j 1 >expected.long
ok "more positions than a chunk" is 2 \
    "ll-cat -t --type end expected.long | grep -c 'prompt [6-9][0-9][0-9] generated 4'"
for options in "-j 2" "-j 1 --chunk 1000" "-j 7 --chunk 33" "-j 2 --chunk 5" "-j 16 --chunk 500"; do
	ok "long: $options" same "cat expected.long" "longer $options"
done
longer --kv-type q8_0 -b 1 -j 1 >expected.long8
for options in "-j 2 --chunk 1000" "-j 7 --chunk 33"; do
	ok "long, q8_0: $options" same "cat expected.long8" "longer --kv-type q8_0 $options"
done

# Every level of the processor has the same kernels.
for level in ref avx2 avx512 avx512bf16 amx neon neoni8mm; do
	if (LL_CPU=$level ll-forward --once <few.lls) >level.lls 2>told; then
		ok "LL_CPU=$level" same "cat expected.few" "export LL_CPU=$level; few"
		ok "LL_CPU=$level --precision f32" same "cat expected.f32" "export LL_CPU=$level; oracle"
		ok "LL_CPU=$level, long" same "cat expected.long" "export LL_CPU=$level; longer"
		for type in bf16 q8_0 q4_0; do
			ok "LL_CPU=$level --kv-type $type" same "cat kept.$type" "export LL_CPU=$level; few --kv-type $type"
		done
	fi
done
done_testing
