#!/bin/sh
# ll-topk(1): what the page says.
. "$TESTS/tap.sh"

make() {
	python3 "$TESTS/mkstream.py"
}
# The rows of logits, from ll-cat -t.
rows() {
	ll-cat -t --full --type logits | grep LOGITS | sed 's/  */ /g'
}

make >dense.lls <<'END'
stream kind=logits vocab_size=5 history=ll-forward
meta seq=0 : {"id": "a"}
tokens seq=0 flags=prompt,last : 1 2
logits seq=0 pos=0 cols=5 want=2 epoch=3 : 1 3 2 3 -inf  4 0 0 0 0
logits seq=1 pos=4 cols=5 dtype=bf16 : 0 1 2 3 4
flush owed=2
end seq=0 : reason complete
end : code 0; sequences 2
END

# The largest
ok "the largest by falling logit, equal ones by rising id" is \
    "0 0 LOGITS sparse epoch 3 logsumexp 3.91758 1:3 3:3 2:2
0 1 LOGITS sparse epoch 3 logsumexp 4.0707 0:4 1:0 2:0
1 4 LOGITS sparse logsumexp 4.45191 4:4 3:3 2:2" "ll-topk -k 3 dense.lls | rows"
ok "everything else passes" same "ll-cat -t --type meta,tokens,flush,end dense.lls | grep -v '^  *history'" \
    "ll-topk -k 3 dense.lls | ll-cat -t --type meta,tokens,flush,end | grep -v '^  *history\|^  *dtype'"
ok "the history has a line more" like "history ll-topk -k 3" "ll-topk -k 3 <dense.lls | ll-cat -t"
ok "a sparse row is made shorter" same "ll-topk -k 2 dense.lls | rows" "ll-topk -k 4 dense.lls | ll-topk -k 2 | rows"
fails 65 "sequence 0, position 0: --top: 3, but the row lists 2" "ll-topk -k 2 dense.lls | ll-topk -k 3"
fails 64 "sequence 0, position 0: --top: 6, but the vocabulary has 5" "ll-topk -k 6 dense.lls"

text() { printf 'Once upon a time, twice upon a time.'; }
all() { text | ll-tokenize | ll-forward --all "$@"; }
ok "the rows are those of ll-forward -k" same "all -k 20 | ll-cat --canonical" "all | ll-topk -k 20 | ll-cat --canonical"
ok "in a pipe that generates" same "text | ll-tokenize | ll-forward -k 20 | ll-sample --seed 1 -n 20 | ll-tokenize -d" \
    "text | ll-tokenize | ll-forward | ll-topk -k 20 | ll-sample --seed 1 -n 20 | ll-tokenize -d"

# Random samples
ok "weights are counts, and add up to 1" is "ok" "ll-topk --sample 10 --seed 1 dense.lls | ll-cat --json | python3 -c '
import json, math, sys
for line in sys.stdin:
    for row in json.loads(line).get(\"values\", []):
        if type(row) is dict:
            counts = [10 * math.exp(x - row[\"logsumexp\"]) for x in row[\"logits\"]]
            assert all(abs(c - round(c)) < 1e-4 and c > 0.9 for c in counts), counts
            assert abs(sum(counts) - 10) < 1e-4
            assert counts == sorted(counts, reverse=True)
print(\"ok\")'"
ok "the log-sum-exp is the model's own" same "ll-topk --sample 10 --seed 1 dense.lls | rows | sed 's/.*sum/sum/; s/ [0-9]*:.*//'" \
    "ll-topk -k 1 dense.lls | rows | sed 's/.*sum/sum/; s/ [0-9]*:.*//'"
ok "a seed decides" same "all | ll-topk --sample 20 --seed 7 | ll-cat --canonical" \
    "all | ll-topk --sample 20 --seed 7 | ll-cat --canonical"
ok "another decides otherwise" differ "all | ll-topk --sample 20 --seed 7 | rows" \
    "all | ll-topk --sample 20 --seed 8 | rows"
ok "each position draws for itself" differ "ll-topk --sample 9 --seed 7 dense.lls | rows | sed -n 's/.*sum//;1p'" \
    "ll-topk --sample 9 --seed 7 dense.lls | rows | sed -n 's/.*sum//;2p'"
many() { yes 'one two three' | head -n 5 | ll-tokenize -l | ll-forward --once "$@" | ll-topk --sample 20 --seed 7; }
ok "whatever the batch" same "many -b 1 | ll-cat --canonical" "many -b 4 --chunk 2 | ll-cat --canonical"
ok "the seed is in the header" like "seed 7" "ll-topk --sample 20 --seed 7 dense.lls | ll-cat -t"
ok "a drawn one draws the same" same "ll-topk --sample 9 dense.lls | tee drawn | rows" \
    'll-topk --sample 9 --seed "$(ll-cat -t drawn | sed -n "s/^ *seed //p")" dense.lls | rows'
ok "LL_CPU has no say" same "all | ll-topk --sample 20 --seed 7 --proposal 2 | rows" \
    "all | LL_CPU=ref ll-topk --sample 20 --seed 7 --proposal 2 | rows"
# 60 seeds of 25 draws: the mean weight of a token is its probability within five standard errors.
cat >mean.py <<'END'
import json, math, subprocess, sys
p = [math.exp(x) for x in (1, 3, 2, 3)]
p = [x / sum(p) for x in p] + [0]
mean, square, rounds = [0] * 5, [0] * 5, 60
for seed in range(rounds):
    out = subprocess.run(["ll-topk", "--sample", "25", "--seed", str(seed), *sys.argv[1:], "row.lls"],
                         capture_output=True, check=True).stdout
    row = json.loads(subprocess.run(["ll-cat", "--json", "--type", "logits"], input=out, capture_output=True,
                                    check=True).stdout.splitlines()[1])["values"][0]
    for i, x in zip(row["ids"], row["logits"]):
        w = math.exp(x - row["logsumexp"])
        mean[i] += w / rounds
        square[i] += w * w / rounds
for i in range(5):
    error = math.sqrt(max(square[i] - mean[i] ** 2, 0) / rounds)
    assert abs(mean[i] - p[i]) <= 5 * error + 1e-6, (i, mean[i], p[i], error)
print("ok")
END
ll-cat --sequence 0 --position 0 dense.lls >row.lls
ok "the mean is the distribution" is "ok" "python3 mean.py --proposal 2"
printf 'stream kind=logits\nlogits seq=0 pos=0 cols=3 : 1e37 3e38 -3e38\nend : code 0\n' | make >large.lls
ok "large logits, divided by little" is "0 0 LOGITS sparse logsumexp 3e+38 1:3e+38" \
    "ll-topk --sample 5 --seed 1 --proposal 0.05 large.lls | rows"
fails 65 "sequence 0, position 0: sparse logits list only a part" "ll-topk -k 4 dense.lls | ll-topk --sample 3 --seed 1"

# Errors
bad() {
	printf 'stream kind=logits\nlogits seq=3 pos=16 cols=3 : %s\nend : code 0\n' "$1" | make
}
for how in "-k 2" "--sample 2 --seed 1"; do
	fails 65 "sequence 3, position 16: logit of id 1 is not a number" "bad '1 nan 2' | ll-topk $how"
	fails 65 "sequence 3, position 16: logit of id 2 is infinite" "bad '1 2 inf' | ll-topk $how"
	fails 65 "sequence 3, position 16: every logit is -infinity" "bad '-inf -inf -inf' | ll-topk $how"
done
fails 65 "stream holds tokens, not logits" "ll-tokenize -p x | ll-topk -k 1"
fails 65 "without its END" "head -c -128 dense.lls | ll-topk -k 1"
fails 66 "none.lls: No such file or directory" "ll-topk -k 1 none.lls"
fails 73 "no/such" "ll-topk -k 1 -o no/such dense.lls"
fails 64 "give one of --top and --sample" "ll-topk dense.lls"
fails 64 "give one of --top and --sample" "ll-topk -k 1 --sample 1 dense.lls"
fails 64 "--proposal has no effect without --sample" "ll-topk -k 1 --proposal 2 dense.lls"
fails 64 "--seed has no effect without --sample" "ll-topk -k 1 --seed 2 dense.lls"
fails 64 "--top: '0' is not between" "ll-topk -k 0 dense.lls"
fails 64 "--sample: '0' is not between 1 and 1000000" "ll-topk --sample 0 dense.lls"
fails 64 "--proposal: '0' is not between 0.01 and 100" "ll-topk --sample 1 --proposal 0 dense.lls"
fails 64 "--seed: '-1' is not a whole number" "ll-topk --sample 1 --seed -1 dense.lls"
fails 64 "one stream only" "ll-topk -k 1 dense.lls dense.lls"
fails 78 "LL_CPU" "LL_CPU=none ll-topk -k 1 dense.lls"
done_testing
