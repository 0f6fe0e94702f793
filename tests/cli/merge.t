#!/bin/sh
# ll-convert --lora: a merged model says what ll-forward --lora says.
. "$TESTS/tap.sh"

"$TESTS/mkgguf.py" --type f32 --dim 64 --heads 4 --kv-heads 2 --layers 2 floats.gguf
"$TESTS/mklora.py" --targets attn_q,attn_k,attn_v,attn_output,ffn_gate,ffn_up,ffn_down,output floats.gguf a.gguf
"$TESTS/mklora.py" --seed 2 --type f16 --targets attn_k,ffn_up --layers 1 floats.gguf b.gguf

cat >differing.py <<'END'
import os, sys
sys.path.insert(0, os.environ["TESTS"])
from splitgguf import read
print(*[name.decode() for (name, _, a), (_, _, b) in zip(read(sys.argv[1])[2], read(sys.argv[2])[2]) if a != b])
END
near_rows() {
	tap_output a "$2" && tap_output b "$3" && "$TESTS/near.py" "$1" "$tap_dir/a" "$tap_dir/b"
}
f32() {
	model=$1
	shift
	ll-tokenize -m "$model" -p "the river runs down" | ll-forward --all --precision f32 -m "$model" "$@" |
	    ll-cat --json | grep '"values"'
}

loras="--lora a.gguf:0.5 --lora b.gguf:-1"
ok "merged" ll-convert $loras -m floats.gguf -o merged.gguf
ok "gives the logits" near_rows 1e-4 "f32 floats.gguf $loras" "f32 merged.gguf"
ok "and not those of the base" not near_rows 1e-1 "f32 floats.gguf" "f32 merged.gguf"
ok "the same on any number of threads" same "ll-convert -j 1 $loras -m floats.gguf" "ll-convert -j 3 $loras -m floats.gguf"
ok "into a folder" ll-convert $loras --to safetensors -m floats.gguf -o folder
ok "gives the logits" near_rows 1e-4 "f32 floats.gguf $loras" "f32 folder"
ll-convert -m floats.gguf --to safetensors -o base
ok "from a folder" ll-convert $loras -m base -o again.gguf
ok "gives the logits" near_rows 1e-4 "f32 floats.gguf $loras" "f32 again.gguf"
ok "in panels" ll-convert --pack $loras -m floats.gguf -o packed.gguf
ok "gives the same" same "f32 merged.gguf" "f32 packed.gguf"
ok "from panels" same "f32 merged.gguf" "ll-convert --pack -m floats.gguf -o p.gguf; ll-convert $loras -m p.gguf -o p2.gguf; f32 p2.gguf"
ok "taken out again" near_rows 1e-3 "f32 floats.gguf" \
    "ll-convert --lora a.gguf:-0.5 --lora b.gguf -m merged.gguf -o back.gguf; f32 back.gguf"
ok "scale 0 changes nothing" same "ll-convert --lora a.gguf:0 -m floats.gguf" "ll-convert -m floats.gguf"
ok "in f16" near_rows 1e-1 "f32 floats.gguf $loras" "ll-convert --dtype f16 $loras -m floats.gguf -o h.gguf; f32 h.gguf"
ok "its type stays" is "$(ll-info -m floats.gguf | grep ^type)" "ll-info -m merged.gguf | grep ^type"
# What few bits lose is more than what is asked of floats, and less than the adapter is.
"$TESTS/mkgguf.py" --type q8_0 --dim 64 --heads 4 --kv-heads 2 --layers 2 eight.gguf
ok "requantised" near_rows 0.5 "f32 eight.gguf --lora a.gguf:0.5" \
    "ll-convert --lora a.gguf:0.5 -m eight.gguf -o m8.gguf; f32 m8.gguf"
ok "its type stays" is "$(ll-info -m eight.gguf | grep ^type)" "ll-info -m m8.gguf | grep ^type"
ok "matrices that no adapter is for stay what they are" is "blk.1.attn_k.weight blk.1.ffn_up.weight" \
    "ll-convert --lora b.gguf -m eight.gguf -o one.gguf; python3 differing.py eight.gguf one.gguf"

fails 65 "a.gguf: output.weight.lora_a: shape is 64 x 4, but the model's matrix has 32 columns" \
    "$TESTS/mkgguf.py --preset tiny tiny.gguf; ll-convert --lora a.gguf -m tiny.gguf -o out.gguf"
fails 65 "general.type: key is missing: no adapter" "ll-convert --lora floats.gguf -m floats.gguf -o out.gguf"
fails 66 "none.such: No such file" "ll-convert --lora none.such -m floats.gguf -o out.gguf"
fails 64 "--lora: scale 'x' is not a number" "ll-convert --lora a.gguf:x -m floats.gguf -o out.gguf"
fails 65 "cannot be held by F16" "ll-convert --dtype f16 --lora a.gguf:1e6 -m floats.gguf -o out.gguf"
fails 69 "a.gguf: general.type: adapter, which is no model but goes with one, by --lora" "ll-convert -m a.gguf -o out.gguf"
"$TESTS/mkgguf.py" --type iq2_xs --dim 256 --heads 4 --kv-heads 2 --layers 1 --ffn 256 few.gguf
"$TESTS/mklora.py" few.gguf c.gguf
fails 69 "few.gguf: blk.0.attn_q.weight: is IQ2_XS, which cannot be made of what is merged: say --dtype" \
    "ll-convert --lora c.gguf -m few.gguf -o out.gguf"
ok "nothing is left of what failed" not test -e out.gguf
ok "with --dtype" near_rows 1e-3 "f32 few.gguf --lora c.gguf" \
    "ll-convert --dtype f32 --lora c.gguf -m few.gguf -o out.gguf; f32 out.gguf"
done_testing
