#!/bin/sh
# ll-score(1) on streams made by hand: what it prints, and what it refuses.
. "$TESTS/tap.sh"

make() {
	python3 "$TESTS/mkstream.py"
}

# Two tokens that are counted: 1/4 each under flat logits; ids below 256 are bytes of the vocabulary.
cat >flat.txt <<'END'
stream kind=logits vocab_size=4
tokens seq=0 flags=prompt,last : 1 2 3
logits seq=0 pos=0 cols=4 : 0 0 0 0
logits seq=0 pos=1 cols=4 : 5 5 5 5
logits seq=0 pos=2 cols=4 : 0 0 0 0
flush owed=1
end seq=0 : reason complete
end : code 0; sequences 1
END
make <flat.txt >flat.lls
ok "a text" is "tokens 2
bytes 2
logprob -2.772589
perplexity 4 +- 0
bits_per_byte 2 +- 0" "ll-score flat.lls"
ok "standard input" same "ll-score flat.lls" "ll-score <flat.lls"
ok "two streams are one result" like "tokens 4" "cat flat.lls flat.lls | ll-score"
ok "as JSON" is '{"tokens":2,"bytes":2,"logprob":-2.77258873,"perplexity":4.00000002,"perplexity_error":0.0,"bits_per_byte":2.00000001,"bits_per_byte_error":0.0}' \
	"ll-score --json flat.lls"
ok "a line for each text" is "0	2	2	-2.772589	4	2" "ll-score -l flat.lls"
printf '%s\n' 'stream kind=logits vocab_size=4' 'tokens seq=0 flags=prompt,last : 1' \
    'logits seq=0 pos=0 cols=4 : 0 0 0 0' 'end seq=0 : reason complete' 'end : code 0; sequences 1' | make >short.lls
ok "of a text with nothing to count" is "0	0	0	0	nan	nan" "ll-score -l short.lls"
ok "a line for each token" is '0	1	2	-1.386294	"#"
0	2	3	-1.386294	"$"' "ll-score --per-token flat.lls"
ok "the same as JSON" like '{"sequence":"0","position":1,"token":2,"logprob":-1.38629436,"text":"#"}' \
	"ll-score --per-token --json flat.lls"
ok "a file" is "" "ll-score -o out.txt flat.lls"
ok "which is complete" same "ll-score flat.lls" "cat out.txt"
sed 's/^logits seq=0 pos=\(.\).*: \([05]\).*/sparse seq=0 pos=\1 cols=2 lse=\2 : 2:\2 3:\2/; s/lse=0/lse=1.3862944/; s/lse=5/lse=6.3862944/' \
	flat.txt | make >sparse.lls
ok "sparse logits" like "logprob -2.77258" "ll-score sparse.lls"

# Probabilities 1/2 and 1/4, one byte and two; errors by hand.
cat >two.txt <<'END'
stream kind=logits vocab_size=512
tokens seq=0 flags=prompt,last : 1 2 260
sparse seq=0 pos=0 cols=1 lse=0 : 2:-0.6931472
sparse seq=0 pos=1 cols=1 lse=0 : 260:-1.3862944
end seq=0 : reason complete
end : code 0; sequences 1
END
make <two.txt >two.lls
bytes=$(ll-tokenize -d --ids - <<'END' | wc -c
260
END
)
cat >by_hand.py <<'END'
import math, sys
x, b = [math.log(2), math.log(4)], [1, int(sys.argv[1])]
mean, ratio = sum(x) / 2, sum(x) / sum(b)
error = math.sqrt(sum((v - mean) ** 2 for v in x) / 2)
spread = math.sqrt(sum((v - ratio * w) ** 2 for v, w in zip(x, b)) * 2) / sum(b)
print("perplexity %.7g +- %.2g" % (math.exp(mean), math.exp(mean) * error))
print("bits_per_byte %.7g +- %.2g" % (ratio / math.log(2), spread / math.log(2)))
END
ok "errors by hand" same "python3 by_hand.py $bytes" "ll-score two.lls | tail -n 2"

# Only what was asked for counts; the rest of the logits need not be there.
sed 's/last :/last want=2 :/; /pos=0/d; /pos=2/d' flat.txt | make >want.lls
ok "what is wanted" is '0	2	3	-1.386294	"$"' "ll-score --per-token want.lls"
sed 's/last :/last want=2 :/' flat.txt | make >want.lls
ok "and no other" is '0	2	3	-1.386294	"$"' "ll-score --per-token want.lls"

# Records come out in their order, whatever that of their sequences.
cat >order.txt <<'END'
stream kind=logits vocab_size=4
meta seq=0 : {"id": "a", "windows": 2}
meta seq=0.1 : {"id": "a", "windows": 2}
meta seq=2 : {"id": "bad", "error": {"code": 65, "message": "no"}}
tokens seq=0 flags=prompt,last : 1 2
tokens seq=0.1 flags=prompt,last : 2 3
tokens seq=1 flags=prompt,last : 1 2
logits seq=1 pos=0 cols=4 : 0 0 0 0
end seq=1 : reason complete
tokens seq=3 flags=prompt,last : 1 2 3
end seq=3 : reason context; code 65; message full
logits seq=0.1 pos=0 cols=4 : 0 0 0 0
end seq=0.1 : reason complete
logits seq=0 pos=0 cols=4 : 0 0 0 0
end seq=0 : reason complete
end : code 65; sequences 4
END
make <order.txt >order.lls
status() {
	(eval "$1") >out 2>err
	echo $?
}
ok "a record failed" is 65 "status 'll-score -l order.lls'"
ok "lines in order, empty ones for what failed" is "a	2	2	-2.772589	4	2
1	1	1	-1.386294	4	2" "cat out"
ok "so many lines" is 4 "wc -l <out"
ok "nothing was told here" is "" "cat err"
ok "the sum leaves them out" is "tokens 3" "ll-score order.lls | head -n 1"
ok "as JSON" is 65 "status 'll-score -l --json order.lls'"
ok "with what failed" is '{"id":2,"failed":true}
{"id":3,"failed":true}' "sed 's/\"bad\"/2/' out | tail -n 2"
sed '2,3s/"a"/"\\\\u0000"/' order.txt | make >nul.lls
ok "an id with U+0000" is '{"id":"\u0000"' "{ ll-score -l --json nul.lls || true; } 2>/dev/null | head -n 1 | cut -d , -f 1"

# Choices
cat >choices.txt <<'END'
stream kind=logits vocab_size=512
meta seq=0 : {"id": "q", "choices": 2, "choice": "x", "answer": 1, "bytes": 4}
meta seq=0.1 : {"id": "q", "choices": 2, "choice": "yyy", "answer": 1, "bytes": 16}
meta seq=1 : {"choices": 2, "choice": "x", "bytes": 1}
meta seq=1.1 : {"choices": 2, "choice": "y", "bytes": 1}
tokens seq=0 flags=prompt,last want=2 : 1 2 3
sparse seq=0 pos=1 cols=1 lse=0 : 3:-1
end seq=0 : reason complete
tokens seq=0.1 flags=prompt,last want=3 : 1 2 4 5
sparse seq=0.1 pos=1 cols=1 lse=0 : 4:-1
sparse seq=0.1 pos=2 cols=1 lse=0 : 5:-1
end seq=0.1 : reason complete
tokens seq=1 flags=prompt,last want=2 : 1 2 3
sparse seq=1 pos=1 cols=1 lse=0 : 3:-2
end seq=1 : reason complete
tokens seq=1.1 flags=prompt,last want=2 : 1 2 4
sparse seq=1.1 pos=1 cols=1 lse=0 : 4:-1
end seq=1.1 : reason complete
end : code 0; sequences 4
END
make <choices.txt >choices.lls
ok "accuracy, and by the byte" is "items 2
answered 1
accuracy 0 [0.0000, 0.7935]
accuracy_normalised 1 [0.2065, 1.0000]" "ll-score --choices choices.lls"
ok "as JSON" like '{"items":2,"answered":1,"accuracy":0.0,"accuracy_low":0.0,"accuracy_high":0.79' \
	"ll-score --choices --json choices.lls"
ok "a line for each question" is "q	0	1	1	-1	-2
1	1	1	-	-2	-1" "ll-score --choices -l choices.lls"
ok "the same as JSON" is '{"id":"q","choice":"x","choice_normalised":"yyy","answer":"yyy","logprobs":[-1.0,-2.0]}
{"id":1,"choice":"y","choice_normalised":"y","logprobs":[-2.0,-1.0]}' "ll-score --choices -l --json choices.lls"
ok "probabilities of labels" is "x	0.731059	0.268941
y	0.268941	0.731059" "ll-score --classify choices.lls"
ok "as JSON" like '{"id":1,"label":"y","probabilities":{"x":0.268941421,"y":0.731058579}}' \
	"ll-score --classify --json choices.lls"
fails 65 "record 0 has no choices: ll-tokenize makes them with --choices" "ll-score --choices flat.lls"
fails 65 "record 0 has no choices: ll-tokenize makes them with --classify" "ll-score --classify flat.lls"

# broken SCRIPT TEXT FILE OPTION...: a stream with one thing changed by sed is refused for it.
broken() {
	broken_script=$1 broken_text=$2 broken_file=$3
	shift 3
	sed "$broken_script" "$broken_file" | make >broken.lls
	fails 65 "$broken_text" "ll-score $* broken.lls"
}
broken 's/5 5 5 5/5 nan 5 5/' "sequence 0, position 1: logit of id 1 is not a number" flat.txt
broken 's/5 5 5 5/5 5 inf 5/' "sequence 0, position 1: logit of id 2 is infinite" flat.txt
broken 's/5 5 5 5/-inf -inf -inf -inf/' "sequence 0, position 1: every logit is -infinity" flat.txt
broken 's/1 2 3$/1 2 9/' "the next token, id 9, is not among the 4 logits" flat.txt
broken '/pos=1/d' "logits of 1 tokens of 2 did not come: ll-forward needs --score, or the head of the pipe --all" flat.txt
broken '/pos=[01]/d' "logits of 2 tokens of 2 did not come" flat.txt
broken 's/pos=1/pos=0/' "sequence 0, position 0: logits come a second time" flat.txt
broken 's/pos=1/pos=7/' "sequence 0, position 7: logits, but the token there did not come before: what was sampled" flat.txt
broken '/^tokens/d' "logits, but the token there did not come before" flat.txt
broken 's/kind=logits/kind=tokens/' "stream holds tokens, not logits: is ll-forward missing before ll-score?" flat.txt
broken 's/kind=logits/kind=samples/' "stream holds samples, not logits" flat.txt
broken '/seq=0/d' "no token was scored" flat.txt
broken 's/seq=0 flags=prompt,last/pos=1 &/' "tokens at position 1 of epoch 0, but 0 of epoch 0 came before" flat.txt
broken 's/last :/last want=4 :/' "TOKENS wants logits of 4 rows, but has 3" flat.txt
broken '$d' "stream is truncated" flat.txt
broken 's/ 2:-0.69/ 3:-0.69/' "the next token, id 2, is not among the 1 logits: ll-forward needs --score" two.txt
broken 's/lse=0 : 2:-/lse=0 : 2:/' "the logit of id 2, 0.693147, is above the log-sum-exp, 0" two.txt
broken 's/lse=0/lse=nan/' "log-sum-exp is nan" two.txt
broken 's/"windows": 2/"windows": "2"/' "META: windows: is not a whole number from 1 to 2147483647" order.txt
broken 's/^meta seq=0 .*/meta seq=0 : {/' "META: bad JSON" order.txt
broken 's/^meta seq=0 .*/meta seq=0 : []/' "META: is an array, not an object" order.txt
broken 's/^meta seq=0.1/meta seq=0.3/' "sample 3 of record 0, of 2, comes behind 1" order.txt
broken '/^meta seq=0.1/s/2}/3}/' "record 0 has 3 sequences, but 2 before" order.txt
broken 's/"choices": 2/"choices": 0/' "META: choices: is not a whole number from 1" choices.txt --choices
broken 's/"answer": 1/"answer": 2/' "META: answer: is not a whole number from 0 to 1" choices.txt --choices
broken 's/"choice": "x"/"choice": 5/' "META: choice: is a whole number, not a string" choices.txt --choices
fails 66 "none.lls: No such file or directory" "ll-score none.lls"
fails 66 "none.gguf" "ll-score -m none.gguf flat.lls"
fails 73 "no/out" "ll-score -o no/out flat.lls"
ok "a full disk" is 74 "status 'll-score flat.lls >/dev/full'"
fails 64 "one stream only without --kl" "ll-score flat.lls flat.lls"
fails 64 "--classify has no effect with --choices" "ll-score --choices --classify flat.lls"
fails 64 "--lines has no effect with --classify" "ll-score --classify -l flat.lls"
fails 64 "--per-token has no effect with --choices" "ll-score --choices --per-token flat.lls"
fails 64 "--lines has no effect with --per-token" "ll-score --per-token -l flat.lls"

# Divergence: of what is the same, and by hand, of (2/5 1/5 1/5 1/5) to flat ones.
ok "no divergence" is "tokens 2
kl_mean 0 +- 0
kl_median 0
kl_p99 0
kl_max 0
same_top 1 +- 0
perplexity_first 4 +- 0
perplexity_second 4 +- 0
perplexity_delta 0 +- 0" "ll-score --kl flat.lls flat.lls"
sed 's/: [05] .*$/: 0.6931472 0 0 0/' flat.txt | make >sharp.lls
cat >kl.py <<'END'
import math
p = [2 / 5, 1 / 5, 1 / 5, 1 / 5]
print("kl_mean %.5g" % sum(x * math.log(x * 4) for x in p))
END
kl_mean() {
	ll-score --kl sharp.lls flat.lls | awk '/kl_mean/ { printf "kl_mean %.5g\n", $2 }'
}
ok "by hand" same "python3 kl.py" kl_mean
ok "perplexities" like "perplexity_delta -1 +- 0" "ll-score --kl sharp.lls flat.lls"
ok "one from standard input, JSON" like '"kl_mean":0.0,' "ll-score --kl --json - flat.lls <flat.lls"
# Sequences in another order
cat >mixed.txt <<'END'
stream kind=logits vocab_size=2
tokens seq=0 flags=prompt,last : 1 0
tokens seq=1 flags=prompt,last : 1 1
logits seq=0 pos=0 cols=2 : 0 1
logits seq=1 pos=0 cols=2 : 2 1
end seq=0 : reason complete
end seq=1 : reason complete
end : code 0; sequences 2
END
make <mixed.txt >mixed.lls
sed '4{h;d};5G' mixed.txt | make >turned.lls
ok "joined by sequence" like "kl_max 0" "ll-score --kl mixed.lls turned.lls"
broken 's/=2 : 2 1/=2 : 0 -inf/' "sequence 1, position 0: the next token, id 1, is impossible in the second stream" \
	mixed.txt --kl mixed.lls
broken 's/=2 : 0 1/=2 : 0 -inf/' "sequence 0, position 0: id 1 is possible in the first stream but not in the second" \
	mixed.txt --kl mixed.lls
broken 's/last : 1 0/last : 1 1/' "the next token is id 1, but id 0 in mixed.lls" mixed.txt --kl mixed.lls
broken 's/vocab_size=2/vocab_size=3/' "vocabularies differ: vocab_size is 2 and 3" mixed.txt --kl mixed.lls
broken '/seq=1/d' "mixed.lls: sequence 1, position 0: logits, but broken.lls has ended" mixed.txt --kl mixed.lls
broken 's/^logits seq=0.*/sparse seq=0 pos=0 cols=1 lse=0 : 0:-1/' "only some logits" mixed.txt --kl mixed.lls
sed '/^logits seq=0/d; s/^end seq=0.*/end seq=0 : reason context; code 65; message full/; s/code 0/code 65/' mixed.txt >late.txt
sed '/^end seq=0/d; /^logits/i end seq=0 : reason context; code 65; message full' late.txt >early.txt
for failed in late early; do
	make <$failed.txt >failed.lls
	for streams in "mixed.lls failed.lls" "failed.lls mixed.lls" "failed.lls turned.lls" "failed.lls failed.lls"; do
		ok "a sequence that failed is left out: $failed: $streams" is "tokens 1 65" \
		    "{ ll-score --kl $streams || echo \$?; } | sed -n '1p; \$p' | xargs"
	done
done
sed '/^logits/d; s/^end seq=\(.\).*/end seq=\1 : reason context; code 71; message full/; s/code 0/code 71/' mixed.txt |
    make >failed.lls
for mode in "" "--kl mixed.lls" "--kl failed.lls"; do
	ok "where all failed that is the status, and nothing more is said ($mode)" is 71 \
	    "ll-score $mode failed.lls 2>&1 || echo \$?"
done
broken '/^logits/d' "mixed.lls: sequence 0, position 0: logits, but broken.lls has ended" mixed.txt --kl mixed.lls
fails 65 "no token has logits in both" "ll-score --kl broken.lls broken.lls"
fails 65 "broken.lls: stream is truncated" "sed '\$d' mixed.txt | make >broken.lls; ll-score --kl mixed.lls broken.lls"
fails 64 "two streams are needed" "ll-score --kl flat.lls"
fails 64 "only one of the streams" "ll-score --kl - -"
fails 64 "--lines has no effect with --kl" "ll-score --kl -l flat.lls flat.lls"
done_testing
