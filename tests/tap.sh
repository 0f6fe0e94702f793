# What the shell tests are written with. A test file sources it, says how many tests it has,
# and reads like a manual page:
#
#	. "$TESTS/tap.sh"
#	plan 4
#	ok "the model is there" test -s "$LL_MODEL"
#	ok "there and back is where we were" same "hidden" "hidden | ll-cat --canonical"
#	ok "the help names the option" like "--help" "ll-cat -h"
#	fails 66 "none.lls: No such file or directory" "ll-cat none.lls"
#
# A quoted command line is evaluated by this shell, so functions serve in it; its status is
# that of its last stage, its stdin is empty. Everything runs in a fresh folder that is
# removed at the end. Names that begin with tap_ are this file's own.

LC_ALL=C
export LC_ALL
tap_dir=$(mktemp -d "${TMPDIR:-/tmp}/ll-test.XXXXXX") || exit 1
trap 'cd / && rm -rf "$tap_dir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$tap_dir/home" && cd "$tap_dir/home" || exit 1
HOME=$tap_dir/home
export HOME
tap_count=0

plan() {
	echo "1..$1"
}

# Instead of plan, at the end of a file whose number of tests depends on the machine.
done_testing() {
	echo "1..$tap_count"
}

# skip_all WHY: the whole file; nothing may have been tested yet.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# skip COUNT WHY: tests that the caller leaves out.
skip() {
	for _ in $(seq "$1"); do
		tap_count=$((tap_count + 1))
		echo "ok $tap_count # SKIP $2"
	done
}

# have FILE: whether a fetched file is there, as in: have "$LL_TEST_SMOLLM" || skip 3 "no SmolLM2"
have() {
	[ -n "$1" ] && [ -e "$1" ]
}

# A line of TAP; the test has failed if $tap_dir/why is not empty.
tap_result() {
	tap_count=$((tap_count + 1))
	if [ -s "$tap_dir/why" ]; then
		echo "not ok $tap_count - $1"
		head -n 30 "$tap_dir/why" | cut -c 1-300 | tr -c '\n -~' '?' | sed 's/^/# /'
	else
		echo "ok $tap_count - $1"
	fi
}

# ok NAME COMMAND ARGUMENT...: the command succeeds.
ok() {
	tap_name=$1
	shift
	"$@" >"$tap_dir/told" 2>&1 </dev/null
	tap_status=$?
	[ $tap_status -eq 0 ] || {
		echo "status $tap_status of: $*"
		cat "$tap_dir/told"
	} >"$tap_dir/why"
	tap_result "$tap_name"
	: >"$tap_dir/why"
}

# not COMMAND ARGUMENT...: it fails with an ordinary status, not by a signal or a sanitizer.
not() {
	"$@"
	tap_status=$?
	[ $tap_status -gt 0 ] && [ $tap_status -lt 99 ]
}

# Runs a command line; its output goes to the file "$tap_dir/$1". Tells its errors.
tap_output() {
	(eval "$2") >"$tap_dir/$1" 2>"$tap_dir/err" </dev/null
	tap_status=$?
	[ $tap_status -eq 0 ] || {
		echo "status $tap_status of: $2"
		cat "$tap_dir/err"
		return 1
	}
}

# same A B: both succeed and write the same bytes.
same() {
	tap_output a "$1" && tap_output b "$2" && cmp "$tap_dir/a" "$tap_dir/b"
}

# differ A B: both succeed and write different bytes.
differ() {
	tap_output a "$1" && tap_output b "$2" && ! cmp -s "$tap_dir/a" "$tap_dir/b"
}

# near TOLERANCE A B: both succeed and write the same stream, each number within the tolerance.
near() {
	tap_output a "$2" && tap_output b "$3" && ll-diff --tolerance "$1" "$tap_dir/a" "$tap_dir/b"
}

tap_got() {
	echo "wanted: $1"
	echo "got:"
	head -c 2000 "$tap_dir/a"
	return 1
}

# is TEXT A: succeeds and writes this text; newlines at the end do not count.
is() {
	tap_output a "$2" || return
	[ "$(cat "$tap_dir/a")" = "$1" ] || tap_got "$1"
}

# like TEXT A: succeeds and writes this text somewhere in a line.
like() {
	tap_output a "$2" || return
	grep -q -F -e "$1" "$tap_dir/a" || tap_got "$1"
}

# quiet A: succeeds and writes nothing on stderr.
quiet() {
	tap_output a "$1" || return
	[ ! -s "$tap_dir/err" ] || ! cat "$tap_dir/err"
}

tap_wrong_failure() {
	[ "$tap_status" -eq "$1" ] || echo "status $tap_status, not $1"
	grep -q -F -e "$2" "$tap_dir/err" || echo "no '$2' on stderr"
	grep -q '^ll-[a-z-]*: ' "$tap_dir/err" || echo "no program's name on stderr"
	# A wrong command line is told with the usage; everything else in one line, by one stage.
	[ "$1" -eq 64 ] || [ "$(wc -l <"$tap_dir/err")" -eq 1 ] || echo "not one line on stderr"
}

# fails STATUS TEXT A: ends with this status, and says why once, with this text.
fails() {
	(eval "$3") >"$tap_dir/a" 2>"$tap_dir/err" </dev/null
	tap_status=$?
	tap_wrong_failure "$1" "$2" >"$tap_dir/why"
	[ ! -s "$tap_dir/why" ] || {
		echo "$3"
		cat "$tap_dir/err"
	} >>"$tap_dir/why"
	tap_result "fails with $1: $2"
	: >"$tap_dir/why"
}

# zeros N: so many f32 that are 0
zeros() {
	head -c $((4 * $1)) /dev/zero
}
