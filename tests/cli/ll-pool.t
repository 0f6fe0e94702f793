#!/bin/sh
# ll-pool: vectors of known hidden states, from streams written by hand, and of the model.
. "$TESTS/tap.sh"

# states: two sequences of which the second ends first
states() {
	"$TESTS/mkstream.py" <<'E3'
stream kind=hidden hidden=2
tokens seq=0 : 1 2
tokens seq=1 : 3
hidden seq=0 pos=0 cols=2 : 1 0
hidden seq=1 pos=0 cols=2 : 3 4
end seq=1 : reason complete
hidden seq=0 pos=1 cols=2 : 5 8
end seq=0 : reason complete
end : code 0; sequences 2
E3
}

states >states.lls
ok "means of length 1, in the order of the texts" is '[0,2,[0.6,0.8]]
[1,1,[0.6,0.8]]' "ll-pool --json states.lls | jq -c '[.id, .tokens, (.embedding | map(. * 1e6 | round / 1e6))]'"
ok "as they are" is "[3,4]
[3,4]" "ll-pool --json --raw states.lls | jq -c .embedding"
ok "the last" is "[5,8]
[3,4]" "ll-pool --json --raw --pooling last states.lls | jq -c .embedding"
ok "a stream has a row for each" is "1 3 4
0 3 4" "ll-pool --raw states.lls | ll-cat --type HIDDEN --json | jq -r 'select(.values) | \"\(.sequence) \(.values[0] | join(\" \"))\"'"
ok "which is an array as --npy writes it" same \
	"ll-pool --raw states.lls | ll-cat --canonical | ll-cat --npy | od -An -tx1" "ll-pool --raw --npy states.lls | od -An -tx1"

# broken SED-SCRIPT: what is said of changed streams
broken() {
	sed "$1" >script <<'E3'
stream kind=hidden hidden=2
hidden seq=0 pos=0 cols=2 : 1 0
hidden seq=0 pos=1 cols=2 : 5 8
end seq=0 : reason complete
end : code 0; sequences 1
E3
	"$TESTS/mkstream.py" <script | ll-pool --json ${2-} 2>&1 >/dev/null
	echo $?
}

ok "a position is missing" is "ll-pool: standard input: sequence 0: positions are missing: a mean is of all (ll-forward --hidden, or --all with -L)
65" "broken 2d"
ok "which the last does not need" is 0 "broken 2d '--pooling last'"
ok "no state at all" is "ll-pool: standard input: sequence 0: it has no hidden states
65" "broken 2,3d"
ok "no number" is "ll-pool: standard input: sequence 0: its hidden states are not finite, or all 0
65" "broken 's/5 8/nan 8/'"
ok "no direction" is "ll-pool: standard input: sequence 0: its hidden states are not finite, or all 0
65" "broken 's/5 8/-1 0/'"
ok "another size" is "ll-pool: standard input: HIDDEN of 2 numbers, the header says 3
65" "broken 's/hidden=2/hidden=3/'"
ok "no size" is "ll-pool: standard input: hidden: missing from the header, or no size
65" "broken 's/ hidden=2//'"
ok "other streams" is "ll-pool: standard input: stream holds tokens, but ll-pool reads hidden states
65" "ll-tokenize -p x | { ll-pool --json 2>&1; echo \$?; }"
ok "a stream that is pooled" is "ll-pool: standard input: pooling: the stream is pooled already: mean
65" "ll-pool states.lls | { ll-pool --json 2>&1; echo \$?; }"
ok "what ends before the damage has its vector" is 0 \
	"{ head -c -100 states.lls; printf x; tail -c 99 states.lls; } >bad.lls; { ll-pool --json bad.lls || true; } 2>/dev/null | jq .id | head -n 1"
fails 64 "exclude each other" 'll-pool --json --npy states.lls'
fails 64 "'max' is not mean or last" 'll-pool --pooling max --json states.lls'
fails 66 "none.lls" 'll-pool --json none.lls'

printf '{"id":"a","prompt":"one two"}\n{"prompt":3}\n{"id":7,"prompt":"three"}\n' >records
ok "records keep their ids, failed ones their places" is '["a",true]
[1,65]
[7,true]' "ll-tokenize --jsonl records 2>/dev/null | ll-forward --hidden -b 3 | ll-pool --json | jq -c '[.id, (.error.code // (.embedding | length > 0))]'"
printf '{"id":"a\\u0000b","prompt":"one"}\n' >nul
ok "an id may have U+0000" is '"a\u0000b"' "ll-tokenize --jsonl nul | ll-forward --hidden | ll-pool --json | jq -c .id"
ok "empty lines too" is '[0,null]
[1,null]
[2,65]
[3,null]' "printf 'one\ntwo\n\nfour\n' | ll-tokenize -l --no-bos 2>/dev/null | ll-forward --hidden |
    ll-pool --json | jq -c '[.id, .error.code]'"
ll-tokenize --jsonl records 2>/dev/null | ll-forward --hidden >failed.lls 2>/dev/null
fails 65 "is a whole number" 'll-pool --npy -o a.npy failed.lls'
ok "of which nothing is left" not test -e a.npy
ok "any batch and chunk" same "ll-tokenize -l records | ll-forward --hidden -b 3 | ll-pool --json" \
	"ll-tokenize -l records | ll-forward --hidden -b 1 --chunk 2 -j 1 | ll-pool --json"
ok "states of a layer" like '"embedding"' "ll-tokenize -l records | ll-forward -L 0-1 | ll-pool --json"
for end in a b; do echo "what these two lines have in common is more than sixteen tokens: $end"; done >shared
ok "prompts that begin alike" is 2 "ll-tokenize -l shared | ll-forward -L 0-1 --all | ll-pool --json | wc -l"
ok "the mean is that of the states" is true "ll-tokenize -p 'a b c' | ll-forward --hidden >h.lls &&
	ll-cat --json h.lls | jq -s '[.[] | select(.values) | .values[]] | (length as \$n | transpose | map(add / \$n))' >want &&
	ll-pool --raw --json h.lls | jq --slurpfile want want '[.embedding, \$want[0]] | transpose | all((.[0] - .[1]) | fabs < 1e-4)'"
done_testing
