#!/bin/sh
# ll-train: the same bytes whatever happens, what it refuses, and what it says of it.
. "$TESTS/tap.sh"

printf '%s\n' 'layers: 2' 'hidden_size: 32' 'intermediate_size: 48' 'heads: 4' 'kv_heads: 2' 'context: 64' \
	'tied: true' 'rope:' '  base: 10000' '  scaling: llama3' '  factor: 4' '  low_freq_factor: 1' \
	'  high_freq_factor: 4' '  original_context: 32' >shape.yaml
for i in $(seq 40); do
	echo "{\"text\": \"The $i birds sat on $((i * 7)) trees; they sang of $((i * i)) things, and flew away.\"}"
done >text.jsonl
for i in 1 2 3 4 5 6; do
	echo "{\"messages\": [{\"role\": \"user\", \"content\": \"What is $i?\"}, {\"role\": \"assistant\", \"content\": \"A number.\"}]}"
done >chat.jsonl
echo "A few birds sat on 3 trees; they sang of 5 things." >held.txt
ll-train-bpe -q -n 300 --min-count 1 -o v.gguf text.jsonl

new="ll-train -q -j 1 --shape shape.yaml --vocabulary v.gguf -c 32 -b 4"
lines_of() {
	[ ! -e "$1" ] || wc -l <"$1"
}
strip() {
	sed -e 's/,"tokens_per_second".*//' -e 's/,"time".*//' "$1"
}

# The whole of a run, and what it says.
ok "a run" $new --steps 20 --eval held.txt --eval-every 10 --log log -o a.gguf text.jsonl
ok "a line of the log for each step and evaluation" is "22" "wc -l <log"
ok "which is JSON" python3 -c 'import json; [json.loads(line) for line in open("log")]'
ok "it learns" python3 -c 'import json
e = [r["eval_loss"] for r in map(json.loads, open("log")) if "eval_loss" in r]; assert e[1] < e[0] - 0.01, e'
ok "the model runs" like "perplexity" "export LL_MODEL=a.gguf; ll-tokenize held.txt | ll-forward --score | ll-score"
ok "the names of its tensors and its scaling" like "llama3" "ll-info a.gguf"
ok "no checkpoint that nobody asked for" test ! -e a.gguf.state
ok "--name" like "Bird" "$new --steps 1 --name Bird -o n.gguf text.jsonl; ll-info n.gguf"
ok "--dtype" like "q8_0" "$new --steps 1 --dtype q8_0 -o q.gguf text.jsonl; ll-info --tensors q.gguf | tr A-Z a-z"
ok "standard input, standard output" same "$new --steps 3 <text.jsonl" "$new --steps 3 -o b.gguf text.jsonl && cat b.gguf"
ok "the file type of Q4_K is llama.cpp's" like "general.file_type  u32  15" \
    "$new --steps 1 --dtype q4_k -o k.gguf text.jsonl; ll-info --metadata k.gguf"
ok "the memory needed is told" like "MB of memory needed" \
	"ll-train -v -j 1 --shape shape.yaml --vocabulary v.gguf -c 32 --steps 1 -o b.gguf text.jsonl 2>&1"
ok "the held-out loss is told" like "held-out loss" \
	"ll-train -j 1 --shape shape.yaml --vocabulary v.gguf -c 32 --steps 1 --eval held.txt -o b.gguf text.jsonl 2>&1"
printf '\357\273\277A few birds sat on 3 trees.' >marked.txt
printf 'A few birds sat on 3 trees.' >plain.txt
ok "a byte order mark is no text" same "$new --steps 1 marked.txt" "$new --steps 1 plain.txt"
sed 's/^{/{"hash":18446744073709551615,/' text.jsonl >hash.jsonl
ok "numbers of other members do not count" same "$new --steps 1 text.jsonl" "$new --steps 1 hash.jsonl"
ok "-v tells of the text" like "40 documents" "$new -v --steps 1 -o b.gguf text.jsonl 2>&1"

# The same bytes.
seven="$new --steps 7 --lr 3e-3 text.jsonl"
ok "2 threads" same "$seven" "$seven -j 2"
ok "3 threads" same "$seven" "$seven -j 3"
ok "--checkpointing" same "$seven" "$seven --checkpointing"
ok "another seed: other bytes" differ "$seven" "$seven --seed 2"
for precision in f32 bf16; do
	for isa in avx2 avx512; do
		if LL_CPU=$isa ll-train -h >/dev/null 2>&1 && (LL_CPU=$isa $new --steps 1 text.jsonl >/dev/null 2>&1); then
			ok "LL_CPU=$isa, $precision" same "LL_CPU=ref $seven --precision $precision" "LL_CPU=$isa $seven --precision $precision"
		else
			skip 1 "no $isa here"
		fi
	done
done
ok "bf16 is not f32" differ "$seven" "$seven --precision bf16"

# A row of 12 random words, twice: an induction head knows the second.
cat >rows.py <<'END'
import json, random
draw = random.Random(1)
for _ in range(2000):
    row = [chr(97 + draw.randrange(26)) + draw.choice("aeiou") for _ in range(12)]
    print(json.dumps({"text": " ".join(row + row)}))
END
python3 rows.py >rows.jsonl
tail -20 rows.jsonl >rows.held.jsonl
printf '%s\n' 'layers: 2' 'hidden_size: 64' 'intermediate_size: 64' 'heads: 2' 'head_dim: 32' 'context: 64' 'tied: true' \
	'rope:' '  base: 10000' >two.yaml
sed 's/layers: 2/layers: 1/' two.yaml >one.yaml
sed 's/head_dim: 32/head_dim: 48/' two.yaml >wide.yaml
ll-train-bpe -q -n 400 -o rows.gguf rows.jsonl
rows="ll-train -q --vocabulary rows.gguf -b 4 --lr 3e-3 --steps 150 --eval rows.held.jsonl"
$rows --shape two.yaml --log random.log -o rows.random.gguf rows.jsonl
$rows --shape two.yaml --induction --log induction.log -o rows.induction.gguf rows.jsonl
ok "--induction copies sooner" python3 -c 'import json
a, b = ([r["eval_loss"] for r in map(json.loads, open(f"{name}.log")) if "eval_loss" in r][-1] for name in ("random", "induction"))
assert b < a - 0.3, (a, b)'
fails 65 "one.yaml: layers: induction heads take 2" "$rows --shape one.yaml --induction -o no.gguf rows.jsonl"
fails 65 "wide.yaml: head_dim: induction heads of 48 do not fit twice in a hidden_size of 64" "$rows --shape wide.yaml --induction -o no.gguf rows.jsonl"
fails 64 "--induction has no effect without --shape" "ll-train -q -m rows.random.gguf --induction -o no.gguf rows.jsonl"

# Adding the gradients of parts gives the last bits of the embedding another order, no more.
$new --steps 1 --lr 3e-3 --warmup 0 -o all.gguf text.jsonl
$new --steps 1 --lr 3e-3 --warmup 0 --micro 1 -o one.gguf text.jsonl
cat >parts.py <<'END'
import struct
def tensors(path):
    data = open(path, "rb").read()
    at = 24
    def text():
        nonlocal at
        n, = struct.unpack_from("<Q", data, at); at += 8 + n
        return data[at - n:at].decode()
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    def value(kind):
        nonlocal at
        if kind == 8:
            text()
        elif kind == 9:
            element, n = struct.unpack_from("<IQ", data, at); at += 12
            for _ in range(n):
                value(element)
        else:
            at += sizes[kind]
    count, keys = struct.unpack_from("<QQ", data, 8)
    for _ in range(keys):
        text(); at += 4; value(struct.unpack_from("<I", data, at - 4)[0])
    found = {}
    for _ in range(count):
        name = text(); dims, = struct.unpack_from("<I", data, at); at += 4
        ne = struct.unpack_from("<%dQ" % dims, data, at); at += 8 * dims
        kind, offset = struct.unpack_from("<IQ", data, at); at += 12
        n = 1
        for x in ne:
            n *= x
        found[name] = (offset, n)
    at += -at % 32
    return {k: struct.unpack_from("<%df" % n, data, at + o) for k, (o, n) in found.items()}
a, b = tensors("all.gguf"), tensors("one.gguf")
for name in a:
    worst = max(abs(x - y) for x, y in zip(a[name], b[name]))
    # AdamW's first step is as long as the rate, whatever the gradient: 3e-3.
    assert worst <= (1e-6 if name == "token_embd.weight" else 0), (name, worst)
END
ok "--micro 1: the same bits but for the embedding, within 1e-6" python3 parts.py

# The losses of training are those of ll-forward, on the same weights and text.
"$TESTS/mkgguf.py" --preset test --type f32 f32.gguf
ll-train -q -j 1 -m f32.gguf -c 64 -b 1 --lr 1e-30 --min-lr 0 --warmup 0 --steps 1 --eval held.txt --log eval.log -o moved.gguf text.jsonl
(cat held.txt && printf '<|end_of_text|>') | ll-tokenize --special -m f32.gguf |
	ll-forward -m f32.gguf --precision f32 --score | ll-score -m f32.gguf --json >score.json
cat >agree.py <<'END'
import json
ours = [json.loads(line)["eval_loss"] for line in open("eval.log") if "eval_loss" in line][0]
score = json.loads(open("score.json").readline())
theirs = -score["logprob"] / score["tokens"]
assert abs(ours / theirs - 1) < 1e-5, (ours, theirs)
END
ok "the loss of ll-forward and ll-score within 1e-5" python3 agree.py

# And of answers alone those of ll-tokenize --answers.
cat >answers.jsonl <<'END'
{"messages": [{"role": "user", "content": "What is 1?"}, {"role": "assistant", "content": "A number."}]}
{"messages": [{"role": "user", "content": "And 2?"}, {"role": "assistant", "content": "A number, too."}, {"role": "user", "content": "3?"}, {"role": "assistant", "content": "It is 3."}]}
END
ll-train -q -j 1 -m f32.gguf --answers-only -c 256 -b 1 --lr 1e-30 --min-lr 0 --warmup 0 --steps 1 --eval answers.jsonl \
	--log answers.log -o moved.gguf answers.jsonl
ll-tokenize -m f32.gguf --jsonl --answers answers.jsonl |
	ll-forward -m f32.gguf --precision f32 --score | ll-score -m f32.gguf --json >score.json
sed 's/eval.log/answers.log/' agree.py >answers.py
ok "the loss of answers alone, too" python3 answers.py

# Killed at some step, and gone on: model and log of a run that was not.
long="$new --steps 120 --eval held.txt --eval-every 25 --save-every 10 text.jsonl"
$long --log whole.log -o whole.gguf
# interrupt SIGNAL STATUS LINES PREFIX: runs $long, with the signal once its log has so many lines.
# Where the machine was so busy that the run was over before, again.
interrupt() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		rm -f "$4".*
		# A shell without job control lets what runs behind ignore SIGINT.
		python3 - $long --log "$4.log" -o "$4.gguf" 2>"$4.err" <<'END' &
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
END
		pid=$!
		until [ "0$(lines_of "$4.log")" -ge "$3" ] || ! kill -0 $pid 2>/dev/null; do
			sleep 0.01
		done
		kill -"$1" $pid 2>/dev/null
		wait $pid 2>/dev/null
		status=$?
		[ $status -ne "$2" ] || return 0
	done
	echo "status $status, not $2"
	return 1
}
for after in 3 17 58; do
	ok "killed after step $after" interrupt KILL 137 $after k
	ok "no model" test ! -e k.gguf
	# What the file system had not got yet.
	printf '{"step":119,"epoch":0,"tok' >>k.log
	[ -e k.gguf.state ] && resume=--resume || resume=
	ok "it goes on" $long $resume --log k.log -o k.gguf
	ok "to the same model" cmp whole.gguf k.gguf
	strip whole.log >a && strip k.log >b
	ok "and the same log" cmp a b
done
ok "a run that has ended can be resumed" $long --resume --log k.log -o k.gguf
strip k.log >b
ok "and nothing is told twice" cmp a b
ok "with more threads" $long --resume -j 2 --checkpointing -o k2.gguf --state k.gguf.state
ok "it is the same model" cmp whole.gguf k2.gguf
fails 73 "k.gguf.state: there is a checkpoint already" "$long -o k.gguf"
fails 66 "none.state" "$new --resume --state none.state -o n.gguf text.jsonl"
echo "some text" >not.log
fails 65 "not.log: line 1" "$long --resume --log not.log -o k.gguf"
fails 73 "not.log: there is a file already, which is no log" "$new --steps 1 --log not.log -o n.gguf text.jsonl"
ok "a file that is no log stays" is "some text" "cat not.log"
ok "a log is written anew" is 2 "for i in 3 2; do $new --steps \$i --log anew.log -o n.gguf text.jsonl; done; wc -l <anew.log"
cat >lock.py <<'END'
import fcntl, subprocess, sys
with open(sys.argv[1]) as log:
    fcntl.flock(log, fcntl.LOCK_EX)
    sys.exit(subprocess.run(sys.argv[2:]).returncode)
END
fails 73 "anew.log: another run writes it" "python3 lock.py anew.log $new --steps 1 --log anew.log -o n.gguf text.jsonl"
ok "and it stays" is 2 "wc -l <anew.log"
head -c 3000 k.gguf.state >cut.state
fails 65 "cut.state" "$long --resume --state cut.state -o n.gguf"
fails 65 "general.type: not a checkpoint" "$long --resume --state a.gguf -o n.gguf"

# Other settings than the checkpoint's: each is named.
refused() {
	fails 64 "was made with '$1" "$long --resume -o k.gguf $2"
}
refused "batch 4" "-b 5"
refused "steps 120" "--steps 121"
refused "seed 1" "--seed 2"
refused "context 32" "-c 16"
refused "precision f32" "--precision bf16"
refused "micro 4" "--micro 2"
refused "schedule cosine" "--schedule constant"
refused "lr 0.001" "--lr 2e-3"
refused "min-lr 0.0001" "--min-lr 2e-5"
refused "warmup 2" "--warmup 3"
refused "beta1 0.9" "--beta1 0.8"
refused "beta2 0.95" "--beta2 0.9"
refused "epsilon 1e-08" "--epsilon 1e-7"
refused "weight-decay 0.1" "--weight-decay 0"
refused "clip 1" "--clip 2"
refused "induction 0" "--induction"
refused "data " "chat.jsonl"
sed 's/10000/20000/' shape.yaml >other.yaml
fails 64 "was made with 'rope base 10000'" \
	"ll-train -q -j 1 --shape other.yaml --vocabulary v.gguf -c 32 -b 4 --steps 120 --resume --state k.gguf.state -o n.gguf text.jsonl"

# A signal: the step ends, a checkpoint is made, and the shell is told.
for signal in INT:130 TERM:143; do
	ok "SIG${signal%:*}" interrupt "${signal%:*}" "${signal#*:}" 13 s
	ok "it says where" grep -q "^ll-train: stopped by a signal after step [0-9]* of 120: --resume goes on from there" s.err
	ok "no model" test ! -e s.gguf
	ok "it goes on from there" $long --resume --log s.log -o s.gguf
	strip s.log >b
	ok "to the same model and log" sh -c "cmp whole.gguf s.gguf && cmp a b"
done

# A log that cannot be written is what ends the run, also where a signal came in the same step.
unlogged() {
	$new -b 6000 --steps 3 --save-every 1 --log /dev/full -o z.gguf text.jsonl &
	sleep 0.5
	kill -TERM $! 2>/dev/null
	wait $!
}
fails 74 "/dev/full: cannot write" unlogged
ok "with no checkpoint of half a step" test ! -e z.gguf.state

# What goes wrong on the way.
fails 65 "step" "$new --steps 200 --clip 0 --lr 1 --warmup 0 --weight-decay 10 --epsilon 1e-30 --save-every 1 --eval held.txt --eval-every 1 --log nan.log -o nan.gguf text.jsonl"
ok "the step and the checkpoint are named" grep -q "step [0-9]*: the [a-z]* is not a number any more; the last checkpoint, nan.gguf.state, is as it was" "$tap_dir/err"
ok "which is there, and no model" sh -c "test -s nan.gguf.state && test ! -e nan.gguf"
ok "a perplexity above all numbers is null" grep -q '"eval_perplexity":null' nan.log
ok "in a log that is JSON" python3 -c 'import json; [json.loads(line) for line in open("nan.log")]'
fails 74 "/dev/full" "$new --steps 2 --log /dev/full -o n.gguf text.jsonl"
fails 73 "/nowhere/log" "$new --steps 2 --log /nowhere/log -o n.gguf text.jsonl"
fails 73 "/nowhere/m.gguf" "$new --steps 100000 -o /nowhere/m.gguf text.jsonl"
fails 73 ".: Is a directory" "$new --steps 100000 -o . text.jsonl"
fails 73 "/nowhere/state" "$new --steps 100000 --state /nowhere/state -o n.gguf text.jsonl"
# A limit of the size of files stands for a full disk.
limited() {
	sh -c "trap '' XFSZ; ulimit -f \$1; shift; exec \"\$@\"" limited "$@"
}
cp k.gguf.state old.state
fails 74 "small.gguf.state: File too large" "limited 100 $new --steps 2 --save-every 1 -o small.gguf text.jsonl"
ok "nothing is left" sh -c "test ! -e small.gguf && test ! -e small.gguf.state"
fails 74 "old.state: File too large" "limited 100 $long --resume --state old.state -o n.gguf"
ok "the old checkpoint is" cmp k.gguf.state old.state

# Data.
printf '%s\n' '{"text": "one"}' '{"text": 2}' '{"txt": "two"}' 'x' '{"text": "three"}' >bad.jsonl
fails 65 "bad.jsonl: line 2: text: is a whole number, not a string" "$new --steps 1 -o n.gguf bad.jsonl"
ok "--skip-bad" like "bad.jsonl: line 4" "ll-train -j 1 --shape shape.yaml --vocabulary v.gguf --steps 1 --skip-bad -o n.gguf bad.jsonl 2>&1"
: >empty.jsonl
fails 65 "nothing to learn" "$new -o n.gguf empty.jsonl"
fails 65 "empty.jsonl: there is nothing to learn" "$new -o n.gguf --eval empty.jsonl text.jsonl"
fails 64 "--eval: standard input is what is learned from" "$new -o n.gguf --eval -"
fails 65 "messages: no assistant turn" \
	"echo '{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}' | $new --answers-only -o n.gguf"
ok "--answers-only is another run" differ "$new --steps 2 chat.jsonl" "$new --steps 2 --answers-only chat.jsonl"
ok "--chat-format as well" differ "$new --steps 2 chat.jsonl" "$new --steps 2 --chat-format llama3.2 chat.jsonl"
fails 64 "--chat-format: 'none-such' is not one of" "$new --steps 2 --chat-format none-such -o n.gguf chat.jsonl"
ok "a line of 10 MB" sh -c "python3 -c 'import json; print(json.dumps({\"text\": \"a bird \" * 1500000}))' | $new --steps 1 -o n.gguf"
fails 66 "none.jsonl" "$new -o n.gguf none.jsonl"
fails 66 "none.yaml" "ll-train --shape none.yaml --vocabulary v.gguf -o n.gguf text.jsonl"
sed 's/kv_heads: 2/kv_heads: 3/' shape.yaml >three.yaml
fails 65 "three.yaml: kv_heads: 3 do not divide 4 heads" "ll-train --shape three.yaml --vocabulary v.gguf -o n.gguf text.jsonl"
(cat shape.yaml; echo "layer: 2") >key.yaml
fails 65 "key.yaml:15: layer: there is no such key" "ll-train --shape key.yaml --vocabulary v.gguf -o n.gguf text.jsonl"
# shaped TEXT LINE ...: a shape of these lines is refused with the text
shaped() {
	shaped_text=$1
	shift
	printf '%s\n' 'layers: 2' 'hidden_size: 32' 'intermediate_size: 48' 'heads: 4' 'context: 64' "$@" >odd.yaml
	fails 65 "odd.yaml:6: $shaped_text" "ll-train --shape odd.yaml --vocabulary v.gguf -o n.gguf text.jsonl"
}
shaped "tied: 'yes' is not true or false" 'tied: yes'
shaped "rope: not keys with values" 'rope: 5'
shaped "scaling: 'yarn' is not none or llama3" 'rope: {scaling: yarn}'
shaped "factor: has no effect without 'scaling: llama3'" 'rope: {factor: 8}'
shaped "high_freq_factor: 1 is not above low_freq_factor, 4" \
	'rope: {scaling: llama3, factor: 8, low_freq_factor: 4, high_freq_factor: 1, original_context: 32}'
(cat shape.yaml; echo "norm_eps: 1") >eps.yaml
fails 65 "eps.yaml:15: norm_eps: 1 is not within 1e-12 and 0.1" "ll-train --shape eps.yaml --vocabulary v.gguf -o n.gguf text.jsonl"
"$TESTS/mkgguf.py" --preset test --biases biased.gguf
mkdir folder
fails 69 "folder: a run goes on from a GGUF, which ll-convert makes of a folder" "ll-train -m folder -o n.gguf text.jsonl"
fails 69 "biases cannot be trained" "ll-train -q -j 1 -m biased.gguf -c 8 --steps 1 -o n.gguf text.jsonl"

# Memory: what is foretold, and what is too much.
ok "--dry-run" like "parameters" "$new --dry-run"
ok "--micro and --checkpointing take less" python3 - <<END
import subprocess
def need(extra):
    return int(subprocess.check_output("$new --dry-run " + extra, shell=True, text=True).split()[3])
assert need("--micro 1") < need("--checkpointing") < need(""), 1
END
sed -e 's/hidden_size: 32/hidden_size: 256/' -e 's/intermediate_size: 48/intermediate_size: 512/' \
	-e 's/context: 64/context: 256/' shape.yaml >wide.yaml
for i in $(seq 6); do
	cat text.jsonl
done >more.jsonl
cat >peak.py <<'END'
import resource, subprocess
run = "ll-train -q -j 1 --shape wide.yaml --vocabulary v.gguf --steps 1 "
need = int(subprocess.check_output((run + "--dry-run").split(), text=True).split()[3])
subprocess.check_call((run + "-o n.gguf more.jsonl").split())
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
# Program, vocabulary, text and panels of products are besides.
assert 0.99 * need < peak < need + 20e6, (need, peak)
END
if grep -q -a __asan_init "$(command -v ll-train)" || grep -q -a __tsan_init "$(command -v ll-train)"; then
	skip 1 "a sanitizer has memory of its own"
else
	ok "the memory foretold is the memory taken, but for 20 MB" python3 peak.py
fi
sed -e 's/hidden_size: 32/hidden_size: 524288/' -e 's/layers: 2/layers: 9999/' shape.yaml >huge.yaml
fails 71 "MB of memory needed" "ll-train -q --shape huge.yaml --vocabulary v.gguf -o n.gguf text.jsonl"
fails 71 "MB of memory needed" "ll-train -q --shape huge.yaml --vocabulary v.gguf -b 1000000 -o n.gguf text.jsonl"

# The command line.
fails 64 "no --vocabulary FILE" "ll-train --shape shape.yaml -o n.gguf text.jsonl"
fails 64 "--model has no effect with --shape" "$new -m a.gguf -o n.gguf text.jsonl"
fails 64 "--vocabulary has no effect without --shape" "ll-train -m a.gguf --vocabulary v.gguf -o n.gguf text.jsonl"
fails 64 "--name has no effect without --shape" "ll-train -m a.gguf --name x -o n.gguf text.jsonl"
fails 64 "--eval-every has no effect without --eval" "$new --eval-every 2 -o n.gguf text.jsonl"
fails 64 "--epochs has no effect with --steps" "$new --steps 2 --epochs 2 -o n.gguf text.jsonl"
fails 64 "--fall has no effect without --schedule wsd" "$new --fall 2 -o n.gguf text.jsonl"
fails 64 "--min-lr has no effect with --schedule constant" "$new --schedule constant --min-lr 0 -o n.gguf text.jsonl"
fails 64 "--save-every has no effect without --state" "$new --save-every 2 text.jsonl >n.gguf"
fails 64 "--resume has no effect without --state" "$new --resume text.jsonl >n.gguf"
fails 64 "--schedule: 'line' is not cosine, wsd or constant" "$new --schedule line -o n.gguf text.jsonl"
fails 64 "--precision: 'f16' is not f32 or bf16" "$new --precision f16 -o n.gguf text.jsonl"
fails 64 "--dtype: 'f8'" "$new --dtype f8 -o n.gguf text.jsonl"
fails 64 "--micro: 5 is more than the 4 sequences of a step" "$new --micro 5 -o n.gguf text.jsonl"
fails 64 "--min-lr: 0.5 is above --lr, 0.0" "$new --min-lr 0.5 -o n.gguf text.jsonl"
fails 64 "--lr: nothing is learned at 0" "$new --lr 0 -o n.gguf text.jsonl"
fails 64 "--state: is the output's name, too" "$new --state n.gguf -o n.gguf text.jsonl"
fails 64 "--log: is the name of the output or the checkpoint, too" "$new --log n.gguf -o n.gguf text.jsonl"
fails 64 "--log: is the name of the output or the checkpoint, too" "$new --log s --state s -o n.gguf text.jsonl"
fails 64 "--state: is the output's name, too" "$new --state ./n.gguf -o n.gguf text.jsonl"
fails 64 "--log: is the name of the checkpoint, too" "$new --log ../home/n.gguf.state --save-every 1 -o n.gguf text.jsonl"
fails 64 "--context: 65 is more than the 64 positions of the model" "$new -c 65 -o n.gguf text.jsonl"
for option in "--epochs 0.5" "--lr 2e-3" "--min-lr 5e-4" "--schedule wsd" "--schedule wsd --fall 1" "--warmup 3" \
	"--beta1 0.5" "--beta2 0.5" "--epsilon 1e-3" "--weight-decay 3" "--clip 0.01" "-b 3" "-c 16"; do
	ok "$option has an effect" differ "$new text.jsonl" "$new $option text.jsonl"
done
ok "a setting for all: LL_MODEL does not contradict --shape" env LL_MODEL=a.gguf $new --steps 1 -o n.gguf text.jsonl
ok "nor LL_PRECISION=default" env LL_PRECISION=default $new --steps 1 -o n.gguf text.jsonl
ok "the model of LL_MODEL goes on" env LL_MODEL=a.gguf ll-train -q -j 1 --steps 1 -o n.gguf text.jsonl
done_testing
