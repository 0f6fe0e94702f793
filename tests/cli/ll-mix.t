#!/bin/sh
# ll-mix(1): what the page says, on streams made by hand and recorded ones.
. "$TESTS/tap.sh"

# stream NAME LINE...: a stream of logits; "N POS: LOGITS" is a row, "N POS eE: LOGITS" of an epoch.
stream() {
	stream_name=$1
	shift
	{
		echo "stream kind=logits vocab_size=3 vocab=00000000000000aa history=ll-$stream_name fingerprint=00000000000000bb"
		for line; do
			echo "$line" | sed 's/^\([0-9]*\) \([0-9]*\)\( e\([0-9]*\)\)*:\(.*\)/logits cols=3 want=1 seq=\1 pos=\2 epoch=0\4 :\5/'
		done
		echo "end : code 0; sequences 1"
	} | sed 's/epoch=0\([1-9]\)/epoch=\1/' | python3 "$TESTS/mkstream.py" >"$stream_name.lls"
}
# The rows of logits: sequence, position, values.
rows() {
	ll-cat -t --full --type logits | sed -n 's/  */ /g; s/^\([0-9]* [0-9]*\) LOGITS .*3:/\1/p'
}

stream a "meta seq=0 : {\"id\": \"x\"}" "tokens seq=0 flags=prompt,last : 1 2" "0 1: 1 2 3" "flush owed=1" \
    "next seq=0 pos=2 : 7" "0 2: 0 0 1" "flush owed=1" "stop seq=0 : reason eos" "end seq=0 : reason eos; prompt 2"
stream b "tokens seq=0 flags=prompt,last : 1 2 3 4" "0 3: 3 2 1" "flush owed=1" \
    "next seq=0 pos=4 : 7" "0 4: 4 0 0" "flush owed=1" "stop seq=0 : reason eos" "end seq=0 : reason eos; prompt 4"

# What comes out
ok "a member alone is itself" same "rows <a.lls" "ll-mix -e a a=a.lls | rows"
ok "and keeps its fingerprint" like "fingerprint 00000000000000bb" "ll-mix -e a a=a.lls | ll-cat -t"
ok "rows are matched by order, at the first member's positions" is "0 1 4 4 4
0 2 4 0 1" "ll-mix -e a+b a=a.lls b=b.lls | rows"
ok "at the other's, if that is first" is "0 3 4 4 4
0 4 4 0 1" "ll-mix -e a+b b=b.lls a=a.lls | rows"
ok "standard input is a member" same "ll-mix -e a-b a=a.lls b=b.lls | rows" "ll-mix -e a-b a=- b=b.lls <a.lls | rows"
ok "all else is the first member's" same "ll-cat -t --type meta,tokens,next,stop,end a.lls | grep '^[0-9]'" \
    "ll-mix -e a+b a=a.lls b=b.lls | ll-cat -t --type meta,tokens,next,stop,end | grep '^[0-9]'"
ok "the history is everybody's" is "history ll-a history ll-b history ll-mix -e a+b a=a.lls b=b.lls" \
    "ll-mix -e a+b a=a.lls b=b.lls | ll-cat -t | sed -n 's/^ *history/history/p' | paste -s -d ' '"
ok "of two there is no fingerprint" is "" "ll-mix -e a+b a=a.lls b=b.lls | ll-cat -t | grep fingerprint || :"
ok "a file" same "ll-mix -e a+b a=a.lls b=b.lls | rows" "ll-mix -o out.lls -e a+b a=a.lls b=b.lls && rows <out.lls"
ok "several streams" same "ll-mix -e a+b a=a.lls b=b.lls | rows; ll-mix -e a+b a=b.lls b=a.lls | rows" \
    "cat a.lls b.lls >ab.lls; cat b.lls a.lls >ba.lls; ll-mix -e a+b a=ab.lls b=ba.lls | rows"
stream wide "0 1: 1 2 3" "logits seq=1 pos=5 cols=3 : 1 1 1  2 2 2  3 3 3"
stream slim "1 0: 1 0 0" "1 1: 0 1 0" "0 7: 1 1 1" "1 2: 0 0 1"
ok "rows of a frame, and sequences in another order" is "0 1 0 1 2
1 5 0 1 1
1 6 2 1 2
1 7 3 3 2" "ll-mix -e a-b a=wide.lls b=slim.lls | rows | sort"

# Several rows a frame, in all members
stream long "logits seq=0 pos=0 cols=3 : 1 1 1  2 2 2  3 3 3  4 4 4"
stream tall "logits seq=0 pos=0 cols=3 : 4 3 2  1 0 0  1 2 3  5 6 7"
ok "frames of as many rows" is "0 0 5 4 3
0 1 3 2 2
0 2 4 5 6
0 3 9 10 11" "ll-mix -e a+b a=long.lls b=tall.lls | rows"

# Sparse rows: what is left of the probability is shared evenly, be it what rounding left
stream listed "sparse seq=0 pos=1 cols=1 lse=0 : 2:-0.6931472" "sparse seq=0 pos=2 cols=1 lse=5 : 0:5" \
    "sparse seq=0 pos=3 cols=2 lse=0 : 0:0 1:-40" "sparse seq=0 pos=4 cols=3 lse=9 : 2:3 0:1 1:2"
ok "half of it is left, for two" is "0 1 -1.38629 -1.38629 -0.693147" "ll-mix -e a a=listed.lls | rows | head -n 1"
ok "so that probabilities sum to 1" same "ll-mix -e a a=listed.lls | rows | head -n 1" \
    "ll-mix -e 'log_softmax(a)' a=listed.lls | rows | head -n 1"
ok "nothing is left: a millionth counts" is "0 2 5 -9.50866" "ll-mix -e a a=listed.lls | rows | sed -n 2p | cut -d ' ' -f 1-4"
ok "but no more than the least that is listed" is "0 3 0 -40 -40" "ll-mix -e a a=listed.lls | rows | sed -n 3p"
ok "all are listed" is "0 4 1 2 3" "ll-mix -e a a=listed.lls | rows | sed -n 4p"
stream full "0 1: 1 1 1" "0 2: 1 1 1" "0 3: 1 1 1" "0 4: 1 1 1"
ok "dense and sparse members" is "0 3 1 -39 -39" "ll-mix -e a+b a=listed.lls b=full.lls | rows | sed -n 3p"
ok "in either order" same "ll-mix -e a+b a=listed.lls b=full.lls | rows" "ll-mix -e a+b a=full.lls b=listed.lls | rows"
stream beyond "sparse seq=0 pos=1 cols=1 lse=0 : 3:0"
fails 65 "a: sequence 0, position 1: id 3 is listed, but the vocabulary has 3" "ll-mix -e a a=beyond.lls"
stream twice "sparse seq=0 pos=1 cols=2 lse=0 : 1:0 1:0"
fails 65 "a: sequence 0, position 1: id 1 is listed twice" "ll-mix -e a a=twice.lls"
stream sum "sparse seq=0 pos=1 cols=2 lse=nan : 1:0 2:0"
fails 65 "a: sequence 0, position 1: log-sum-exp is nan" "ll-mix -e a a=sum.lls"
stream sparsenan "sparse seq=0 pos=1 cols=2 lse=1 : 1:nan 2:0"
fails 65 "a: sequence 0, position 1: logit of id 1 is not a number" "ll-mix -e a a=sparsenan.lls"
for size in "" vocab_size=0 vocab_size=99999999; do
	printf 'stream kind=logits %s\nsparse seq=0 pos=1 cols=1 lse=0 : 1:0\nend : code 0\n' "$size" |
	    python3 "$TESTS/mkstream.py" >size.lls
	number=${size#vocab_size=}
	fails 65 "a: header: vocab_size: ${number:-0}, but sparse logits want the number of all" "ll-mix -e a a=size.lls"
done

# Sequences and turns
stream late "0 1: 1 2 3" "end seq=0 : reason context; code 65; message full" "1 1: 1 1 1" "end seq=1 : reason complete"
stream whole "0 1: 1 2 3" "0 2: 1 2 3" "end seq=0 : reason complete; prompt 3" "1 1: 1 1 1" "end seq=1 : reason complete"
ok "a sequence that fails in one member fails" is "reason context prompt 3 code 65 message full
reason complete" "ll-mix -q -e a+b a=whole.lls b=late.lls | ll-cat -t --type end | sed -n 's/.*END  *reason/reason/p'"
ok "and the others go on" is "0 1,1 1," "ll-mix -q -e a+b a=whole.lls b=late.lls | rows | cut -d ' ' -f 1-2 | tr '\n' ,"
stream turns "0 1: 1 2 3" "stop seq=0 : reason eos" "0 4 e2: 5 5 5" "end seq=0 : reason closed"
stream turn "0 1: 0 0 0" "stop seq=0 : reason eos" "0 2 e1: 1 1 1" "stop seq=0 epoch=2 : reason cancel" "0 4 e2: 1 2 3" "end seq=0 : reason closed"
ok "a cancelled turn's row is void" is "0 1 1 2 3 0 4 6 7 8 " "ll-mix -e a+b a=turns.lls b=turn.lls | rows | tr '\n' ' '"

# Members that cannot be mixed
stream short "0 1: 1 2 3" "end seq=0 : reason complete"
stream none
fails 65 "b: sequence 0 ends before position 2 of a: members end at different steps" "ll-mix -e a+b a=a.lls b=short.lls"
fails 65 "a: sequence 0 ends before position 4 of b" "ll-mix -e a+b a=short.lls b=b.lls"
fails 65 "b: sequence 0 ends before position 1 of a" "ll-mix -e a+b a=a.lls b=none.lls"
fails 65 "b: no more streams, but a has one" "ll-mix -e a+b a=ab.lls b=b.lls"
stream other "tokens seq=0 flags=prompt,last : 1" "0 1: 1 2 3" "next seq=0 pos=2 : 8" "0 2: 0 0 1" "end seq=0 : reason eos"
fails 65 "b: sequence 0 was continued with other tokens than a's" "ll-mix -e a+b a=a.lls b=other.lls"
stream epoch "0 1 e1: 1 2 3" "end seq=0 : reason eos"
fails 65 "b: sequence 0 begins with epoch 1, but 0 in a" "ll-mix -e a+b a=short.lls b=epoch.lls"
stream one "0 1: 1 1 1" "0 2: 1 1 1" "1 1: 1 1 1" "1 2: 1 1 1"
stream two "1 1: 1 1 1" "1 2: 1 1 1" "0 1: 1 1 1" "0 2: 1 1 1"
fails 65 "a and b cannot be matched: one is at position 2 of sequence 0, the other at position 2 of sequence 1" \
    "ll-mix -e a+b a=one.lls b=two.lls"
sed 's/00aa/00ab/' b.lls >x; python3 - <<'END'
import struct, zlib
d = bytearray(open("x", "rb").read())
n, = struct.unpack_from("<I", d, 24)
struct.pack_into("<I", d, 28, zlib.crc32(d[64:64 + n]))
struct.pack_into("<I", d, 60, zlib.crc32(d[:60]))
open("vocab.lls", "wb").write(d)
END
fails 65 "b: header: vocab is 00000000000000ab, but 00000000000000aa in a: members of one vocabulary" \
    "ll-mix -e a+b a=a.lls b=vocab.lls"
stream cols "logits seq=0 pos=1 cols=2 : 1 2"
fails 65 "b: sequence 0: rows of 2 logits, but 3 came before" "ll-mix -e a+b a=a.lls b=cols.lls"
fails 65 "a: sequence 0: a random sample of the logits: " "ll-topk --sample 9 --seed 1 a.lls | ll-mix -e a a=-"
fails 65 "a: stream holds tokens, not logits" "ll-tokenize -p x | ll-mix -e a a=-"
fails 65 "b: stream is truncated" "head -c -128 b.lls >cut.lls; ll-mix -e a+b a=a.lls b=cut.lls"
fails 65 "b: no stream: input is empty" "ll-mix -e a+b a=a.lls b=/dev/null"
fails 66 "none such: No such file" "ll-mix -e a+b a=a.lls b='none such'"
fails 73 "no/such" "ll-mix -o no/such -e a a=a.lls"
{
	echo "stream kind=logits"
	for i in $(seq 300); do echo "logits seq=$i pos=1 cols=3 : 1 2 3"; done
	echo "end : code 0"
} | python3 "$TESTS/mkstream.py" >ahead.lls
fails 65 "ends before position 1 of a" "ll-mix -e a+b a=ahead.lls b=none.lls"

# Numbers
stream nan "0 1: 1 nan 3"
stream inf "0 1: 1 2 inf"
stream nothing "0 1: -inf -inf -inf"
stream some "0 1: 1 -inf 3" "end seq=0 : reason eos"
fails 65 "b: sequence 0, position 1: logit of id 1 is not a number" "ll-mix -e a+b a=a.lls b=nan.lls"
fails 65 "b: sequence 0, position 1: logit of id 2 is infinite" "ll-mix -e a+b a=a.lls b=inf.lls"
fails 65 "b: sequence 0, position 1: every logit is -infinity" "ll-mix -e a+b a=a.lls b=nothing.lls"
fails 65 "mix: sequence 0, position 1: logit of id 1 is not a number" "ll-mix -e a-b a=some.lls b=some.lls"
fails 65 "mix: sequence 0, position 1: logit of id 0 is infinite" "ll-mix -e 'a/(b-b)' a=short.lls b=short.lls"
fails 65 "mix: sequence 0, position 1: every logit is -infinity" "ll-mix -e 'a+log(0*b)' a=short.lls b=short.lls"
ok "-infinity alone is fine" is "0 1 2 -inf 6" "ll-mix -e a+b a=some.lls b=short.lls | rows"

# The command line
fails 64 "--expression is missing" "ll-mix a=a.lls"
fails 64 "no member" "ll-mix -e a"
fails 64 "'a.lls' is not as name=stream" "ll-mix -e a a.lls"
fails 64 "'2' cannot name a member" "ll-mix -e 2 2=a.lls"
fails 64 "'max' cannot name a member" "ll-mix -e max max=a.lls"
fails 64 "two members have the name 'a'" "ll-mix -e a a=a.lls a=b.lls"
fails 64 "member 'b' has no effect" "ll-mix -e a a=a.lls b=b.lls"
fails 64 "both 'a' and 'b' are standard input" "ll-mix -e a+b a=- b=-"
fails 64 "--expression: column 3: this names no member" "ll-mix -e a+c a=a.lls"
fails 64 "--expression: column 3: an operand is missing" "ll-mix -e a+ a=a.lls"
fails 64 "more than 16 members" "ll-mix -e a $(for i in $(seq 17); do printf 'a%s=x ' "$i"; done)"
done_testing
