#!/bin/sh
# A GGUF split into parts, as llama.cpp's gguf-split does it, is the same model as the whole one.
. "$TESTS/tap.sh"

cp "$LL_MODEL" whole.gguf
"$TESTS/splitgguf.py" whole.gguf 3 part

forward() {
	ll-tokenize -m "$1" -p "the river runs down" | ll-forward --once --all -m "$1" | ll-cat --canonical
}

# says STATUS TEXT COMMAND ...
says() {
	status=$1 text=$2
	shift 2
	"$@" >out 2>err
	[ $? -eq "$status" ] && grep -qF -- "$text" err && [ "$(wc -l <err)" -eq 1 ]
}

forward whole.gguf >whole.lls
for n in 1 2 3; do
	forward part-0000$n-of-00003.gguf >part.lls
	ok "part $n stands for the whole" cmp whole.lls part.lls
done
ok "ll-info tells the parts" eval "ll-info part-00002-of-00003.gguf | grep -q '^parts *3$'"
ok "same fingerprint" [ "$(ll-info whole.gguf | grep 'model id')" = "$(ll-info part-00001-of-00003.gguf | grep 'model id')" ]

mv part-00002-of-00003.gguf away
ok "a missing part is named" says 66 "part-00002-of-00003.gguf" ll-info part-00001-of-00003.gguf
cp part-00003-of-00003.gguf part-00002-of-00003.gguf
ok "a wrong part is named" says 65 "part-00002-of-00003.gguf: split.no: it is part 3 of 3, not 2 of 3" \
    ll-info part-00001-of-00003.gguf
cp away part-00002-of-00003.gguf
cp part-00001-of-00003.gguf other.gguf
ok "a part by another name" says 65 "its name must end in -00001-of-00003.gguf" ll-info other.gguf
"$TESTS/splitgguf.py" --double whole.gguf 3 twice
ok "a tensor in two parts" says 65 "is in twice-0000" ll-info twice-00001-of-00003.gguf
"$TESTS/splitgguf.py" --tensors 5 whole.gguf 3 count
ok "a wrong number of tensors" says 65 "split.tensors.count: 5, but the 3 parts have" ll-info count-00003-of-00003.gguf
done_testing
