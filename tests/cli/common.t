#!/bin/sh
# What ll(7) promises of every program. A new program joins by being built; if it works on
# something other than the model file, an empty stream or a line of text, it has a line below.
. "$TESTS/tap.sh"

bin=${PATH%%:*}
programs=$(cd "$bin" && echo ll-*)
soon="timeout -k 1 10"

# try PROGRAM: it does something ordinary; what it reads comes from a file.
try() {
	case $1 in
	ll-tokenize) $soon "$1" <text ;;
	ll-chat) $soon "$1" -n 4 <text ;;
	ll-batch) echo '{"prompt": "one two"}' | $soon "$1" -n 4 --seed 1 ;;
	ll-embed | ll-forward) $soon "$1" --once <tokens ;;
	ll-lens) $soon "$1" <cut ;;
	ll-steer) $soon "$1" --add direction <cut ;;
	ll-sample) $soon "$1" -t 0 -n 1 <logits ;;
	ll-cat) $soon "$1" -t <logits ;;
	ll-diff) $soon "$1" logits logits ;;
	ll-mix) $soon "$1" -e a a=- <logits ;;
	ll-topk) $soon "$1" -k 2 <logits ;;
	ll-info) $soon "$1" "$LL_MODEL" ;;
	ll-plot) $soon "$1" <log ;;
	ll-pool) $soon "$1" <hidden ;;
	ll-quantize) $soon "$1" Q8_0 ;;
	ll-score) $soon "$1" <scores ;;
	ll-distill) $soon "$1" -m "$LL_MODEL" --steps 1 scores ;;
	ll-train) $soon "$1" --steps 1 -b 1 -c 8 <text ;;
	ll-tune) $soon "$1" -j 1 --steps 1 -b 1 -c 8 <text ;;
	ll-train-bpe) $soon "$1" -n 268 --min-count 1 <text ;;
	*) $soon "$1" <logits ;;
	esac
}

echo "one two" >text
echo '{"step":1,"loss":2}' >log
[ ! -x "$bin/ll-tokenize" ] || ll-tokenize -p "one two" >tokens
[ ! -x "$bin/ll-forward" ] || ll-forward --once <tokens >logits
[ ! -x "$bin/ll-forward" ] || ll-forward --hidden <tokens >hidden
[ ! -x "$bin/ll-forward" ] || ll-forward --score <tokens >scores
[ ! -x "$bin/ll-forward" ] || ll-forward --once -L 0-1 <tokens >cut
[ ! -x "$bin/ll-steer" ] || ll-steer --make cut cut >direction

# Ends by itself within seconds, with one of the documented statuses.
ends() {
	$soon "$@"
	case $? in
	0 | 1 | 64 | 65 | 66 | 69 | 71 | 73 | 74 | 78) ;;
	*) return 1 ;;
	esac
}

lines() {
	sh -c "$1" 2>&1 >out | wc -l
}

status_of() {
	sh -c "$1" >out 2>err
	echo $?
}

for program in $programs; do
	ok "$program -h is quiet" quiet "$program -h"
	ok "$program -h begins with the usage" like "usage: $program " "$program -h | head -n 1"
	ok "$program -h has its usage in 100 columns" is "" "$program -h | awk '/^\$/ { exit } length > 100'"
	ok "$program --help is -h" same "$program -h" "$program --help"
	ok "$program -V" like "$program 0." "$program -V"
	ok "$program: an unknown option tells the usage" is 64 "status_of '$program --no-such-option'"
	ok "$program: and names the option" grep -q "^$program: .*no-such-option" err
	ok "$program: usage on stderr" grep -q "^usage: $program " err
	ok "$program: an unknown option with a newline is named in one line" is "$program: --no?such: unknown option" \
	    "{ $program '--no
such' 2>&1 >out || :; } | head -n 1"
	ok "$program: nothing on stdout" test ! -s out
	ok "$program: a full disk" is 74 "status_of '$program -h >/dev/full'"
	ok "$program: a closed stdout" is 74 "status_of '$program -h >&-'"
	ok "$program: told in a line" is 1 "lines '$program -h >&-'"
	ok "$program: works and says nothing else" quiet "try $program"
	# ll-diff writes nothing of streams that are equal.
	if [ "$program" != ll-diff ]; then
		ok "$program: its data on a full disk" is 74 "(try $program >/dev/full) 2>/dev/null; echo \$?"
		ok "$program: its data on a closed stdout" is 74 "(try $program >&-) 2>/dev/null; echo \$?"
	fi
	ok "$program: an empty stdin" ends "$program"
	ok "$program: a closed stdin" ends sh -c "exec $program <&-"
	ok "$program: a folder for stdin" ends sh -c "exec $program <."
	ok "$program: leaves no file" is "cut direction hidden log logits scores text tokens" "rm -f out err; echo *"
done
ok "the beginning of several options" is "64 ll-sample: --min: is it --min-length or --min-p?" \
    "echo \$(status_of 'll-sample --min=3') \$(head -n 1 err)"
ok "the beginning of one is that one" is 0 "status_of 'll-tokenize --cou -p x'"
long=$(printf 'x%.0s' $(seq 255))
ok "a name as long as a name may be" is "0 0 2" "echo \$(status_of 'll-tokenize -p x -o $long') \$(status_of 'll-tokenize -p x --count -o $long') \$(cat $long)"
ok "one that is too long is told before the work" is "73 ll-tokenize: x$long: File name too long" \
    "echo \$(status_of 'll-tokenize -o x$long none.txt') \$(cat err)"
mkdir limited && echo '{"prompt": "one", "limit": 3}' >one.jsonl
for line in 'll-convert -o limited/x' 'll-forward --once -o limited/x tokens' 'll-tokenize -p x -o limited/x' \
    'll-train-bpe -n 300 -o limited/x text' 'll-batch -o limited/x one.jsonl'; do
	ok "a limit of the file size is told: $line" like "${line%% *}: limited/x: File too large 74" \
	    "echo \$({ sh -c 'ulimit -f 0; $line'; echo \$?; } 2>&1)"
done
ok "and nothing is left but an empty batch" is "0 limited/x" "find limited -type f -printf '%s %p\n'"
printf hello >both && ln -sf both link
for line in 'll-tokenize both -o both' 'll-tokenize -o both - <both' 'll-train-bpe -n 300 -o both both' 'll-train --steps 1 -o link both'; do
	ok "no output over what is read: $line" is "64 hello" "echo \$(status_of '$line') \$(cat both)"
done
cp "$LL_MODEL" model.gguf && ll-tokenize -p "one two" >given.lls
for line in 'll-tokenize -p x -o model.gguf' 'll-forward --once -o model.gguf given.lls' 'll-forward --imatrix model.gguf given.lls' \
    'll-sample --stop x -m model.gguf -o model.gguf logits' 'll-quantize --requantize -o ./model.gguf Q4_0' 'll-convert -o model.gguf' \
    'll-tune --steps 1 -o model.gguf text' 'll-train --steps 1 -o model.gguf text'; do
	ok "nor over the model: $line" is "64" "status_of 'LL_MODEL=model.gguf $line' && cmp model.gguf '$LL_MODEL'"
done
# What a link names is made, as by the shell, and the link stays.
mkdir folder && ln -s new link2 && ln -s ../folder/../link2 folder/link3 && ln -s none/new lost && ln -s circle circle
ok "a file is made where a link leads" is "0 a new" \
    "echo \$(status_of 'll-tokenize -p a --special -o folder/link3') \$(ll-tokenize -d -q --echo new) \$(readlink link2)"
ok "and nothing beside the links" is "folder/link3" "echo folder/*"
ok "and written anew" is "0 b new" \
    "echo \$(status_of 'll-tokenize -p b --special -o folder/link3') \$(ll-tokenize -d -q --echo new) \$(readlink link2)"
ok "a link to where no folder is is told before the work" is "73 ll-tokenize: lost: none/new: No such file or directory" \
    "echo \$(status_of 'll-tokenize -o lost none.txt') \$(cat err)"
ok "a link to itself, too" is "73 ll-tokenize: circle: Too many levels of symbolic links" \
    "echo \$(status_of 'll-tokenize -o circle none.txt') \$(cat err)"
ok "links that lead nowhere stay" is "none/new circle" "echo \$(readlink lost circle)"
done_testing
