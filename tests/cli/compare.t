#!/bin/sh
# bench/compare: ll against engines that are scripts here and print what llama-bench and
# llama-batched-bench of llama.cpp (main) and ik_llama.cpp (ik) print. No speed is judged.
. "$TESTS/tap.sh"

compare=$TESTS/../bench/compare

mkdir main ik ll
# Probes take their time where many tests run at once: of all but one the limits are these.
cat >ll/ll-bench <<'E2'
#!/bin/sh
case $* in
*--probe*) echo '{ "limits": [ { "what": "read", "gb_s": { "max": 1.0 } }, { "what": "f32", "gop_s": { "max": 2.0 } } ] }' ;;
*) exec ll-bench "$@" ;;
esac
E2
cat >main/llama-bench <<'E2'
#!/bin/sh
echo "$0 $*" >>"$HOME/calls"
case $* in
*--help*) echo "  -d, --n-depth <n>"; exit ;;
*-broken*) echo "no such option" >&2; exit 3 ;;
esac
echo '[ { "n_prompt": 8, "n_gen": 0, "avg_ts": 500.0, "samples_ts": [ 500.0 ] },'
echo '  { "n_prompt": 0, "n_gen": 4, "avg_ts": 0.001, "samples_ts": [ 0.001 ] } ]'
E2
cat >main/llama-batched-bench <<'E2'
#!/bin/sh
echo "$0 $*" >>"$HOME/calls"
echo "main: n_kv_max = 256" >&2
echo '{"n_kv_max": 256, "pp": 1, "tg": 4, "pl": 3, "speed_pp": 9.0, "speed_tg": 12.5, "speed": 11.0}'
E2
cat >ik/llama-bench <<'E2'
#!/bin/sh
echo "$0 $*" >>"$HOME/calls"
case $* in
*--help*) echo "  -gp <pp,tg>" ;;
*-gp*) echo '[ { "n_prompt": 16, "n_gen": 4, "avg_ts": 7.0, "samples_ts": [ 7.0 ] } ]' ;;
*) echo '[ { "n_prompt": 8, "n_gen": 0, "avg_ts": 1e12 }, { "n_prompt": 0, "n_gen": 4, "avg_ts": 0.002 } ]' ;;
esac
E2
cat >ik/llama-batched-bench <<'E2'
#!/bin/sh
echo "$0 $*" >>"$HOME/calls"
: >llama.log
echo '|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s |    S t/s |' >&2
echo '|     1 |      4 |    3 |     15 |    0.015 |   132.80 |    0.086 |    93.07 |    0.101 |    98.99 |' >&2
E2
chmod +x main/* ik/* ll/*
engines="main=$HOME/main/llama-bench 'ik=$HOME/ik/llama-bench,-rtr 1 -fa 1'"

eval "$compare --ll ll/ll-bench -m '$LL_MODEL' -p 8 -n 4 -b 1,3 -r 2 --json $engines" >told.json 2>err

# field EXPRESSION: of the JSON object `o`; w are its works
field() {
	python3 -c "
import json
o = json.load(open('told.json'))
w = o['works']
print($1)"
}

ok "works in order" is "[('prefill', 8, 1), ('decode', 4, 1), ('decode', 4, 3)]" \
	"field '[(x[\"work\"], x[\"tokens\"], x[\"sequences\"]) for x in w]'"
ok "each engine has its speeds" is "500.0 0.001 12.5 1000000000000.0 0.002 93.07" \
	"field '*(x[\"engines\"][e][\"median\"] for e in (\"main\", \"ik\") for x in w)'"
ok "ll has one for each round" is "[2, 2, 2]" "field '[len(x[\"engines\"][\"ll\"][\"rounds\"]) for x in w]'"
ok "the best of the others" is "['ik', 'ik', 'ik']" "field '[x[\"best\"] for x in w]'"
ok "the quotient is that of the rounds" is "True" \
	"field 'all(abs(x[\"ratio\"][\"min\"] - min(x[\"engines\"][\"ll\"][\"rounds\"]) / x[\"engines\"][x[\"best\"]][\"median\"]) < 1e-9 * x[\"ratio\"][\"min\"] for x in w)'"
ok "nobody is above the limit" is "1.0" "field 'w[0][\"engines\"][\"ik\"][\"share\"]'"
ok "what part of the reading beside it each took" is "[2, 2, 2] 2.0" \
	"field '[x[\"runs\"] for x in w[1][\"of_reading\"].values()], \
	round(w[1][\"of_reading\"][\"ik\"][\"median\"] / w[1][\"of_reading\"][\"main\"][\"median\"], 6)'"
ok "limits were read before each run and at the end" is "7" "field 'len(o[\"read_gb_s\"])'"
ok "engines take turns to be first" is "ik main ik main" \
	"grep -v -e --help -e batched calls | sed 's,^[^ ]*/\(main\|ik\)/.*,\1,' | sed 's/^main\$/x/; s/^ik\$/main/; s/^x\$/ik/' | paste -sd ' '"
ok "options as each program spells them" is "2 2" \
	"echo \$(grep -c 'ik/llama-bench .*-rtr 1 -fa 1\$' calls) \$(grep -c 'ik/llama-batched-bench .*-rtr -fa on\$' calls)"
ok "nothing is left behind" not test -e llama.log

: >calls
eval "$compare --ll ll/ll-bench -m '$LL_MODEL' -p 0 -n 4 -d 16 -r 1 --json $engines" >told.json 2>err
ok "at a depth" is "7.0" "field 'w[0][\"engines\"][\"ik\"][\"median\"]'"
ok "each is told it in its way" is "1 1" \
	"echo \$(grep -c 'main/llama-bench .*-d 16' calls) \$(grep -c 'ik/llama-bench .*-gp 16,4' calls)"

# Engines that stay print a record for each -n, and their process is stopped when ll works.
mkdir stay
cat >stay/llama-bench <<'E2'
#!/bin/sh
echo $$ >"$HOME/stay/pid"
echo "$*" >>"$HOME/stay/calls"
rate=1
echo "this is no record"
printf '[\n'
for word; do
	[ "$word" = -n ] || continue
	echo "  { \"n_prompt\": 0, \"n_gen\": 4,"
	sleep 0.1
	echo "    \"avg_ts\": $rate.5 },"
	rate=$((rate + 1))
done
echo ']'
E2
sed 's/\*-broken/*/; s/exit 3/exit 5/' main/llama-bench >stay/broken
cat >stay/ll-bench <<'E2'
#!/bin/sh
sleep 0.1
cut -d " " -f 3 "/proc/$(cat "$HOME/stay/pid")/stat" >>"$HOME/stay/states"
exec "$HOME/ll/ll-bench" "$@"
E2
chmod +x stay/*
$compare --stay --ll stay/ll-bench -m "$LL_MODEL" -p 0 -n 4 -r 3 --json "a=$HOME/stay/llama-bench,-x" >told.json 2>err
ok "--stay: a speed for each round, the first is the loading" is "[2.5, 3.5, 4.5]" "field 'w[0][\"engines\"][\"a\"][\"rounds\"]'"
ok "--stay: started once" is "-m $LL_MODEL -t 1 -o json -r 1 -n 4 -n 4 -n 4 -n 4 -p 0 -x" \
	"sed 's/-t [0-9]*/-t 1/' stay/calls"
ok "--stay: stopped while ll works" is "T" "sort -u stay/states"
ok "--stay: gone at the end" not kill -0 "$(cat stay/pid)"

ok "a table" like "  ll / main: " "$compare --ll ll/ll-bench -m '$LL_MODEL' -p 8 -n 0 -r 1 main=$HOME/main/llama-bench"
ok "alone" like "prefill of 8: at most" "$compare -m '$LL_MODEL' -p 8 -n 0 -r 1"
ok "the help" like "NAME=PROGRAM" "$compare --help"

# refuses TEXT ARGUMENT...
refuses() {
	text=$1
	shift
	! "$compare" "$@" >out 2>err && grep -q -F -e "$text" err && ! grep -q Traceback err || ! cat err
}
ok "no model" refuses "missing.gguf: no such file" -m missing.gguf
ok "no engine" refuses "nowhere/llama-bench: no such program" -m "$LL_MODEL" a=nowhere/llama-bench
ok "options of ll-bench" like "'f17' is not f16" "$compare --ll 'll/ll-bench,--kv-type f17' -m '$LL_MODEL' -p 8 -n 0 -r 1 2>&1 || :"
ok "no name" refuses "is not NAME=PROGRAM" -m "$LL_MODEL" "$HOME/main/llama-bench"
ok "one name twice" refuses "two engines have one name" -m "$LL_MODEL" "a=$HOME/main/llama-bench" "a=$HOME/ik/llama-bench"
ok "a bad list" refuses "is no list of numbers" -m "$LL_MODEL" -b 1,x
ok "--stay: two works" refuses "--stay is for one work" -m "$LL_MODEL" --stay -p 8 -n 4
ok "--stay: many at once" refuses "--stay is for one work" -m "$LL_MODEL" --stay -p 0 -n 4 -b 3
ok "--stay: an engine that fails" refuses "status 5 before its last round: no such option" \
	-m "$LL_MODEL" --stay -p 0 -n 4 -r 1 "a=$HOME/stay/broken"
ok "an engine that fails is told with what it said" refuses "status 3: no such option" \
	-m "$LL_MODEL" -p 8 -n 4 -r 1 "a=$HOME/main/llama-bench,-broken"
done_testing
