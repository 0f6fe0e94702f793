#!/bin/sh
# ll-distill(1): what the page says.
. "$TESTS/tap.sh"

make() {
	python3 "$TESTS/mkstream.py"
}
printf '%s\n' 'layers: 1' 'hidden_size: 32' 'intermediate_size: 48' 'heads: 4' 'kv_heads: 2' 'context: 64' \
	'tied: true' 'rope:' '  base: 10000' >shape.yaml
for i in $(seq 24); do
	echo "The $i birds sat on $((i * 7)) trees; they sang of $((i * i)) things, and flew away."
done >text
echo "A few birds sat on 3 trees; they sang of 5 things." >held.txt
ll-tokenize -l text | ll-forward --all -b 8 -o full.lls
ll-tokenize -l text | ll-forward --all -b 8 --precision f32 -o exact.lls
ll-topk -k 8 full.lls -o top.lls
ll-topk --sample 20 --seed 1 full.lls -o sample.lls

new="ll-distill -q -j 1 --shape shape.yaml --vocabulary $LL_MODEL -c 32 -b 4 --lr 3e-3"
# check LOG EXPRESSION: of the steps r and the evaluations e
check() {
	python3 -c 'import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
r, e = [x for x in lines if "loss" in x], [x for x in lines if "eval_loss" in x]
assert eval(sys.argv[2]), (r[:1], r[-1:], e)' "$@"
}
# The divergence of the teacher from a student, over the text.
kl() {
	ll-tokenize -m "$1" -l text | ll-forward --all -m "$1" -b 8 | ll-score --kl --json full.lls - |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["kl_mean"])'
}
less() {
	python3 -c 'import sys; a, b = map(float, sys.argv[1:]); assert a < b, (a, b)' "$@"
}

# What is learned
ok "a run" $new --hard 0.5 --epochs 6 --eval held.txt --log log -o a.gguf top.lls
ok "the loss falls, and both its parts" check log \
	'all(r[-1][k] < r[0][k] - 0.3 for k in ("loss", "cross_entropy", "kl")) and len(e) == 1'
ok "--hard weighs them" $new --hard 0.25 --steps 1 --log quarter -o a.gguf full.lls
# The last token of each text has a row and none behind it: 24 of these positions count with the divergence alone.
ok "where a token follows" check quarter \
	'0.7 * r[0]["kl"] < r[0]["loss"] <= 0.25 * r[0]["cross_entropy"] + 0.75 * r[0]["kl"] + 1e-4'
$new --steps 1 --lr 1e-9 -o before.gguf top.lls
$new --hard 0 --epochs 6 -o dense.gguf full.lls
$new --hard 0 --epochs 6 -o sample.gguf sample.lls
was=$(kl before.gguf)
ok "the divergence falls: dense rows" less "$(kl dense.gguf)" "$was"
ok "a random sample" less "$(kl sample.gguf)" "$was"
ok "--temperature" $new --hard 0 --temperature 2 --steps 1 --log hot -o h.gguf full.lls
ok "its square weighs the divergence" check hot 'abs(r[0]["loss"] - 4 * r[0]["kl"]) < 1e-4 * r[0]["loss"]'
for t in 1 3; do
	ok "who is its own teacher has nothing to learn, temperature $t" ll-distill -q -m "$LL_MODEL" --hard 0 --temperature $t \
		--steps 1 -c 64 --log own -o own.gguf exact.lls
	ok "its gradient is none" check own 'abs(r[0]["kl"]) < 1e-5 and r[0]["grad_norm"] < 1e-4'
done
ok "with --hard 1 the teacher does not count" same "$new --hard 1 --steps 3 top.lls" "$new --hard 1 --steps 3 full.lls"
ok "else it does" differ "$new --steps 3 top.lls" "$new --steps 3 full.lls"
ok "the model runs" like "perplexity" "ll-tokenize -m a.gguf held.txt | ll-forward -m a.gguf --score | ll-score"
ok "--dtype" like "Q8_0" "$new --steps 1 --dtype q8_0 --name Bird -o q.gguf top.lls; ll-info q.gguf"
ok "--name" like "Bird" "ll-info q.gguf"

# Files and live streams
ok "live" same "$new --steps 3 top.lls" "cat top.lls | $new --steps 3"
ok "a file on standard input" same "$new --epochs 2 top.lls" "$new --epochs 2 - <top.lls"
ok "two streams in a row" same "$new --steps 40 --schedule constant -b 1 top.lls" \
	"cat top.lls top.lls | $new --steps 40 --schedule constant -b 1"
ok "live to its end" like '"step":48,' \
	"cat top.lls | $new -b 1 --schedule constant --warmup 2 --log live -o l.gguf && tail -n 1 live"
ok "a schedule that does not come to its end is told" like "ll-distill: the data ended after step 48 of 60" \
	"cat top.lls | ll-distill -j 1 --shape shape.yaml --vocabulary $LL_MODEL -c 32 -b 1 --steps 60 -o l.gguf 2>&1"
ok "threads" same "$new --steps 3 top.lls" "$new --steps 3 -j 2 top.lls"
fails 64 "standard input: a stream that is no file needs --steps, or --schedule constant" "cat top.lls | $new -o no.gguf"
fails 64 "epochs has no effect with a stream that is no file" "cat top.lls | $new --epochs 2 --schedule constant -o no.gguf"

# Going on
ok "half of a stream" is "65" "head -c 60000 top.lls | $new -b 1 --steps 24 --save-every 1 -o r.gguf 2>err; echo \$?"
ok "makes no model" not test -e r.gguf
ok "but can be gone on from" same "$new -b 1 --steps 24 top.lls" \
	"cat top.lls | $new -b 1 --steps 24 --resume -o r.gguf && cat r.gguf"
fails 64 "r.gguf.state: was made with 'hard 0.1" "cat top.lls | $new -b 1 --steps 24 --hard 0.4 --resume -o r.gguf"
fails 64 "r.gguf.state: was made with 'data" "$new -b 1 --steps 24 --resume -o r.gguf top.lls"
head -c 60000 top.lls | $new -b 1 --steps 24 --save-every 1 -o t.gguf 2>err
make >short.lls <<END
stream kind=logits $(ll-cat -t top.lls | sed -n 's/^ *\(fingerprint\|vocab\) /\1=/p' | tr '\n' ' ')
tokens seq=0 : 1 2
sparse seq=0 pos=0 cols=1 lse=1 : 7:0
end seq=0 : reason complete
end : code 0; sequences 1
END
fails 65 "standard input: ends after 1 rows, but the run goes on behind row " \
	"cat short.lls | $new -b 1 --steps 24 --resume -o t.gguf"

# A signal for the whole pipe: what feeds the run is gone before the run knows.
mkfifo fifo
$new -b 1 --steps 24 --state s.state --log s.log -o s.gguf <fifo 2>err &
exec 9>fifo
head -c 60000 top.lls >&9
while [ "$(cat s.log 2>/dev/null | wc -l)" -lt 9 ]; do sleep 0.1; done
kill -TERM $!
exec 9>&-
wait $!
ok "a signal while it waits for the teacher" test 143 = $?
ok "is told" grep -q '^ll-distill: stopped by a signal after step [0-9]* of 24: --resume goes on from there$' err
ok "goes on to the same bytes" same "$new -b 1 --steps 24 top.lls" \
	"cat top.lls | $new -b 1 --steps 24 --state s.state --resume -o s.gguf && cat s.gguf"

# Sequences
streams() {
	ll-distill -v -j 1 --shape shape.yaml --vocabulary "$LL_MODEL" -c 32 --steps 1 -o x.gguf "$@" 2>&1 |
		sed -n 's/^ll-distill: \([0-9]* sequences\)/\1/p'
}
make >mixed.lls <<'END'
stream kind=logits
tokens seq=0 flags=prompt,last : 1 2 3
tokens seq=1 flags=prompt,last want=2 : 4 5 6 7
sparse seq=1 pos=0 cols=1 lse=1 : 7:0
sparse seq=0 pos=2 cols=2 lse=1 : 7:0 5:-1
sparse seq=1 pos=2 cols=1 lse=1 : 7:0
next seq=0 pos=3 want=1 : 9
fork seq=0.1 parent=0 pos=3 : 8
sparse seq=0.1 pos=3 cols=1 lse=1 : 7:0
sparse seq=0 pos=3 cols=1 lse=1 : 7:0
fork seq=held:1 parent=0 pos=3 :
sparse seq=1 pos=3 cols=1 lse=1 : 7:0
end seq=1 : reason complete
end seq=held:1 : reason held
tokens seq=2 flags=context : 1 2
tokens seq=3 : 1 2
sparse seq=3 pos=0 cols=1 lse=1 : 7:0
end seq=3 : reason context; code 65; message no
end seq=0 : reason eos
end : code 0; sequences 4
END
ok "interleaved, forked, not asked for, failed, without END" is \
	"3 sequences, 12 tokens, 5 positions to learn; 1 rows" "streams mixed.lls"
ll-tokenize -l text | ll-forward -b 4 -k 4 | tee answers.lls | ll-sample --seed 1 -n 6 --ignore-eos >sampled.lls
ok "answers as the teacher gave them: all their tokens" like ", 144 positions" "streams answers.lls"

# What is refused
fails 65 "no token has logits before it: ll-forward needs --all" \
	"ll-tokenize -p 'one two' | ll-forward --once -o once.lls; $new -o no.gguf once.lls"
fails 65 "nobody went on with it: ll-forward needs --once or --all" \
	"ll-tokenize -p 'one two' | ll-forward | $new --steps 1 -o no.gguf"
ll-tokenize -p 'one two' -o tokens
fails 65 "stream holds tokens, not logits: is ll-forward missing before ll-distill?" "$new -o no.gguf tokens"
printf 'to be or not to be' | ll-train-bpe -q -n 270 --min-count 1 -o other.gguf
fails 65 "but the vocabulary here has" "ll-distill -q --shape shape.yaml --vocabulary other.gguf -o no.gguf top.lls"
fails 65 "rows of 99 logits, but the student's vocabulary has 512 tokens" \
	"echo 'stream kind=logits vocab_size=99' | make | $new --steps 1 -o no.gguf"
wrong() {
	printf '%s\n' 'stream kind=logits' 'tokens seq=0 : 1 2 3' "$1" 'end seq=0 : reason complete' 'end : code 0' | make >wrong.lls
	$new -o no.gguf wrong.lls
}
fails 65 "wrong.lls: sequence 0, position 1: 4 logits, but the student's vocabulary has 512 tokens" \
	"wrong 'logits seq=0 pos=1 cols=4 : 1 2 3 4'"
fails 65 "wrong.lls: sequence 0, position 3: logits, but the token there did not come before" \
	"wrong 'sparse seq=0 pos=3 cols=1 lse=1 : 1:0'"
fails 65 "wrong.lls: sequence 1, position 0: logits, but the token there did not come before" \
	"wrong 'sparse seq=1 pos=0 cols=1 lse=1 : 1:0'"
fails 65 "wrong.lls: sequence 0, position 0: id 512, but the student's vocabulary has 512 tokens" \
	"wrong 'sparse seq=0 pos=0 cols=1 lse=1 : 512:0'"
fails 65 "wrong.lls: sequence 0, position 5: tokens at position 5, but the sequence has 3" "wrong 'tokens seq=0 pos=5 : 1'"
fails 65 "wrong.lls: sequence 4, position 1: goes on, but did not begin" "wrong 'next seq=4 pos=1 : 1'"
for fork in 'fork seq=4 parent=3 pos=1 : 1' 'fork seq=4 parent=4 pos=1 : 1' 'fork seq=4 parent=0 pos=9 : 1'; do
	fails 65 "wrong.lls: sequence 4, position " "wrong '$fork'"
done
head -c 60000 top.lls >half.lls
fails 65 "half.lls: stream is truncated" "$new -o no.gguf half.lls"
fails 66 "none.gguf" "ll-forward --all -m none.gguf <tokens | $new --steps 1 -o no.gguf"
fails 66 "none.lls" "$new -o no.gguf none.lls"
fails 73 "no/such" "$new --steps 1 -o no/such top.lls"
fails 64 "sample.lls: --temperature: a random sample of the logits tells of temperature 1 alone" \
	"$new --temperature 2 -o no.gguf sample.lls"
fails 64 "temperature has no effect with --hard 1" "$new --hard 1 --temperature 2 -o no.gguf top.lls"
fails 64 "eval-every has no effect without --eval" "$new --eval-every 2 -o no.gguf top.lls"
fails 64 "answers-only has no effect without --eval" "$new --answers-only -o no.gguf top.lls"
fails 64 "chat-format has no effect without --eval" "$new --chat-format llama3 -o no.gguf top.lls"
fails 64 "vocabulary has no effect without --shape" "ll-distill -m $LL_MODEL --vocabulary $LL_MODEL top.lls"
mkdir away && cp "$(command -v ll-distill)" away
fails 64 "no model" "LL_MODEL= away/ll-distill top.lls"
fails 64 "no --vocabulary FILE for the new model" "ll-distill --shape shape.yaml top.lls"
fails 64 "nothing is learned at 0" "$new --lr 0 -o no.gguf top.lls"
ok "nothing is left of what failed" not test -e no.gguf
printf '%s\n' 'stream kind=logits' 'tokens seq=0 : 1 2 3' 'sparse seq=0 pos=0 cols=1 lse=1 : 1:0' \
	'end seq=0 : reason complete' 'end : code 65; sequences 2' | make >failed.lls
ok "of what did not fail is learned, and the status is passed on" is "65" "$new --epochs 3 -o f.gguf failed.lls; echo \$?"
ok "there is the model" test -s f.gguf

# Prompts that begin alike share states (FORK): of what is asked for all is learned, as from the stream with no such frames.
cat >talks.jsonl <<'END'
{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, {"role": "user", "content": "three"}, {"role": "assistant", "content": "four"}]}
{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, {"role": "user", "content": "5"}, {"role": "assistant", "content": "six"}]}
END
ll-tokenize --jsonl --answers --chat-format chatml talks.jsonl | ll-forward --once -b 2 | ll-topk -k 8 -o shared.lls
ll-cat --canonical shared.lls >apart.lls
ok "states are shared" like " FORK " "ll-cat -t shared.lls"
# learned FILE: the loss of a step over all of it
learned() {
	rm -f one.log && $new -b 8 -c 64 --steps 1 --log one.log -o e.gguf "$1" && jq -c '[.tokens, .targets, .loss]' one.log
}
ok "what is shared is learned once" same "learned shared.lls" "learned apart.lls"

# Settings
ok "how programs sample is not how they learn" same "$new --steps 2 top.lls" "LL_TEMPERATURE=3 $new --steps 2 top.lls"
printf 'temperature: 5\nll-distill:\n  temperature: 2\n' >ll.yaml
ok "but what is set for this program is" same "$new --temperature 2 --steps 2 top.lls" "LL_CONFIG=ll.yaml $new --steps 2 top.lls"
ok "held-out text is told" like "held-out loss" \
	"ll-distill -j 1 --shape shape.yaml --vocabulary $LL_MODEL -c 32 --steps 1 --eval held.txt -o e.gguf top.lls 2>&1"
# The last row is shorter than the one before it, of which what the teacher said is gone when the text is evaluated.
printf '%s\n' a b c d e f g h i j k l | ll-tokenize -l | ll-forward --all | ll-topk -k 8 -o short.lls
ok "evaluations on the way" $new -c 8 -b 1 --hard 1 --epochs 2 --eval held.txt --eval-every 1 --log often -o e.gguf short.lls
ok "are of the text alone" check often 'len(e) == len(r) and all(x["eval_loss"] > 1 for x in e)'
echo '{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]}' >chat.jsonl
ok "held-out messages, answers alone" $new --steps 1 --eval chat.jsonl --answers-only --chat-format chatml --log chat \
	-o c.gguf top.lls
ok "are evaluated" check chat 'e[0]["eval_loss"] > 0'
fails 64 "--eval: standard input is the stream" "$new --steps 1 --eval - -o no.gguf <top.lls"
ok "--dry-run reads no stream" ll-distill --dry-run --shape shape.yaml --vocabulary "$LL_MODEL" none.lls
done_testing
