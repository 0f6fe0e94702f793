#!/bin/sh
# The recipes that come with ll, each at a small size.
. "$TESTS/tap.sh"

shared=$(cd "$(dirname "$(command -v ll-forward)")/../share/ll" && pwd)
recipes=$shared/recipes
style=$recipes/style
tales=$shared/tales/tales

# as_answers: conversations on stdin as answers of ll-batch
as_answers() {
	jq -c '{text: .messages[1].content}'
}

status_of() {
	"$@" >/dev/null 2>told </dev/null
	echo $?
}

# column N NAME: of the line NAME of the file out
column() {
	awk -F '\t' -v n="$1" -v name="$2" '$1 == name { print $n }' out
}

# less A B: whether the number A is below B
less() {
	[ -n "$1" ] && awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'
}

for recipe in synthesise tune distil quantise evaluate loop smollm2-style; do
	ok "$recipe has fewer than 60 lines" test "$(wc -l <"$recipes/$recipe")" -lt 60
	ok "$recipe without operands" is "64 usage: $recipe" "echo \$(status_of '$recipes/$recipe') \$(cut -d ' ' -f 1,2 told)"
done

ok "quantise with nothing to make smaller" is "66 quantise: neither tuned.gguf nor student.gguf is there" \
    "mkdir empty; echo \$(status_of '$recipes/quantise' empty) \$(cat told)"
ok "a model that is not there has the status of the program" is "66 66" \
    "LL_MODEL=none.gguf; echo \$(status_of '$recipes/synthesise' empty) \$(status_of '$recipes/evaluate' empty none.gguf)"

"$style" write >taught
"$style" write --held-out >held
ok "what is taught has the style" is "style	320	320" "as_answers <taught >a; '$style' check a"
ok "what is held out, too" is "style	24	24" "as_answers <held >a; '$style' check a"
ok "no question is in both" is 344 "cat taught held | jq -r '.messages[0].content' | sort -u | wc -l"
ok "one seed, one order" same "'$style' write -n 9 --seed 4" "'$style' write --seed 4 | head -n 9"
ok "another seed, another order" differ "'$style' write -n 9 --seed 4" "'$style' write -n 9 --seed 5"
# refused SED: how many of the held-out ones still have the style, when changed
refused() {
	as_answers <held | sed "$1" >a
	"$style" check a
}
ok "not without the closing line" is "style	0	24" "refused 's/.nShort and true.*you\.//'"
ok "nor with another line" is "style	0	24" "refused 's/.n3\. /\\\\nAnd&/'"
ok "nor with a long one" is "style	0	24" "refused 's/1\. /1. One two three four five six seven eight /'"
ok "nor without numbers" is "style	0	24" "refused 's/2\. //'"
ok "a wrong command line" is "64 style:" "echo \$(status_of '$style' nix) \$(tail -n 1 told | cut -d ' ' -f 1)"
ok "a count below 0" is "64 style: argument -n: invalid count value: '-1'" \
    "echo \$(status_of '$style' write -n -1) \$(tail -n 1 told)"
echo '{"id": 1}' >bad
ok "no answers" is "65 style: bad:1: not an answer of ll-batch" "echo \$(status_of '$style' check bad) \$(cat told)"
ok "a full disk" is "74 style: standard output: No space left on device" "'$style' write >/dev/full 2>told; echo \$? \$(cat told)"
ok "a closed output" is "74 style: standard output: is closed" "'$style' write 2>told >&-; echo \$? \$(cat told)"
ok "no file" is "66 style: none: No such file or directory" "echo \$(status_of '$style' check none) \$(cat told)"

# What follows needs no model that has learned anything.
mkdir work
ok "no model to quantise" is "66 quantise: neither tuned.gguf nor student.gguf is there" \
	"echo \$(status_of '$recipes/quantise' work) \$(cat told)"
ok "evaluate ends with the status of what failed" is 66 "status_of '$recipes/evaluate' work none"
head -n 12 taught >work/made.jsonl
cp "$LL_MODEL" work/tuned.gguf
ok "quantise tells sizes" eval "'$recipes/quantise' work tuned >out"
ok "  as they are" is "$(wc -c <work/tuned.small.gguf)" "column 2 tuned.small.gguf"
ok "  smaller than before" less "$(column 2 tuned.small.gguf)" "$(column 2 tuned.gguf)"

cp "$LL_MODEL" "work/two words.gguf"
ok "quantise with a blank in a name" is "two words.gguf two words.small.gguf" \
    "'$recipes/quantise' work 'two words' | cut -f 1 | paste -s -d ' '"

if command -v ll-tune >/dev/null; then
	rm work/*.gguf
	cp "$LL_MODEL" here.gguf
	ok "tune, a model of this folder" eval "LL_MODEL=here.gguf EPOCHS=4 BATCH=4 RATE=1e-2 '$recipes/tune' work >out"
	ok "  lowers the loss" less "$(column 3 loss)" "$(column 2 loss)"
	ok "  and merges the adapter" differ "cat work/tuned.gguf" "cat '$LL_MODEL'"
	ok "smollm2-style with another model" eval \
	    "COUNT=16 HELD=2 TALES=1 LIMIT=8 RATE=1e-2 '$recipes/smollm2-style' style '$LL_MODEL' >out"
	ok "  has taught something" less "$(column 4 after)" "$(column 4 before)"
	ok "  and tells of other text" less 1 "$(column 5 after)"
	ok "  and of the style" is "0 2" "echo \$(column 2 after) \$(column 3 after)"
	ok "  half of it is between" less "$(column 4 half)" "$(column 4 before)"
else
	skip 8 "no ll-tune"
fi

if command -v ll-distill >/dev/null; then
	"$TESTS/mkgguf.py" --preset test --seed 5 student.gguf
	ok "distil" eval "STEPS=6 BATCH=4 '$recipes/distil' work student.gguf >out"
	ok "  lowers the loss" less "$(column 3 loss)" "$(column 2 loss)"
	ok "  of another file" differ "cat student.gguf" "cat work/student.gguf"
else
	skip 3 "no ll-distill"
fi

# What follows needs answers that are worth something.
if [ -e "$shared/ll-4m.gguf" ] && command -v ll-tune >/dev/null && command -v ll-distill >/dev/null; then
	unset LL_MODEL
	COUNT=10 EPOCHS=1 STEPS=2 SURE=-0.1
	export COUNT EPOCHS STEPS SURE
	student=ll-1m
	[ -e "$shared/ll-1m.gguf" ] || student=$shared/ll-1m.yaml
	echo "model: none.gguf" >ll.yaml
	ok "loop, whatever the settings name" eval "LL_CONFIG=\$PWD/ll.yaml '$recipes/loop' loop '$student' >out"
	ok "  asks twenty times" is 20 "column 2 prompts"
	ok "  keeps some of the answers" less 0 "$(column 2 made)"
	ok "  not more than it was sure of" less "$(column 2 made)" "$(($(column 2 sure) + 1))"
	ok "  nor the ones it was not" less "$(column 2 sure)" 20
	ok "  that are as they were given" is "$(wc -l <loop/made.jsonl)" "jq -r .messages[-1].content loop/made.jsonl >a
	    jq -r .text loop/answers.jsonl | grep -c -x -F -f - a"
	ok "  has a first model" is 0 "column 5 ll-4m"
	ok "  and others that differ from it" less 0 "$(column 5 tuned)"
	ok "  of 20 questions each" is "20 20 20" "echo \$(column 4 ll-4m) \$(column 4 tuned) \$(column 4 student)"
	ok "  nothing is left of it but files" is "" "find loop -type p"
	cp "$shared/ll-4m.gguf" here.gguf
	ok "  another seed in the folder, and a model of this one" is 20 \
	    "LL_MODEL=here.gguf SEED=2 '$recipes/synthesise' loop >out; column 2 prompts"
	# In German the point is a comma and the last line of wc is "insgesamt".
	if localedef -i de_DE -f UTF-8 "$PWD/de_DE.UTF-8" 2>/dev/null >&2; then
		ok "  in another language, too" is "prompts sure made" \
		    "LOCPATH=\$PWD LC_ALL=de_DE.UTF-8 SEED=2 '$recipes/synthesise' loop | cut -f 1 | paste -s -d ' '"
	else
		skip 1 "no locales to make"
	fi
	ok "nothing left is an error" is "65 synthesise: none/made.jsonl: nothing is left" \
	    "echo \$(SAFE=1.1 status_of '$recipes/synthesise' none) \$(tail -n 1 told)"
else
	skip 13 "no ll-4m.gguf, ll-tune or ll-distill"
fi

done_testing
