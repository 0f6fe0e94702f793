#!/bin/sh
# ll-sample(1): samplers and their order, what is forbidden, banned strings, several answers, beams.
. "$TESTS/tap.sh"

prompt="Once upon a time"
once() { ll-tokenize -p "${1:-$prompt}" | ll-forward; }
text() { once | ll-sample --seed 3 "$@" | ll-tokenize -d; }
greedy() { once | ll-sample -t 0 "$@"; }
ids() { greedy "$@" | ll-cat -t | awk '$3 == "SAMPLE" { printf "%s ", $4 }'; }
records() { ll-tokenize --jsonl | ll-forward | ll-sample "$@" | ll-tokenize -d --jsonl; }
texts() { python3 -c "import json, sys
for line in sys.stdin: print(json.dumps(json.loads(line)['text']))"; }

# Every number has a say, on the command line and in a record, and the same.
text -n 24 >plain
n=0
for option in "dynatemp-range 0.5" "typical-p 0.3" "top-n-sigma 0.7" "xtc-probability 1" "adaptive-target 0.002" \
    "mirostat 1" "mirostat 2" "repetition-penalty 3" "presence-penalty 9" "frequency-penalty 9" \
    "dry-multiplier 90" "top-k 3" "min-p 0.7"; do
	name=${option% *} value=${option#* }
	case $name in
	xtc-*) more="--xtc-threshold 0.001" json=',"xtc_threshold":0.001' ;;
	dry-*) more="--dry-length 0 --dry-breaker zzz" json=',"dry_length":0,"dry_breakers":"zzz"' ;;
	*) more='' json='' ;;
	esac
	ok "--$name $value changes the answer" differ "cat plain" "text -n 24 --$name $value $more"
	echo "{\"prompt\":\"$prompt\",\"$(echo "$name" | tr - _)\":$value$json}" >record
	ok "and as a field" same "records --seed 3 -n 24 <record | texts" \
	    "once | ll-sample --seed 3 -n 24 --$name $value $more | ll-tokenize -d --jsonl | texts"
done
ok "-v names them in their order" like "samplers: penalties dry top-n-sigma temperature top-k typical top-p min-p xtc" \
    "once | ll-sample -v -n 1 --repetition-penalty 2 --dry-multiplier 1 --top-n-sigma 1 --top-k 9 --typical-p 0.9 \
    --min-p 0.1 --xtc-probability 0.1 2>&1 >out"
ok "--samplers turns it round" like "samplers: min-p temperature" \
    "once | ll-sample -v -n 1 --samplers min-p,temperature --min-p 0.1 2>&1 >out"
ok "which matters" differ "text -n 24 -t 5 --samplers min-p,temperature --min-p 0.5" \
    "text -n 24 -t 5 --samplers temperature,min-p --min-p 0.5"
ok "of samplers that are not named none counts" same "text -n 24 -t 1 --top-p 1" "text -n 24 --samplers ''"
ok "mirostat leaves top-p out" like "samplers: temperature mirostat-2" "once | ll-sample -v -n 1 --mirostat 2 2>&1 >out"

# What is forbidden
first=$(ids -n 1)
first=${first% }
ok "a bias of -inf forbids" differ "echo $first" "ids -n 1 --logit-bias $first=-inf"
ok "a great one decides" is "7 7 7 " "ids -n 3 --logit-bias 7=1000"
ok "also as a field" is "7 7 7 " "echo '{\"prompt\":\"x\",\"limit\":3,\"temperature\":0,\"logit_bias\":{\"7\":1000}}' |
    ll-tokenize --jsonl | ll-forward | ll-sample | ll-cat -t | awk '\$3 == \"SAMPLE\" { printf \"%s \", \$4 }'"
ok "META has all digits of it" like '"7":0.12345678901,"8":-1' \
    "echo '{\"prompt\":\"x\",\"logit_bias\":{\"7\":0.12345678901,\"8\":-1}}' | ll-tokenize --jsonl | strings"
ok "by text" is "eee" "greedy -n 3 --logit-bias-text e=1000 | ll-tokenize -d"
ok "false is never" is "absent" "echo '{\"prompt\":\"$prompt\",\"limit\":99,\"temperature\":2,\"logit_bias_text\":{\"e\":false}}' |
    ll-tokenize --jsonl | ll-forward | ll-sample --seed 1 | ll-cat -t |
    grep 'SAMPLE  $(ll-tokenize --no-bos -p e --ids) ' || echo absent"
ok "a record's biases by id leave those by text" is "eee" "echo '{\"prompt\":\"x\",\"logit_bias\":{\"7\":0}}' |
    ll-tokenize --jsonl | ll-forward | ll-sample -t 0 -n 3 --logit-bias-text e=1000 | ll-tokenize -d"
ok "and the other way round" is "7 7 7 " "echo '{\"prompt\":\"x\",\"logit_bias_text\":{\"e\":0}}' |
    ll-tokenize --jsonl | ll-forward | ll-sample -t 0 -n 3 --logit-bias 7=1000 | ll-cat -t |
    awk '\$3 == \"SAMPLE\" { printf \"%s \", \$4 }'"
stop=$(once | ll-cat -t | sed -n 's/^ *stop \([0-9]*\).*/\1/p')
ok "the model would stop" is "final " "ids -n 3 --logit-bias $stop=1000"
ok "--ignore-eos" is "3" "ids -n 3 --logit-bias $stop=1000 --ignore-eos | wc -w"
ok "--min-length" is "3" "ids -n 9 --logit-bias $stop=1000 --min-length 2 | wc -w"

# Banned strings: from what the answer would have been, behind its first tokens, where another begins.
text -n 40 >answer
for k in 3 4 5 6 7 8 9; do
	word=$(python3 -c "
import re
text, at = open('answer', 'rb').read(), $(text -n $k | wc -c)
word = text[at:at + 4]
if re.fullmatch(rb'[!-~][ -~]{3}', word) and text.index(word) == at: print(word.decode())")
	[ -z "$word" ] || break
done
without() { text -n 40 --banned-string "$word" "$@"; }
ok "there is something to ban" test -n "$word"
ok "a banned string is not there" is "absent" "without | grep -qF -e '$word' || echo absent"
ok "and before it all is as it was" same \
    "python3 -c \"import sys; a = open('answer', 'rb').read(); sys.stdout.buffer.write(a[:a.index(b'''$word''')])\"" \
    "without | head -c \$(python3 -c \"print(open('answer', 'rb').read().index(b'''$word'''))\")"
ok "the answer has its length" is "40" "once | ll-sample --seed 3 -n 40 --ignore-eos --banned-string '$word' |
    ll-cat -t | grep -c SAMPLE"
for i in 1 2 3 4 5; do echo "the river $i"; done >lines
ok "whatever the batch" same "ll-tokenize -l lines | ll-forward -b 1 | ll-sample --seed 3 -n 30 --banned-string e |
    ll-tokenize -d -l" "ll-tokenize -l lines | ll-forward -b 3 | ll-sample --seed 3 -n 30 --banned-string e |
    ll-tokenize -d -l"
ok "over a cut between layers" same "without" "ll-tokenize -p '$prompt' | ll-forward -L 0-1 | ll-forward -L 2- |
    ll-sample --seed 3 -n 40 --banned-string '$word' | ll-tokenize -d"
ok "in a recording" same "without" "ll-tokenize -p '$prompt' | ll-forward | tee run.lls |
    ll-sample --seed 3 -n 40 --banned-string '$word' >out; ll-sample --seed 3 -n 40 --banned-string '$word' run.lls |
    ll-tokenize -d"
ok "as a field" same "once | ll-sample --seed 3 -n 40 --banned-string '$word' | ll-tokenize -d --jsonl | texts" \
    "python3 -c \"import json; print(json.dumps(dict(prompt='$prompt', banned_strings='''$word''')))\" |
    records --seed 3 -n 40 | texts"
one=$(ll-tokenize -p e | ll-forward | ll-sample -t 0 -n 2 | ll-tokenize -d)
ok "at the first token of a prompt of one" differ "echo '$one'" \
    "ll-tokenize --no-bos -p e | ll-forward | ll-sample -t 0 -n 2 --banned-string '$one' | ll-tokenize -d"

# Several answers
ok "-N is n" same "echo '{\"prompt\":\"$prompt\",\"n\":3}' | records --seed 5 -n 12" \
    "once | ll-sample --seed 5 -n 12 -N 3 | ll-tokenize -d --jsonl"
ok "as lines" is "3" "once | ll-sample --seed 5 -n 12 -N 3 --logit-bias-text '
=-inf' | ll-tokenize -d -l | tr -cd '\n' | wc -c"
ok "the prompt is evaluated once" is "2" "once | ll-sample --seed 5 -n 2 -N 3 | ll-cat -t | grep -c 'TOKENS\|META'"
ok "in a recording" same "ll-tokenize -p x | ll-forward | tee run.lls | ll-sample --seed 5 -N 3 -n 9 | ll-tokenize -d -l" \
    "ll-sample --seed 5 -N 3 -n 9 run.lls | ll-tokenize -d -l"
fails 65 "answers that were begun here are not in the stream" "ll-sample --seed 5 -N 4 -n 9 run.lls >out"
fails 65 "offers no return path" "ll-tokenize -p x | ll-forward --once | ll-sample -N 2 >out"
for field in beams best_of; do
	echo "{\"prompt\":\"x\",\"$field\":2}" | ll-tokenize --jsonl >asked.lls
	fails 65 "ll-sample: sequence 0: META: $field: the stream offers no return path" \
	    "ll-forward --once asked.lls | ll-sample -n 3 --seed 1 >out"
	ok "nothing is sampled then ($field)" is "0" "ll-cat -t out | grep -c SAMPLE || :"
done
ok "several prompts, a batch of one" same "ll-tokenize -l lines | ll-forward -b 1 | ll-sample --seed 5 -N 2 -n 9 |
    ll-tokenize -d --jsonl" "ll-tokenize -l lines | ll-forward -b 8 | ll-sample --seed 5 -N 2 -n 9 | ll-tokenize -d --jsonl"
cat >best.py <<'END'
"""The best of the answers on stdin (JSON Lines with logprobs), by mean log-probability."""
import json, sys
scored = []
for line in sys.stdin:
    a = json.loads(line)
    steps = [s['logprob'] for s in a['logprobs']]
    scored.append((-sum(steps) / len(steps), a['text']))
scored.sort(key=lambda s: s[0])
for _, text in scored[:int(sys.argv[1])]:
    print(json.dumps(text))
END
echo "{\"prompt\":\"$prompt\",\"logprobs\":0,\"n\":6,\"limit\":7}" >six
ok "--best-of keeps the best" same "records --seed 5 --ignore-eos <six | python3 best.py 2" \
    "once | ll-sample --seed 5 -n 7 -N 2 --best-of 6 --ignore-eos | ll-tokenize -d --jsonl | texts"
ok "as a field" same "records --seed 5 --ignore-eos <six | python3 best.py 1" \
    "echo '{\"prompt\":\"$prompt\",\"best_of\":6,\"limit\":7}' | records --seed 5 --ignore-eos | texts"
asks() { echo "{\"prompt\":\"$prompt\",\"limit\":5,$1}" >asked; shift; records "$@" <asked; }
for field in '"best_of":4' '"beams":4'; do
	ok "-N is the n of a record without one ($field)" same "asks '$field,\"n\":2' --seed 5" "asks '$field' --seed 5 -N 2"
done
ok "n of 1 leaves --best-of" same "asks '\"n\":1' --seed 5 --best-of 6" "asks '\"best_of\":6' --seed 5"
ok "answers of -N are numbered beside a record's options" is "2" \
    "asks '\"top_k\":9' --seed 5 -N 2 --best-of=4 | grep -c '\"n\":2,'"
for field in '"n":2' '"best_of":3' '"seed":1'; do
	name=${field%:*}
	ok "$name draws nothing with -t 0" like "META: $(echo "$name" | tr -d '"') has no effect with temperature 0" \
	    "asks '$field' -t 0 2>&1 >out"
done
fails 65 "META: best_of: is less than the 5 of --samples" "asks '\"best_of\":4' --seed 5 -N 5 >out"
# As -t 0 -N 3 is refused, but of records that one alone.
printf '{"id":%d,"prompt":"a b","limit":2%s}\n' 1 '' 2 ',"temperature":0' 3 ',"temperature":0,"n":1' >asked
answers() { { records --seed 5 "$@" <asked 2>err || [ $? -eq 65 ]; } | python3 -c "import json, sys
for line in sys.stdin:
    a = json.loads(line)
    print(a['id'], a['finish'], end=';')"; }
ok "a record that is greedy has no answers by -N" is "1 length;1 length;1 length;2 failed;2 failed;2 failed;3 length;" "answers -N 3"
ok "which is told once" is "ll-sample: sequence 1: META: temperature: with 0 the 3 answers of --samples would all be the same" \
    "cat err"
ok "with the best of equal ones it has that one" is "1 length;2 length;3 length;" "answers --best-of 3"
ok "and evaluates no other" is "0 0.1 0.2 1 2" "ll-tokenize --jsonl asked | ll-forward | tee run.lls |
    ll-sample --seed 5 --best-of 3 >out; ll-cat -t --type end run.lls | awk '\$3 == \"END\" { print \$1 }' | sort | xargs"
ok "--beams is not for a record that wants several and has none" is 2 "asks '\"n\":2' --beams 4 2>&1 >out |
    grep -c 'META: n: 2 answers, which --beams cannot choose from among: the record needs beams, too'"

# Beams, by a search that asks the model anew for each.
cat >beams.py <<'END'
import functools, json, os, subprocess, sys

width, steps = int(sys.argv[1]), int(sys.argv[2])
ids = subprocess.run(['ll-tokenize', '-p', sys.argv[3], '--ids'], capture_output=True, text=True).stdout.split()

def next_tokens(tokens):
    given = ' '.join(ids + [str(t) for t in tokens])
    out = subprocess.run("ll-tokenize --from-ids | ll-forward --once | ll-sample -t 0 --logprobs 20 | ll-cat --json",
                         shell=True, input=given, capture_output=True, text=True).stdout
    for line in out.splitlines():
        frame = json.loads(line)
        if frame.get('type') == 'SAMPLE':
            return [tuple(a) for a in frame['alternatives']]
    raise SystemExit(out)

@functools.cache
def text(token):
    return subprocess.run("ll-tokenize --from-ids | ll-tokenize -d --echo", shell=True, input=str(token).encode(),
                          capture_output=True).stdout

def is_banned(tokens):
    return banned and banned in b''.join(map(text, tokens))

def ends(tokens):
    return tokens[-1] in stops or stop and stop in b''.join(map(text, tokens))

stops = set(map(int, sys.argv[4:]))
stop = os.environb.get(b'STOP')
banned = os.environb.get(b'BANNED')
beams, done = [((), 0.0)], []
for step in range(steps):
    ways = []
    for i, (tokens, total) in enumerate(beams):
        ways += [(-(total + logprob), i, token) for token, logprob in next_tokens(tokens)
                 if token in stops or not is_banned(tokens + (token,))]
    ways.sort()
    new = []
    for rank, (total, i, token) in enumerate(ways[:2 * width]):
        if ends(beams[i][0] + (token,)):
            if rank < width:
                done.append((-total / (step + 1), beams[i][0] + (token,) * (token not in stops)))
        elif len(new) < width:
            new.append((beams[i][0] + (token,), -total))
    beams = new
    done = sorted(done, reverse=True)[:width]
    if len(done) == width and done[-1][0] >= beams[0][1] / (step + 1):
        beams = []
        break
done += [(total / steps, tokens) for tokens, total in beams]
for _, tokens in sorted(done, reverse=True)[:width]:
    print(*tokens)
END
found() { once "a b" | ll-sample -N 3 --beams 3 -n 5 "$@" | ll-cat -t | awk '$3 == "SAMPLE" && !/final/ { s[$1] = s[$1] " " $4 }
    END { for (i = 0; i < 3; i++) print s[i == 0 ? "0" : "0." i] }' | sed 's/^ //'; }
ok "--beams finds what a naive search finds" same "python3 beams.py 3 5 'a b' 481 483 488 489" "found"
# The second and the third token of the best answer together: no token holds them.
banned=$(found | sed 's/^[0-9]* \([0-9]* [0-9]*\).*/\1/; q' | ll-tokenize --from-ids | ll-tokenize -d --echo)
ok "and what it finds without a banned string" same "BANNED='$banned' python3 beams.py 3 5 'a b' 481 483 488 489" \
    "found --banned-string '$banned'"
stop=$(printf %s "$banned" | head -c 1)
ok "and with a stop string" same "STOP='$stop' python3 beams.py 3 5 'a b' 481 483 488 489" "found --stop '$stop'"
ok "which is something else" differ "found" "found --banned-string '$banned'"
ok "as a field, too" same "once 'a b' | ll-sample --beams 3 -n 5 --banned-string '$banned' | ll-tokenize -d --jsonl" \
    "python3 -c \"import json; print(json.dumps(dict(prompt='a b', beams=3, banned_strings='''$banned''')))\" | records -n 5"
ok "a record's beams, the command's strings" same \
    "once 'a b' | ll-sample --beams 3 -n 5 --banned-string '$banned' | ll-tokenize -d --jsonl" \
    "echo '{\"prompt\":\"a b\",\"beams\":3}' | records -n 5 --banned-string '$banned'"
only=$(once "a b" | ll-sample --beams 1 -n 3 | ll-tokenize -d)
# What stands between its first byte and its last: the banned string would end one token later.
middle=${only#?}
middle=${middle%?}
ok "there is something to stop at" test -n "$middle"
stopped() { once "a b" | ll-sample --beams 1 -n 5 --stop "$middle" "$@"; }
for banned in '' "$only"; do
	ok "a stop string that ends before it counts" is "$(printf %s "$only" | head -c 1)" \
	    "stopped ${banned:+--banned-string '$banned'} | ll-tokenize -d"
	ok "as the end tells" like "reason string" "stopped ${banned:+--banned-string '$banned'} | ll-cat -t --type end"
done
fails 65 "the search found 0 of 1 answers: biases, banned strings" "ll-tokenize -p 'a b' | ll-forward -k 1 |
    ll-sample --beams 1 -n 9 --banned-string '$only' >out"
ok "one beam is greedy" same "ids -n 12" "once | ll-sample --beams 1 -n 12 | ll-cat -t |
    awk '\$3 == \"SAMPLE\" { printf \"%s \", \$4 }'"
ok "as a field" same "once 'a b' | ll-sample -N 2 --beams 3 -n 5 | ll-tokenize -d --jsonl" \
    "echo '{\"prompt\":\"a b\",\"n\":2,\"beams\":3}' | records -n 5"
ok "in a recording" same "ll-tokenize -p x | ll-forward | tee run.lls | ll-sample --beams 4 -n 9 | ll-tokenize -d" \
    "ll-sample --beams 4 -n 9 run.lls | ll-tokenize -d"
ok "more beams than a batch" same "ll-tokenize -p x | ll-forward -b 1 | ll-sample --beams 16 -n 9 | ll-tokenize -d" \
    "ll-tokenize -p x | ll-forward -b 32 | ll-sample --beams 16 -n 9 | ll-tokenize -d"
ok "at the end of the context each answer is an error" is 2 "once | ll-sample --beams 2 -N 2 --ignore-eos 2>err |
    { ll-tokenize -d --jsonl || [ \$? -eq 65 ]; } | grep -c '\"finish\":\"context\".*\"error\":{\"code\":65'"
ok "more beams than a step holds" same "once x | ll-sample --beams 4 -n 9 | ll-tokenize -d" \
    "ll-tokenize -p x | ll-forward -b 1 --chunk 1 | ll-sample --beams 4 -n 9 | ll-tokenize -d"
fails 65 "sequence 0: a beam ended while 1 of 2 had logits" "once x | tee run.lls | ll-sample -t 0 -n 3 >out;
    ll-sample --beams 2 -n 9 run.lls >out"
ok "at the end of the context" is "65" "once | ll-sample --beams 2 --ignore-eos >out 2>err; echo \$?"
ok "where they are answers" same "once | ll-sample --beams 3 -N 2 -n 1 | ll-cat -t --type sample | grep SAMPLE" \
    "ll-tokenize -p '$prompt' | ll-forward -c $(ll-tokenize --count -p "$prompt") 2>err |
    ll-sample --beams 3 -N 2 | ll-cat -t --type sample | grep SAMPLE"
ok "what was taken back is not generated" is 1 "ll-tokenize -p '$prompt' |
    ll-forward -c $(($(ll-tokenize --count -p "$prompt") + 39)) 2>err |
    ll-sample --seed 3 --ignore-eos --banned-string '$word' | ll-cat -t --type end | grep -c 'reason context .*generated 40 '"
ok "and at the end of a recording" same "once x | tee run.lls | ll-sample -t 0 -n 9 | ll-tokenize -d" \
    "ll-sample --beams 1 run.lls | ll-tokenize -d"

# Errors
idle() { fails 64 "$1 has no effect $2" "ll-sample $3 run.lls >out"; }
idle --mirostat "with temperature 0" "-t 0 --mirostat 2"
idle --typical-p "with mirostat" "--typical-p 0.5 --mirostat 2"
idle --adaptive-target "with mirostat" "--adaptive-target 0.5 --mirostat 2"
idle --dynatemp-exponent "without --dynatemp-range" "--dynatemp-exponent 2"
idle --xtc-threshold "without --xtc-probability" "--xtc-threshold 0.2"
idle --adaptive-decay "without --adaptive-target" "--adaptive-decay 0.2"
idle --mirostat-tau "without --mirostat" "--mirostat-tau 4"
idle --penalty-window "without a penalty" "--penalty-window 4"
idle --dry-base "without --dry-multiplier" "--dry-base 2"
idle --dry-breaker "without --dry-multiplier" "--dry-breaker x"
idle --min-length "with --ignore-eos" "--min-length 3 --ignore-eos"
idle --min-length "where --limit is not above it" "--min-length 3 -n 3"
idle --samples "with temperature 0: all would be the same" "-t 0 -N 2"
idle --best-of "with temperature 0" "-t 0 --best-of 2"
idle --best-of "where it is not above --samples" "-N 3 --best-of 3"
idle --top-k "beside --samplers, which leaves its sampler out" "--samplers top-p --top-k 3"
idle --top-k "with --beams" "--beams 2 --top-k 3"
idle --temperature "with --beams" "--beams 2 -t 1"
ok "but banned strings" is "" "ll-tokenize -p x | ll-forward | ll-sample --beams 2 --banned-string x -n 3 >out"
idle --samples "where it is above --beams" "--beams 2 -N 3"
fails 64 "--samplers: 'top' is not one of penalties, dry" "ll-sample --samplers top"
fails 64 "--logit-bias: '5' is not TOKEN=BIAS" "ll-sample --logit-bias 5"
fails 64 "--logit-bias: 'x' is not the id of a token" "ll-sample --logit-bias x=1"
fails 64 "the bias is not -inf or between -1000 and 1000" "ll-sample --logit-bias 5=nan"
fails 64 "there is no token 512: the vocabulary has 512" "ll-sample --logit-bias 512=1 run.lls >out"
fails 64 "no token has the text 'Zq'" "ll-sample --logit-bias-text Zq=1 run.lls >out"
fails 64 "--banned-string: an empty string bans nothing" "ll-sample --banned-string ''"
fails 64 "--mirostat: '3' is not between 0 and 2" "ll-sample --mirostat 3"
fails 64 "--xtc-threshold: '0.6' is not between 0 and 0.5" "ll-sample --xtc-probability 1 --xtc-threshold 0.6"
fails 64 "--repetition-penalty: '0' is not between" "ll-sample --repetition-penalty 0"
fails 64 "--beams: '65' is not between 1 and 64" "ll-sample --beams 65"
python3 -c "import json; print(json.dumps(dict(prompt='x', logit_bias={i: False for i in range(512)})))" >nothing
fails 65 "no token is left" "ll-tokenize --jsonl nothing | ll-forward | ll-sample -q >out"

# What cannot be sampled fails alone, with an error for each of its answers; the others go on.
cat >forbid.py <<'EOF'
import json
never = {i: False for i in range(512)}
def record(id, but=(), **options):
    bias = {i: value for i, value in never.items() if i not in but}
    print(json.dumps(dict(id=id, prompt='a b', limit=3, logit_bias=bias, **options)))
print(json.dumps(dict(id='first', prompt='a b', limit=3)))
record('none')
record('n', n=2)
record('best', best_of=3)
record('beams', beams=3, n=2)
record('few', but=(65,), beams=3, n=2, seed=None)
print(json.dumps(dict(id='last', prompt='a b c', limit=3)))
EOF
python3 forbid.py | sed 's/, "seed": null//' >forbidden.jsonl
lines() { python3 -c "import json, sys
for line in sys.stdin:
    a = json.loads(line)
    print(a['id'] + ('.%d' % a['sample'] if 'sample' in a else ''), a['finish'], a['generated_tokens'], end=' ')
    print(a['error']['message'].split(':')[1].strip() if 'error' in a else '', end=';')"; }
expected='first length 3 ;none failed 0 no token is left;n.0 failed 0 no token is left;n.1 failed 0 no token is left;'
expected=$expected'best failed 0 no token is left;beams.0 failed 0 the search found 0 of 2 answers;'
expected=$expected'beams.1 failed 0 the search found 0 of 2 answers;few.0 length 3 ;few.1 failed 0 the search found 1 of 2 answers;'
expected=$expected'last length 3 ;'
for batch in 1 3 8; do
	ok "what cannot be sampled fails alone (-b $batch)" is "$expected" "{ ll-tokenize --jsonl forbidden.jsonl |
	    ll-forward -b $batch | ll-sample --seed 1 2>err; echo \$? >&2; } 2>status | { ll-tokenize -d --jsonl; echo \$? >>status; } | lines"
	ok "and that is the status of all" is "65 65" "echo \$(cat status)"
done
ok "each is told once" is 6 "grep -c '^ll-sample: sequence [1-6]' err"
ok "ll-batch has them all" is "$expected" "ll-batch --seed 1 forbidden.jsonl -o forbidden.out 2>err; lines <forbidden.out"
ok "and has nothing to do again" is "65 $(wc -l <forbidden.out)" "ll-batch --seed 1 forbidden.jsonl -o forbidden.out 2>err;
    echo \$? \$(wc -l <forbidden.out)"
ok "-N and --best-of fail whole" is "none.0 failed 0 no token is left;none.1 failed 0 no token is left;" \
    "sed -n 2p forbidden.jsonl | { records -N 2 --best-of 4 --seed 1 2>err || [ \$? -eq 65 ]; } | lines"
ok "in a recording, too" is "none failed 0 no token is left;" "sed -n 2p forbidden.jsonl | ll-tokenize --jsonl |
    ll-forward --once >failed.lls; { ll-sample -t 0 failed.lls 2>err; echo \$? >status; } |
    { ll-tokenize -d --jsonl; echo \$? >>status; } | lines"
ok "with the status" is "65 65" "echo \$(cat status)"
ok "a prompt that is too long fails as often" is "x.0 context 0 context is full;x.1 context 0 context is full;y.0 length 2 ;y.1 length 2 ;" \
    "printf '{\"id\":\"x\",\"prompt\":\"%s\"}\n{\"id\":\"y\",\"prompt\":\"a\"}\n' '$prompt' | ll-tokenize --jsonl | ll-forward -c 6 2>err |
    { ll-sample -N 2 -n 2 --seed 1; :; } | { ll-tokenize -d --jsonl; :; } | lines"
ends() { ll-tokenize --jsonl asked | ll-forward | ll-sample "$@" 2>err | ll-cat -t |
    awk '$3 == "END" && $1 != "stream" { printf "%s ", $1 }'; }
echo '{"prompt":"a b","n":3}' >asked
ok "META that does not fit: each of several sequences has one answer" is "0 0.1 0.2 " "ends --beams 4 -N 2"
echo '{"prompt":"a b","best_of":2}' >asked
ok "and one sequence as many as -N says" is "0 0.1 0.2 " "ends --seed 1 -N 3"
ok "a mix hands it on" is "none failed 0 no token is left;last length 3 ;" "sed -n '2p; \$p' forbidden.jsonl >two.jsonl;
    mkfifo a b; ll-tokenize --jsonl two.jsonl | ll-forward >a & ll-tokenize --jsonl two.jsonl | ll-forward >b &
    ll-mix -e a+b a=a b=b | ll-sample --seed 1 2>err | { ll-tokenize -d --jsonl; :; } | lines"

# told NAME COMMAND: of each stream the END says how many sequences have ended in it.
told() { ok "$1" is "$2" "$3 | ll-cat -t --type end | awk '\$2 == \"END\" && \$1 == \"stream\" { print n + 0, \$NF; n = 0; next }
    \$3 == \"END\" { n++ }' | tr '\n' ';'"; }
told "the END of the stream counts those that are given: of -N" "6 6;" "once | tee run.lls | ll-sample -N 6 --seed 1 -n 2"
told "of --best-of, in two recordings" "2 2;2 2;" "cat run.lls run.lls | ll-sample -N 2 --best-of 6 --seed 1 -n 2"
told "of --beams" "3 3;" "once | ll-sample -N 3 --beams 6 -n 2"
told "and what failed" "10 10;" "{ ll-tokenize --jsonl forbidden.jsonl | ll-forward | ll-sample --seed 1 2>err; [ \$? -eq 65 ]; }"
told "and what the context has cut" "2 2;" "{ once | ll-sample --beams 4 -N 2 --ignore-eos 2>err; [ \$? -eq 65 ]; }"

# Handed on, and from files.
ok "ll-batch hands them on" is "ll-sample -t 0.9 --dry-multiplier 0.8 --ignore-eos --stop x --banned-string 'a b' --logit-bias 5=-inf --samplers dry" \
    "ll-batch -x -t 0.9 --dry-multiplier 0.8 --ignore-eos --stop x --banned-string 'a b' --logit-bias 5=-inf --samplers dry |
    sed 's/.*\(ll-sample.*\) | .*/\1/'"
ok "ll-chat too" like "ll-sample --min-length 3 --mirostat 2 |" "ll-chat -x --min-length 3 --mirostat 2"
fails 64 "--mirostat has no effect with temperature 0" "ll-chat -x -t 0 --mirostat 2"
ok "a preset may have them" like "samplers: temperature mirostat-2" \
    "echo 'presets: {m: {mirostat: 2}}' >m.yaml; LL_CONFIG=m.yaml ll-sample -v --preset m run.lls 2>&1 >out"
ok "and where they have no effect they are not there" like "samplers: greedy" \
    "echo 'mirostat: 2' >m.yaml; LL_CONFIG=m.yaml ll-sample -v -t 0 run.lls 2>&1 >out"
fails 78 "m.yaml:1: samplers: 'x' is not one of" "echo 'samplers: x' >m.yaml; LL_CONFIG=m.yaml ll-sample run.lls >out"

bad() { fails 65 "$1" "echo '$2' | ll-tokenize --jsonl | ll-forward | ll-sample -q >out"; }
bad "standard input:1: mirostat: 3 is not between 0 and 2" '{"prompt":"x","mirostat":3}'
bad "standard input:1: typical_p: has no effect with mirostat" '{"prompt":"x","mirostat":1,"typical_p":0.5}'
bad "standard input:1: ignore_eos: is a whole number, not true or false" '{"prompt":"x","ignore_eos":1}'
bad "standard input:1: logit_bias: that of" '{"prompt":"x","logit_bias":{"1":"a"}}'
bad "standard input:1: logit_bias: 'a' is not the id of a token" '{"prompt":"x","logit_bias":{"a":1}}'
bad "standard input:1: logit_bias_text: no token has the text 'Zq'" '{"prompt":"x","logit_bias_text":{"Zq":1}}'
ok "a byte token of SentencePiece has a text, too" is "1 259 260" \
    "printf %s '{\"prompt\":\"a\",\"logit_bias_text\":{\"\\n\":false}}' | ll-tokenize --jsonl --ids --vocab '$TESTS/fuzz/corpus/spm/words'"
bad "standard input:1: samplers: 'x' is not one of" '{"prompt":"x","samplers":"x"}'
bad "standard input:1: samplers: is an array, not a string" '{"prompt":"x","samplers":["top-k"]}'
printf '{"prompt":"x","samplers":"top-k\\u0000,top-p"}' >nul.jsonl
fails 65 "nul.jsonl:1: samplers: a string with U+0000 is not supported" "ll-tokenize --jsonl nul.jsonl >out"
bad "standard input:1: n: 3 is more than beams" '{"prompt":"x","beams":2,"n":3}'
bad "standard input:1: top_k: has no effect with beams" '{"prompt":"x","beams":2,"top_k":3}'
bad "standard input:1: min_length: has no effect with ignore_eos" '{"prompt":"x","beams":2,"min_length":3,"ignore_eos":true}'
bad "standard input:1: n: 3 is more than best_of" '{"prompt":"x","best_of":2,"n":3}'
done_testing
