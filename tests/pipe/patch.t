# A stage in another language between two layers: patch.py, written from ll-stream(5) alone.
TESTS=$(cd "$(dirname "$0")/.." && pwd)
. "$TESTS/tap.sh"
plan 28

patch() {
	python3 "$TESTS/patch.py" "$@"
}

# The hidden states between the first layer and the second; options of ll-forward.
states() {
	ll-tokenize -p "one two three" | ll-embed --once | ll-forward -L 0-0 "$@"
}

logits() {
	states | "$@" | ll-forward -L 1-
}

# Ten tokens after a prompt, with this stage between the layers.
answer() {
	ll-tokenize -p "one two three" | ll-embed | ll-forward -L 0-0 | "$@" |
		ll-forward -L 1- | ll-sample -n 10 --seed 1 | ll-tokenize -d
}

answers() {
	printf 'one\ntwo\nthree\n' | ll-tokenize -l | ll-embed -b 2 | ll-forward -L 0-0 | "$@" |
		ll-forward -L 1- | ll-sample -n 10 --seed 1 | ll-tokenize -d -l
}

# Adds a frame of a type that nobody knows, with these flags, behind the header.
with_unknown() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TESTS python3 -c '
import patch, sys
joint = patch.Joint()
joint.write_header(*joint.read_header(may_end=False))
frame = patch.SimpleNamespace(**dict.fromkeys(patch.FIELDS, 7))
frame.type, frame.flags, frame.payload = 999, int(sys.argv[1], 16), b"hello" * 1000
joint.write_frame(frame)
while joint.in_stream:
    joint.write_frame(joint.read_frame())
' "$1"
}

canonical() {
	ll-cat --canonical "$@"
}

states >states.lls
logits cat | canonical >logits.lls

# What it changes
ok "times 1 is as before" same "canonical states.lls" "patch --scale 1 <states.lls | canonical"
ok "times 2 is not" differ "canonical states.lls" "patch --scale 2 <states.lls | canonical"
ok "times 2 and a half is as before" \
	same "canonical states.lls" "patch --scale 2 <states.lls | patch --scale 0.5 | canonical"
for type in f16 bf16; do
	ok "$type: so it is" same "states --dtype $type | canonical" \
		"states --dtype $type | patch --scale 2 | patch --scale 0.5 | canonical"
	ok "$type: a component set to 0 changes it" differ "states --dtype $type | canonical" \
		"states --dtype $type | patch --zero 3 | canonical"
done
ok "the logits follow" differ "cat logits.lls" "logits patch --zero 3,7 | canonical"
ok "so they do from one position" differ "cat logits.lls" \
	"logits patch --zero 3,7 --position 1 | canonical"
ok "which is not all" differ "logits patch --zero 3,7 | canonical" \
	"logits patch --zero 3,7 --position 1 | canonical"
ok "a position that does not come changes nothing" same "cat logits.lls" \
	"logits patch --zero 3,7 --position 1000 | canonical"
ok "two streams are patched" same "cat states.lls states.lls | canonical" \
	"cat states.lls states.lls | patch | canonical"
ok "the header tells who was here" like "ll-patch --zero 3" \
	"patch --zero 3 <states.lls | ll-cat -t"

# The loop
ok "it generates as without a patch" same "answer cat" "answer patch --scale 1"
ok "three sequences do" same "answers cat" "answers patch --scale 1"
ok "patched, it generates otherwise" differ "answer cat" "answer patch --scale 0.1"

# Frames that it does not know
ok "an unknown frame goes through" same "with_unknown 0 <states.lls | canonical" \
	"with_unknown 0 <states.lls | patch | canonical"
fails 65 "type 999" "with_unknown 8000 <states.lls | patch | ll-forward -L 1-"

# Failures: told once, by the one that saw it, and known to all behind it
fails 65 "ll-patch: the input is truncated" "head -c 1500 states.lls | patch | ll-forward -L 1-"
fails 65 "ll-patch: the input is truncated" "head -c -128 states.lls | patch | ll-forward -L 1-"
fails 65 "ll-patch: the input is truncated" \
	"{ sh -c 'head -c 1500 states.lls; kill -9 \$\$'; } 2>killed | patch | ll-forward -L 1-"
fails 65 "header is damaged" "tr '\077' '\076' <states.lls | patch"
fails 65 "payload is damaged" \
	"{ head -c -400 states.lls; printf damage; tail -c 394 states.lls; } | patch"
fails 65 "no ll-stream" "echo hello | patch"
fails 65 "hidden states" "ll-tokenize -p one | patch"
fails 65 "ll-embed: " "ll-tokenize -p one | head -c -128 | ll-embed --once | patch >streams"
fails 66 "none.gguf" "ll-tokenize -p one | ll-embed -m none.gguf | ll-forward -L 0-0 | patch |
	ll-forward -L 1- | ll-sample | ll-tokenize -d"

# The reader takes nothing and leaves after a second, when all is written; the input stays open.
leave() {
	mkfifo idle
	{
		timeout 20 python3 "$TESTS/patch.py" <idle
		echo $? >status
	} | sleep 1 &
	exec 3>idle
	cat states.lls >&3
	wait
	exec 3>&-
	cat status
}
ok "it ends when its reader leaves" is 141 leave
