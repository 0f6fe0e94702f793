#!/bin/sh
# ll-forward --imatrix, and what ll-quantize has to do with it.
. "$TESTS/tap.sh"

"$TESTS/mkgguf.py" --preset tiny --layers 3 --type f32 tiny.gguf
"$TESTS/mkgguf.py" --preset tiny --layers 1 --type f32 --tied tied.gguf
for i in 1 2 3 4 5 6 7 8 9; do
	echo "The quick brown fox jumps over the lazy dog, $i times."
done >text

# windows MODEL N: the text in sequences of N tokens
windows() {
	ll-tokenize -m "$1" --ids text | xargs -n "$2" | awk -v n="$2" 'NF == n' | ll-tokenize -m "$1" -l --from-ids
}

# collected FILE OPTION...: the importance matrix of the windows, with options of ll-forward
collected() {
	collected_to=$1
	shift
	windows tiny.gguf 24 | ll-forward -m tiny.gguf --imatrix "$collected_to" "$@" >/dev/null
}

collected one.gguf
collected two.gguf -b 1 -j 1 --chunk 5
ok "batch, threads and chunk change no byte" cmp one.gguf two.gguf
collected two.gguf -b 3 -j 4 --all -k 1
ok "nor do these and --all" cmp one.gguf two.gguf
collected two.gguf --hidden --chunk 7
ok "nor does --hidden" cmp one.gguf two.gguf
# Two times the same text is twice as much, though a prefix could be shared.
windows tiny.gguf 24 >tokens
cat tokens tokens | ll-forward -m tiny.gguf --imatrix two.gguf >/dev/null
head -c 60 text >short
for i in 1 2; do
	ll-tokenize -m tiny.gguf --ids short
done | ll-tokenize -m tiny.gguf -l --from-ids >twice
ll-forward -m tiny.gguf --imatrix three.gguf twice >/dev/null
ll-tokenize -m tiny.gguf short | ll-forward -m tiny.gguf --imatrix four.gguf >/dev/null
ln -s four.gguf link
fails 64 "--imatrix: is the output's name, too" "ll-forward -m tiny.gguf --imatrix four.gguf -o link tokens"

cat >sums.py <<'END'
import struct, sys


def read(path):
    data = open(path, "rb").read()
    at = 8

    def take(form):
        nonlocal at
        value = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize("<" + form)
        return value

    def text():
        nonlocal at
        (length,) = take("Q")
        at += length
        return data[at - length:at].decode()

    tensors, keys = take("QQ")
    meta, place, out = {}, [], {}
    for _ in range(keys):
        key = text()
        (kind,) = take("I")
        if kind == 8:
            meta[key] = text()
        elif kind == 4:
            meta[key] = take("I")[0]
        elif kind == 9:
            meta[key] = take("IQ")
    for _ in range(tensors):
        name = text()
        (dims,) = take("I")
        shape = take("Q" * dims)
        kind, offset = take("IQ")
        place.append((name, shape[0], offset))
    at = (at + 31) // 32 * 32
    for name, count, offset in place:
        out[name] = struct.unpack_from("<%df" % count, data, at + offset)
    return meta, out, [name for name, _, _ in place]


def near(a, b):
    return all(abs(x - y) <= 1e-6 * abs(y) for x, y in zip(a, b)) and len(a) == len(b)


if sys.argv[1] == "meta":
    meta, _, _ = read(sys.argv[2])
    print(*("%s=%s" % item for item in sorted(meta.items())))
elif sys.argv[1] == "times":
    _, a, _ = read(sys.argv[2])
    _, b, _ = read(sys.argv[3])
    sys.exit(not all(near([2 * x for x in a[name]], b[name]) for name in b))
elif sys.argv[1] == "within":
    _, a, _ = read(sys.argv[2])
    _, b, _ = read(sys.argv[3])
    sys.exit(any(a[name] != b[name] for name in a))
elif sys.argv[1] == "names":
    print(*read(sys.argv[2])[2], sep="\n")
else:
    # Rows of hidden states as text: their squares are the entry's.
    rows = [[float(x) for x in line.split()] for line in sys.stdin]
    _, sums, _ = read(sys.argv[2])
    sys.exit(not near(sums[sys.argv[3] + ".in_sum2"], [sum(x * x for x in column) for column in zip(*rows)]) or
             sums[sys.argv[3] + ".counts"] != (len(rows),))
END
windows=$(($(ll-tokenize -m tiny.gguf --count text) / 24))
ok "what it says of itself" is \
	"general.type=imatrix imatrix.chunk_count=$windows imatrix.chunk_size=24 imatrix.datasets=(8, 0)" \
	"python3 sums.py meta one.gguf"
ok "several streams are added up" eval "python3 sums.py times one.gguf two.gguf"
ok "no prefix is shared" eval "python3 sums.py times four.gguf three.gguf"
ok "names in order, sums before counts" is "blk.0.attn_k.weight.in_sum2 blk.0.attn_k.weight.counts" \
	"python3 sums.py names one.gguf | head -n 2 | xargs"
ok "every matrix but the embedding" same "python3 sums.py names one.gguf | sed -n 's/.in_sum2//p'" \
	"ll-info --tensors tiny.gguf | awk '\$1 == \"tensor\" && !/norm|token_embd/ { print \$2 }' | sort"

# rows: hidden states of a stream as text, a line for each position
rows() {
	ll-cat --json | python3 -c '
import json, sys
for line in sys.stdin:
    frame = json.loads(line)
    if frame.get("type") == "HIDDEN":
        for row in frame["values"]:
            print(*row)'
}
ok "what meets the output" eval "ll-forward -m tiny.gguf --hidden tokens | rows |
	python3 sums.py sums one.gguf output.weight"
windows tied.gguf 24 >tokens-tied
ll-forward -m tied.gguf --imatrix tied.gguf.im tokens-tied >/dev/null
ok "which the embedding may be" eval "ll-forward -m tied.gguf --hidden tokens-tied | rows |
	python3 sums.py sums tied.gguf.im token_embd.weight"
ll-forward -m tiny.gguf -L 0-1 --imatrix part.gguf tokens >/dev/null
ok "the layers that are run" is "blk.0 blk.1" "python3 sums.py names part.gguf | cut -d. -f1,2 | sort -u | xargs"
ok "with the same sums" eval "python3 sums.py within part.gguf one.gguf"

ok "ll-quantize takes it" quiet "ll-quantize -q -m tiny.gguf --imatrix one.gguf -o small.gguf Q4_0"
ok "and it counts" eval "ll-quantize -q -m tiny.gguf -o plain.gguf Q4_0; ! cmp -s plain.gguf small.gguf"
ok "it lacks nothing" eval "! ll-quantize --dry-run -m tiny.gguf --imatrix one.gguf Q4_0 2>&1 >/dev/null | grep lacks"

fails 64 "--imatrix has no effect behind the head of the pipe" \
	"ll-forward -m tiny.gguf -L 0-1 tokens | ll-forward -m tiny.gguf --imatrix x >out"
fails 64 "--imatrix: standard output is the stream's" "ll-forward -m tiny.gguf --imatrix - tokens >out"
fails 73 "none/x: No such file or directory" "ll-forward -m tiny.gguf --imatrix none/x tokens >out"
ll-tokenize -m tiny.gguf short >short-tokens
fails 73 ".: Is a directory" "ll-forward -m tiny.gguf -c 20 --imatrix . short-tokens >out"
fails 65 "context is full" "ll-forward -m tiny.gguf -c 20 --imatrix x short-tokens >out"
ok "leaves no file then" test ! -e x

done_testing
