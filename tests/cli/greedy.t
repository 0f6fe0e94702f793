#!/bin/sh
# Greedy continuations are llama.cpp's; golden/greedy.py made them, and says what can be expected.
. "$TESTS/tap.sh"

have "$LL_TEST_SMOLLM" || skip_all "no SmolLM2"
golden=$TESTS/golden/greedy.jsonl
LL_MODEL=$LL_TEST_SMOLLM
export LL_MODEL

grep '"settled":true' "$golden" >settled
head -n 20 "$golden" >ordinary

# ids.py: lines for ll-tokenize --from-ids: the prompts, and the continuation WAY behind them.
cat >ids.py <<'END'
import json, sys

for record in map(json.loads, sys.stdin):
    print(*record["ids"], *(pair[0] for way in sys.argv[1:] for pair in record[way][:-1]))
END

# compare.py free GOLDEN WAY PART WITHIN: the ids that were sampled (ll-cat --json on stdin) are
# those of the golden; at most PART of the continuations part, each where our two largest logits
# are no further than WITHIN apart.
# compare.py forced GOLDEN WAY SHARE WITHIN: at SHARE of the steps our largest logit (of
# ll-forward --all -k) is that of the golden; where not, the golden's is no further than WITHIN.
cat >compare.py <<'END'
import json, sys

mode, golden, way, limit, within = *sys.argv[1:4], float(sys.argv[4]), float(sys.argv[5])
records = list(map(json.loads, open(golden)))
got = {}
for frame in map(json.loads, sys.stdin):
    place = frame.get("sequence"), frame.get("position")
    if frame["type"] == "SAMPLE":
        got[place] = dict(frame["alternatives"]), frame["id"]
    elif frame["type"] == "LOGITS":
        for i, row in enumerate(frame["values"]):
            got[place[0], place[1] + i] = dict(zip(row["ids"], row["logits"])), row["ids"][0]

def apart(some, token):
    """How far a token is from the likeliest other."""
    return abs(max(x for i, x in some.items() if i != token) - some.get(token, -1e9))

steps, gaps = 0, []
for sequence, record in enumerate(records):
    first = len(record["ids"]) - (mode == "forced")
    for i, (token, gap) in enumerate(record[way]):
        some, best = got[str(sequence), first + i]
        steps += 1
        if best != token:
            gaps.append(apart(some, token if mode == "forced" else best))
            if mode == "free":
                break
most = max(gaps, default=0)
if mode == "free":
    print("%d of %d part, within %.3f" % (len(gaps), len(records), most))
    sys.exit(len(gaps) > limit or most > within or len(records) < 20)
print("%d of %d steps differ, within %.3f" % (len(gaps), steps, most))
sys.exit(len(gaps) > (1 - limit) * steps or most > within or steps < 1000)
END

# free GOLDEN WAY PART WITHIN [OPTION ...]
free() {
	records=$1 way=$2 part=$3 within=$4
	shift 4
	python3 ids.py <"$records" | ll-tokenize -l --from-ids | ll-forward "$@" |
		ll-sample -t 0 -n 64 --logprobs 2 | ll-cat --json --type sample >frames || return
	python3 compare.py free "$records" "$way" "$part" "$within" <frames >result
}

# forced GOLDEN WAY SHARE WITHIN [OPTION ...]
forced() {
	records=$1 way=$2 share=$3 within=$4
	shift 4
	python3 ids.py "$way" <"$records" | ll-tokenize -l --from-ids | ll-forward --all -k 50 "$@" |
		ll-cat --json --type logits >frames || return
	python3 compare.py forced "$records" "$way" "$share" "$within" <frames >result
}

told() {
	[ ! -s result ] || echo "# $(cat result)"
	rm -f result
}

ok "f32 continues ordinary prompts as llama.cpp in f32" free ordinary f32 2 0.05 --precision f32
told
ok "the default continues settled prompts as llama.cpp" free settled default 2 0.05
told
ok "the default agrees with llama.cpp step by step" forced ordinary default 0.95 0.6
told
done_testing
