#!/bin/sh
# ll-bench --tokenize (1): what it prints, and what it refuses. The speeds are not judged.
. "$TESTS/tap.sh"

"$TESTS/mkgguf.py" --preset tiny --vocab-only tiny.gguf
printf 'Hello, world. Hello again.\n' >hello
printf 'x' >one
: >empty

# field EXPRESSION: of the JSON objects `o`, one a line
field() {
	ll-bench -r 2 -m tiny.gguf --json --tokenize hello one |
		python3 -c "import json, sys; o = [json.loads(line) for line in sys.stdin]; print($1)"
}

ok "a line for each file" is "4" "ll-bench -r 2 -m tiny.gguf --tokenize hello one | wc -l"
ok "files in order" is "['hello', 'one']" "field '[f[\"file\"] for f in o]'"
ok "bytes" is "[27, 1]" "field '[f[\"bytes\"] for f in o]'"
ok "tokens" is "1" "field 'o[1][\"tokens\"]'"
ok "speeds are numbers above zero" is "True" \
	"field 'all(f[k] > 0 for f in o for k in (\"open_ms\", \"first_mb_s\", \"median_mb_s\"))'"
fails 64 "--tokenize: no file to encode" "ll-bench -m tiny.gguf --tokenize"
fails 64 "hello: texts are for --tokenize" "ll-bench -m tiny.gguf hello"
fails 65 "empty: there is no text in it" "ll-bench -m tiny.gguf --tokenize empty"
fails 66 "missing: No such file or directory" "ll-bench -m tiny.gguf --tokenize missing"
fails 66 "missing.gguf: No such file or directory" "ll-bench -m missing.gguf --tokenize hello"
done_testing
