#!/bin/sh
# Configuration files, the environment, presets and models' names: ll-config(5).
. "$TESTS/tap.sh"
plan 98
unset LL_CONFIG
bin=${PATH%%:*}

# setting PROGRAM KEY [ARGUMENT...]: its line of --print-config, two spaces as one
setting() {
	program=$1 key=$2
	shift 2
	"$program" "$@" --print-config | grep -e "^$key: " -e "^# $key: " | sed 's/  # / # /'
}

mkdir -p .config sub
cat >low.yaml <<'END'
temperature: 0.7
top-k: 40
threads: 3
model: small
ll-sample:
  top-k: 41
models:
  small: low.gguf
  shared: /low.gguf
presets:
  mine: {temperature: 0.11, min-p: 0.1, threads: 2}
END
cat >sub/high.yaml <<'END'
temperature: 0.8
ll-sample: {seed: 5}
models: {small: high.gguf, far: ~/far.gguf}
END

# Defaults and the order of the places.
ok "a default" is "temperature: 0.6 # default" "setting ll-sample temperature"
ok "no default" is "# seed: not set" "setting ll-sample seed"
ok "the user's file" is "temperature: 0.7 # $HOME/.config/ll.yaml:1" \
    "cp low.yaml .config/ll.yaml; setting ll-sample temperature"
ok "XDG_CONFIG_HOME is elsewhere" is "temperature: 0.6 # default" \
    "XDG_CONFIG_HOME=$HOME/sub setting ll-sample temperature"
ok "a relative XDG_CONFIG_HOME counts as none" is "temperature: 0.7 # $HOME/.config/ll.yaml:1" \
    "XDG_CONFIG_HOME=sub setting ll-sample temperature"
ok "LL_CONFIG replaces it" is "temperature: 0.8 # sub/high.yaml:1" \
    "LL_CONFIG=sub/high.yaml setting ll-sample temperature"
ok "an empty LL_CONFIG: no files" is "temperature: 0.6 # default" "LL_CONFIG= setting ll-sample temperature"
rm .config/ll.yaml
LL_CONFIG=low.yaml:sub/high.yaml
export LL_CONFIG
ok "the later file" is "temperature: 0.8 # sub/high.yaml:1" "setting ll-sample temperature"
ok "the other way round" is "temperature: 0.7 # low.yaml:1" \
    "LL_CONFIG=sub/high.yaml:low.yaml setting ll-sample temperature"
ok "a section over the top" is "top-k: 41 # low.yaml:6" "setting ll-sample top-k"
ok "a later top over a section" is "seed: 6 # top.yaml:1" \
    "echo 'seed: 6' >top.yaml; LL_CONFIG=sub/high.yaml:top.yaml setting ll-sample seed"
ok "the environment over files" is "temperature: 0.9 # LL_TEMPERATURE" \
    "LL_TEMPERATURE=0.9 setting ll-sample temperature"
ok "an empty variable is none" is "temperature: 0.8 # sub/high.yaml:1" \
    "LL_TEMPERATURE= setting ll-sample temperature"
ok "the command line over all" is "temperature: 1 # --temperature" \
    "LL_TEMPERATURE=0.9 setting ll-sample temperature -t 1"
ok "for whoever has the option" is "threads: 3 # low.yaml:3" "setting ll-forward threads"
ok "a flag" is "quiet: true # LL_QUIET" "LL_QUIET=1 setting ll-cat quiet"
ok "and not" is "verbose: false # LL_VERBOSE" "LL_VERBOSE=false setting ll-cat verbose"
ok "what may be a slip of the pen" like "# LL_TEMPRATURE: no such setting" \
    "LL_TEMPRATURE=1 ll-cat --print-config"
ok "what is printed is a configuration" same "ll-sample --print-config | sed 's/  # .*//;/^#/d'" \
    "ll-sample --print-config >whole.yaml; LL_CONFIG=whole.yaml ll-sample --print-config | sed 's/  # .*//;/^#/d'"
line='a
b.yaml'
bytes=$(printf 'a\377.yaml')
echo 'temperature: 0.9' | tee "$line" >"$bytes"
for name in "$line" "$bytes"; do
	ok "also where a file's name is no text of one line" like "temperature: 0.9 # whole.yaml" \
	    "LL_CONFIG=\$name ll-sample --print-config >whole.yaml; LL_CONFIG=whole.yaml setting ll-sample temperature"
done
ok "no tab is in it, which some readers of YAML refuse" is "" "ll-sample --print-config | tr -cd '\t'"
for text in "two words" "true" "a: b # c" "" "ä \"q\" \\ ~" "$(printf 'l1\nl2\tx')" "- x"; do
	ok "a text comes back: $text" is "$text" "ll-chat -S '$text' --print-config >t.yaml
	    LL_CONFIG=t.yaml LL_MODEL=$LL_MODEL ll-chat -x | sed -n '/-S /,\$p' |
	    python3 -c 'import shlex, sys; w = shlex.split(sys.stdin.read()); print(w[w.index(\"-S\") + 1])'"
done

# They have their effect.
LL_CONFIG= ll-tokenize -p "one two" >tokens
LL_CONFIG= ll-forward --once <tokens >logits
ok "settings sample as options do" same "LL_CONFIG= ll-sample -t 0.8 --top-k 41 --seed 5 <logits | ll-cat --canonical" \
    "LL_QUIET=1 ll-sample <logits | ll-cat --canonical"
ok "and the stream's history tells them" like "ll-sample --temperature=0.8 --top-k=41 --seed=5" \
    "ll-sample <logits | ll-cat -t"
ok "without the system message" not like "Answer" \
    "echo 'system: Answer' >s.yaml; LL_CONFIG=s.yaml ll-tokenize --chat -p x | ll-cat -t"
ok "a setting without effect is no error" quiet "ll-sample -t 0 <logits >out"
ok "it is as if it were not there" same "LL_CONFIG= ll-tokenize -p x | ll-cat -t | grep -v history" \
    "LL_CONFIG=s.yaml ll-tokenize -p x | ll-cat -t | grep -v history"
ok "-v tells it" like "low.yaml:6: top-k has no effect with temperature 0" "ll-sample -v -t 0 <logits 2>&1 >out"
fails 64 "--top-k has no effect with temperature 0" "ll-sample -t 0 --top-k 5 <logits"

# Programs that start others.
mine() {
	echo "$1" >mine.yaml
	shift
	LL_CONFIG=mine.yaml "$@"
}
echo '{"prompt": "one two"}' >one.jsonl
ok "a section is handed on" like "ll-sample -t 0.9" "mine 'll-chat: {temperature: 0.9}' ll-chat -x"
ok "what is for all is not" not like "0.9" "mine 'temperature: 0.9' ll-chat -x"
ok "the stages find it" same "echo one | LL_CONFIG= ll-chat -t 0 -n 5" \
    "echo one | mine '{temperature: 0, top-k: 5, limit: 5, ll-chat: {threads: 1}}' ll-chat"
ok "of ll-batch too" same "LL_CONFIG= ll-batch -t 0 -n 5 one.jsonl" \
    "mine '{temperature: 0, top-k: 5, limit: 5}' ll-batch one.jsonl"
ok "which hands on what it is given" same "LL_CONFIG= ll-batch -t 0 -n 5 one.jsonl" \
    "mine '{temperature: 2, ll-batch: {limit: 5}}' ll-batch -t 0 one.jsonl"
ok "and leaves aside what has no effect" same "LL_CONFIG= ll-batch -t 0 -n 5 one.jsonl" \
    "mine 'll-batch: {limit: 5, top-p: 0.5, seed: 1}' ll-batch -t 0 one.jsonl"
ok "a preset of ll-batch" like "ll-sample -t 0.2 --top-p 0.8" "LL_CONFIG= ll-batch --preset precise -x"
ok "an option overrides it" like "ll-sample -t 0 |" "LL_CONFIG= ll-batch --preset precise -t 0 -x"
fails 64 "ll-batch: --top-k has no effect with temperature 0" "ll-batch -t 0 --top-k 5 one.jsonl"

# Presets.
ok "a preset of one's own" is "temperature: 0.11 # preset mine, low.yaml:11" \
    "setting ll-sample temperature --preset mine"
ok "with an option" is "temperature: 0.5 # --temperature" "setting ll-sample temperature -t 0.5 --preset mine"
ok "it overrides the environment" is "temperature: 0.11 # preset mine, low.yaml:11" \
    "LL_TEMPERATURE=3 setting ll-sample temperature --preset mine"
ok "named by the environment it does not" is "temperature: 0.3 # LL_TEMPERATURE" \
    "LL_TEMPERATURE=0.3 LL_PRESET=mine setting ll-sample temperature"
ok "named in a file" is "min-p: 0.1 # preset mine, low.yaml:11" \
    "echo 'preset: mine' >p.yaml; LL_CONFIG=low.yaml:p.yaml setting ll-sample min-p"
ok "one that came with the programs" is "temperature: 0" \
    "setting ll-sample temperature --preset greedy | sed 's/ #.*//'"
fails 78 "--preset: no preset 'nix'; there are greedy, precise, creative, llama3, smollm2, mine" \
    "ll-sample --preset nix"
ok "the others are there" is "greedy precise creative llama3 smollm2 mine" \
    "echo \$(ll-sample --completion presets)"
ok "every shipped preset fits" is 0 "for p in greedy precise creative llama3 smollm2; do
    ll-sample --preset \$p --print-config >out || echo \$p; done; echo \$?"

# Names of models.
unset_model() {
	(unset LL_MODEL && "$@")
}
ok "a file's model, its folder" is "model: $PWD/sub/high.gguf # low.yaml:4" "unset_model setting ll-info model"
ok "which is whole, so that what is printed may lie elsewhere" is "model: $PWD/sub/high.gguf # sub/whole.yaml:3" \
    "unset_model ll-info --print-config >sub/whole.yaml; export LL_CONFIG=sub/whole.yaml; unset_model setting ll-info model"
ok "as is one of the command line" is "model: $PWD/~/x # --model" "unset_model setting ll-info model -m '~/x' | tr -d '\"'"
cp "$LL_MODEL" low.gguf
cp "$LL_MODEL" far.gguf
ok "-m NAME" same "ll-info -m far" "ll-info ~/far.gguf"
mkdir -p apart/.cache apart/cache && cp ~/far.gguf apart/cache/ && echo 'models: {near: ~/.cache/far.gguf}' >near.yaml
ok "~/.cache is where it was moved to" same "LL_CONFIG=near.yaml XDG_CACHE_HOME=\$PWD/apart/cache ll-info -m near" "ll-info \$PWD/apart/cache/far.gguf"
fails 66 "/apart/.cache/far.gguf: No such file" "HOME=\$PWD/apart LL_CONFIG=near.yaml XDG_CACHE_HOME=cache ll-info -m near"
fails 66 "~/far.gguf: No such file or directory" "unset HOME && ll-info -m far"
ok "LL_MODEL=NAME" same "LL_MODEL=far ll-info" "ll-info ~/far.gguf"
ok "an operand" same "ll-info far" "ll-info ~/far.gguf"
ok "./NAME is a file" is "status 66" \
    "ll-info -m ./far 2>/dev/null || echo status \$?"
ok "a stream's model comes before a file's" quiet \
    "LL_CONFIG= ll-tokenize -m far.gguf -p x | unset_model ll-forward --once >out"
ok "names are completed" is "smollm2 ll-4m ll-1m small shared far" "echo \$(ll-info --completion models)"

# What is refused.
fails 78 "none.yaml: No such file or directory" "LL_CONFIG=none.yaml ll-cat"
mkfifo pipe
fails 78 "pipe: is a pipe, which only one program could read" "LL_CONFIG=pipe ll-cat"
fails 78 "/dev/stdin: is a pipe" "(sleep 0.1; echo 'top-k: 3') | LL_CONFIG=/dev/stdin ll-cat"
fails 78 "LL_TOP_K: top-k: 'x' is not a whole number" "LL_TOP_K=x ll-sample"
ok "--print-config of a bad setting writes nothing" is "78 0" \
    "LL_TOP_K=x ll-sample --print-config >out 2>/dev/null; echo \$? \$(wc -c <out)"
# What only the program, its model or the chat format shows to be wrong.
fails 78 "LL_DTYPE: dtype: 'x' is not f32" "LL_DTYPE=x ll-forward <tokens"
fails 78 "LL_DTYPE: dtype: 'x' is not f32" "LL_DTYPE=x ll-embed <tokens"
fails 78 "LL_DTYPE: dtype: 'x' is not f32" "LL_DTYPE=x ll-convert -o /dev/null"
fails 78 "LL_PRECISION: precision: 'x' is not default" "LL_PRECISION=x ll-lens <tokens"
fails 78 "LL_KV_TYPE: kv-type: 'x' is not f16" "LL_KV_TYPE=x ll-bench -p 1"
fails 78 "x.yaml:1: context: 1000000 is more than" "echo 'context: 1000000' >x.yaml; LL_CONFIG=x.yaml ll-forward <tokens"
fails 78 "LL_CHAT_FORMAT: chat-format: 'x' is not one of llama3," "LL_CHAT_FORMAT=x ll-tokenize --chat -p x"
fails 78 "LL_CHAT_FORMAT: chat-format: 'x' is not one of llama3," "LL_CHAT_FORMAT=x ll-chat -n 1"
fails 78 "LL_DATE: date has no effect in the chat format" "LL_DATE=x ll-tokenize --chat -p x"
fails 64 "--dtype: 'y' is not f32" "LL_DTYPE=x ll-forward --dtype y <tokens"
ok "--pack of ll-convert is no setting" eval "LL_PACK=always ll-convert -q -o /dev/null"
fails 78 "LL_QUIET: quiet: 'yes' is not true or false" "LL_QUIET=yes ll-cat"
LL_CONFIG=bad.yaml
while IFS='|' read -r text told; do
	printf '%b\n' "$text" >bad.yaml
	fails 78 "bad.yaml:$told" "ll-sample <logits"
done <<'END'
temprature: 1|1: temprature: unknown key
# x\nll-smaple: {}|2: ll-smaple: unknown key
ll-smaple:\n\n  threads: 1|1: ll-smaple: unknown key
top-k: 3\nll-cat:\n  quiet: true\n  verbose: true\nll-cat: {}|5: ll-cat: this key is there twice, first in line 2
ll-sample: {threads: 1}|1: threads: ll-sample has no such setting
ll-cat: {topk: 1}|1: topk: unknown key
threads: two|1: threads: 'two' is not a whole number
temperature: "1"|1: temperature: is text, not a number
top-k:\n- 1|1: top-k: wants one value, not a list or mapping
temperature: 101|1: temperature: '101' is not between 0 and 100
seed:|1: seed: has no value
models: {a/b: x}|1: a/b: a model's name is not empty and has no '/'
presets: {a: {model: x}}|1: model: has no place in a preset
END
# The checks of YAML itself are t_yaml's.
fails 78 "bad.yaml:1: anchors are not supported" "echo 'a: &a [*a]' >bad.yaml; ll-sample"
LL_CONFIG=
ok "every program has a section" is "" "for p in \$(cd $bin && echo ll-*); do
    echo \"\$p: {quiet: true}\" >one.yaml; LL_CONFIG=one.yaml \$p --print-config >out || echo \$p; done"
