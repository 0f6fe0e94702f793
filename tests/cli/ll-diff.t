#!/bin/sh
# ll-diff(1): what the page says, on streams made by hand.
. "$TESTS/tap.sh"

make() {
	python3 "$TESTS/mkstream.py"
}

cat >a.txt <<'END'
stream kind=logits hidden=4 dtype=f32 model=/a history=x batch=1
meta seq=0 : {"id": "a"}
tokens seq=0 flags=prompt,last : 1 2 3
hidden seq=0 pos=0 cols=4 : 1 2 3 4  5 6 7 8
logits seq=0 pos=2 cols=4 : 1 2 3 4
sparse seq=0 pos=3 cols=2 lse=2 : 2:1 1:0.5
sample seq=0 pos=4 logprob=-1 show=3 : 17 17:-1 3:-2
flush owed=1
end seq=0 : reason complete
end : code 0; sequences 1
END
make <a.txt >a.lls
status() {
	(eval "$1") >out 2>err
	echo $?
}

# changed SCRIPT TEXT: a.lls with one thing changed by sed differs, and this is said about it.
changed() {
	sed "$1" a.txt | make >b.lls
	ok "$1: differs" is 1 "status 'll-diff a.lls b.lls'"
	ok "$1: $2" grep -q -F -e "$2" out
	ok "$1: nothing else" test ! -s err
}

ok "a stream is equal to itself" is "" "ll-diff a.lls a.lls"
ok "standard input" is "" "cat a.lls | ll-diff - a.lls"
sed 's,/a,/b,; s/=x/=y/; /flush/d; s/batch=1/batch=2/' a.txt | make >same.lls
ok "places, history and steps do not count" is "" "ll-diff a.lls same.lls"

changed 's/dtype=f32/dtype=f16/' "dtype: f32 in a.lls, f16 in b.lls"
changed 's/hidden=4/vocab_size=9/' "hidden: 4 in a.lls, none in b.lls"
changed 's/kind=logits/kind=hidden/' "kind: logits in a.lls, hidden in b.lls"
changed 's/last : 1 2 3/last : 1 2 4/' \
	"sequence 0, position 2, TOKENS: id 0 is 3 in a.lls, 4 in b.lls"
changed 's/5 6 7 8/5 6 7.5 10/' \
	"sequence 0, position 1, HIDDEN: value 2 is 7 in a.lls, 7.5 in b.lls; largest difference of the row 2, at 3"
changed 's/: 1 2 3 4$/: 1 2 3 nan/' "LOGITS: value 3 is 4 in a.lls, nan in b.lls; largest difference of the row inf"
changed 's/2:1 1/3:1 1/' "sequence 0, position 3, LOGITS: id 0 is 2 in a.lls, 3 in b.lls"
changed 's/: 17 /: 18 /' "SAMPLE: token 17 in a.lls, 18 in b.lls"
changed 's/show=3/show=2/' "SAMPLE: show 3 in a.lls, 2 in b.lls"
changed 's/3:-2/3:-2.5/' "SAMPLE: value 0 is -2 in a.lls, -2.5 in b.lls"
changed 's/"a"/"b"/' "META: byte 8 is 0x61 in a.lls, 0x62 in b.lls"
changed 's/prompt,last/last/' "TOKENS: flags 1 in a.lls, 0 in b.lls"
changed '/^sample/d' "sequence 0, position 4, SAMPLE: only in a.lls"
changed 's/^meta/meta pos=1/' "sequence 0, position 0, META: only in a.lls"
changed '/^end seq/d' "sequence 0, position 0, END: only in a.lls"
changed 's/seq=0/seq=0 epoch=2/' "epoch 0 in a.lls, 2 in b.lls"
cat a.lls a.lls >b.lls
ok "one stream more" is "b.lls has more streams than a.lls" "ll-diff a.lls b.lls; true"
ok "or less" is "b.lls has more streams than a.lls" "ll-diff b.lls a.lls; true"

sed 's/5 6 7 8/5 6.001 7 8/; s/lse=2/lse=2.001/; s/=-1/=-1.001/' a.txt | make >near.lls
ok "within the tolerance" ll-diff --tolerance 0.002 a.lls near.lls
ok "beyond it" is 1 "status 'll-diff --tolerance 0.0005 a.lls near.lls'"
sed 's/: 1 2 3 4$/: 1 2 3 6/; s/5 6 7 8/5 6 7.5 8/; /^sample/d; s/lse=2/lse=9/' a.txt | make >far.lls
ok "one frame is told that differs" is "1 1" "echo \$(status 'll-diff -v a.lls far.lls') \$(wc -l <out)"
ok "and the largest difference of all" is "ll-diff: largest difference 7" "cat err"
ok "the largest difference is told" like "largest difference 0.001" "ll-diff -v --tolerance 1 a.lls near.lls 2>&1"
sed 's/=f32/=f16/; s/^hidden/hidden dtype=f16/' a.txt | make >half.lls
ok "data types differ" is 1 "status 'll-diff a.lls half.lls'"
ok "but not within a tolerance" ll-diff --tolerance 1e-9 a.lls half.lls
ok "-q says nothing" is 1 "status 'll-diff -q a.lls near.lls'"
ok "nothing at all" test ! -s out -a ! -s err

sed 's/^end : code 0/end : code 66/' a.txt | make >failed.lls
ok "a failure of a sequence is the status of equal streams" is 66 "status 'll-diff failed.lls failed.lls'"
ok "and nothing is said" test ! -s out -a ! -s err
sed 's/5 6 7 8/5 6 7 9/' a.txt | make >b.lls
ok "of the second stream, too, and of streams that differ" is 66 "status 'll-diff b.lls failed.lls'"
ok "whose difference is told" grep -q -F "HIDDEN: value 3 is 9 in b.lls, 8 in failed.lls" out

head -c 300 a.lls >cut.lls
fails 65 "cut.lls: stream is truncated" "ll-diff a.lls cut.lls"
fails 66 "none.lls: No such file or directory" "ll-diff a.lls none.lls"
fails 64 "two streams are needed" "ll-diff a.lls"
fails 64 "too many" "ll-diff a.lls a.lls a.lls"
fails 64 "only one of the streams" "ll-diff - -"
fails 64 "--tolerance" "ll-diff --tolerance -1 a.lls a.lls"
ok "a full disk" is 74 "status 'll-diff a.lls near.lls >/dev/full'"
done_testing
