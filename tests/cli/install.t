#!/bin/sh
# What a newcomer does first: make install, to a folder with a space in its name, and uninstall;
# share/fetch without a place to put files; share/need with a python3 that lacks packages.
. "$TESTS/tap.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL
bin=${PATH%%:*}
root="$PWD/a root"

# built TARGET: of the build that is tested, as it is
built() {
	make -s -C "$TESTS/.." -o all OUT="${bin%/bin}" DESTDIR="$root" PREFIX=/a/prefix "$1"
}

ok "install" built install
programs="$root/a/prefix/bin"
ok "  every program" same "ls '$bin'" "ls '$programs'"
ok "  that finds what comes with it" is "ll-4m ll-1m" \
	"echo \$('$programs/ll-info' --completion models | grep ll-)"
ok "  nothing beside it" is "a root" "ls"
ok "  every page" same "ls '$TESTS/../man'" "cd '$root/a/prefix/share/man' && ls man* | grep '^ll' | sort"
ok "uninstall" built uninstall
ok "  leaves no file" is "" "find '$root' -type f"

touch file
ok "fetch tells where it cannot put a file" is "69 fetch: file/ll: Not a directory" \
	"XDG_CACHE_HOME=file '$TESTS/../share/fetch' smollm2 2>told; echo \$? \$(cat told)"

# A python3 that is not the system's, and lacks everything.
mkdir other
printf '#!/bin/sh\nexit 1\n' >other/python3
chmod +x other/python3
ok "need tells whose python3 lacks a package" is "need: python3 is $PWD/other/python3, which has none of Debian's packages" \
	"PATH='$PWD/other:$PATH' '$TESTS/../share/need' -n fetch 2>&1 | tail -n 1"

# A checkout in a folder with a space in its name; nothing is fetched for it.
mkdir "sp ace" "sp ace/build" && ln -s "$bin" "sp ace/build/bin" && ln -s "$(cd "$TESTS/.." && pwd -P)" "sp ace/ll"
cat >"sp ace/one.t" <<'END'
. "$TESTS/tap.sh"
plan 1
ok "names are words" is "there" "[ -x $TESTS/mkgguf.py ] && ll-info $LL_MODEL | grep -q '^model id' && echo there"
END
ok "tests run there" like "1 passed, 0 failed" "XDG_CACHE_HOME='$PWD/file' 'sp ace/ll/tests/run' 'sp ace/build' \"\$PWD/sp ace/one.t\""
ok "a build cannot lie in one" like "it must be one name without a space" "make -C '$TESTS/..' OUT='a b' help 2>&1 || :"

done_testing
