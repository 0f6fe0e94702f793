#!/bin/sh
# What else may stand at the ends of a pipe and between its stages: readers that leave, full
# disks, tee(1), recordings, several streams, slow and tiny writes.
. "$TESTS/tap.sh"

soon="timeout -k 1 20"
endless() {
	yes one two three | $soon ll-tokenize -l
}
answers() {
	$soon ll-sample --seed 3 -n 12 | $soon ll-tokenize -d -l
}
printf 'one two\nthree\nfour five six\n' >lines
ll-tokenize -l lines >tokens.lls
ll-forward <tokens.lls | tee run.lls | answers >expected
ll-embed --once tokens.lls >states.lls

# A reader that leaves: all stages end at once, and nobody says anything.
ok "head: ll-tokenize" quiet "endless | head -c 10 >out"
ok "head: ll-embed" quiet "endless | $soon ll-embed | head -c 10 >out"
ok "head: ll-forward" quiet "endless | $soon ll-forward | head -c 10 >out"
ok "head: ll-forward -L 1-" quiet "endless | $soon ll-embed | $soon ll-forward -L 0 |
	$soon ll-forward -L 1- | head -c 10 >out"
ok "head: ll-sample" quiet "endless | $soon ll-forward | $soon ll-sample | head -c 10 >out"
ok "head: ll-tokenize -d" quiet "endless | $soon ll-forward | answers | head -c 10 >out"
ok "head: a line of ll-tokenize -d" quiet "endless | $soon ll-forward | answers | head -n 1 >out"
for form in -t --json; do
	ok "head: ll-cat $form" quiet "endless | $soon ll-cat $form | head -c 10 >out"
done
ok "head: ll-cat" quiet "endless | $soon ll-cat | head -c 10 >out"
ok "head: ll-info" quiet "$soon ll-info --tensors --json $LL_MODEL | head -c 10 >out"
ok "head: ll-chat" quiet "echo one | $soon ll-chat | head -c 1 >out"
ok "a reader that never was" quiet "endless | $soon ll-forward | answers | true"
ok "SIGPIPE ignored: it ends as quietly" quiet "(trap '' PIPE; endless | $soon ll-forward |
	answers 2>&1 | head -n 1 >out) 2>told; ! grep ll- told"

# A full disk: the stage that meets it tells; those before end as by SIGPIPE.
fails 74 "ll-tokenize: standard output: No space left" "endless >/dev/full"
fails 74 "ll-embed: standard output: No space left" "endless | $soon ll-embed >/dev/full"
fails 74 "ll-forward: standard output: No space left" "endless | $soon ll-forward >/dev/full"
fails 74 "ll-sample: standard output: No space left" \
	"endless | $soon ll-forward | $soon ll-sample >/dev/full"
fails 74 "ll-tokenize: standard output: No space left" "endless | $soon ll-forward | answers >/dev/full"
for form in -t --json --canonical --npy --verify; do
	fails 74 "ll-cat: standard output: No space left" "ll-cat $form states.lls >/dev/full"
done
fails 74 "ll-diff: standard output: No space left" "ll-diff states.lls tokens.lls >/dev/full"
fails 74 "ll-chat: standard output: No space left" "echo one | $soon ll-chat >/dev/full"

# Without stdin, without stdout
fails 74 "ll-forward: standard input: Bad file descriptor" "ll-forward <&-"
fails 74 "ll-forward: standard output: Bad file descriptor" "ll-forward <tokens.lls >&-"
fails 74 "ll-sample: standard output: Bad file descriptor" "ll-forward <tokens.lls | ll-sample >&-"

# A branch that watches, and one where the stream ends
watched() {
	mkfifo branch
	$soon ll-cat -t "$@" branch >shown &
	$soon ll-forward $head <tokens.lls | tee branch | answers
	wait
	rm branch
}
head=
ok "tee: a watching branch" same "cat expected" "watched --watch"
ok "tee: it saw everything" like "END     code 0 sequences 3" "cat shown"
head=--loop
ok "tee: a declining branch and --loop" same "cat expected" "watched"
ok "tee: that saw everything, too" like "END     code 0 sequences 3" "cat shown"
ok "nobody feeds: declined" is 3 "$soon ll-forward <tokens.lls | $soon ll-cat -t |
	grep -c 'END .*reason declined prompt [1-9][0-9]* generated 0'"
ok "nobody feeds: the prompts' logits are there" is 3 "$soon ll-forward <tokens.lls |
	$soon ll-cat -t | grep -c LOGITS"
ok "into a file: as --once" is 3 "ll-forward -o file.lls tokens.lls && ll-cat -t file.lls |
	grep -c 'reason complete'"

# passed STAGE...: a stage that passes the stream on into a file, which is where it ends
passed() {
	$soon ll-forward <tokens.lls 2>err | $soon "$@" && ll-cat -t file.lls | grep -c 'reason declined'
}
ok "passed on into a file by ll-cat: declined" is 3 "passed ll-cat -o file.lls"
ok "and by ll-topk" is 3 "passed ll-topk -k 5 -o file.lls"
ok "into a file by what is no stage: the user is told" like "waits for a stage that samples, and none has come: with --once" \
	"timeout 7 ll-forward <tokens.lls 2>err | cat >file.lls; cat err"

# A second feeder is refused aloud; the first goes on.
second() {
	mkfifo branch
	(cat lines; sleep 1) | $soon ll-tokenize -l | $soon ll-forward | tee -p branch | answers >answered &
	(sleep 0.4; cat) <branch | $soon ll-sample --seed 3 -n 12 2>told >refused.lls
	echo $?
	wait
	rm branch
}
ok "a second feeder is refused" is 65 "second"
ok "aloud" grep -q "^ll-sample: return path to .*: the head of this pipe has a feeder already" told
ok "once" is 1 "wc -l <told"
ok "and the first goes on" cmp expected answered

# Recordings
ok "a recording is replayed" same "cat expected" "answers <run.lls"
ok "by name" same "cat expected" "ll-sample --seed 3 -n 12 run.lls | ll-tokenize -d -l"
ok "through a pipe" same "cat expected" "cat run.lls | answers"
ok "it feeds nobody" same "cat expected" "$soon ll-sample --seed 3 -n 12 run.lls | $soon ll-tokenize -d -l"
ok "with other samplers as well" quiet "$soon ll-sample -t 2 --seed 9 run.lls | $soon ll-tokenize -d -l"

# Several streams through one pipe
ok "two streams" same "cat expected expected" "cat tokens.lls tokens.lls | $soon ll-forward | answers"
ok "two programs one after the other" same "cat expected expected" \
	"(ll-tokenize -l lines; ll-tokenize -l lines) | $soon ll-embed | $soon ll-forward | answers"
ok "three recordings" same "cat expected expected expected" "cat run.lls run.lls run.lls | answers"
fails 65 "ll-forward: standard input: at byte" "(head -c -128 tokens.lls; cat tokens.lls) |
	$soon ll-forward --once | ll-cat"

# Slow and small
trickle() {
	python3 -c 'import os, sys, time
data = open(sys.argv[1], "rb").read()
for i, byte in enumerate(data):
    os.write(1, bytes([byte]))
    if i % 200 == 0: time.sleep(0.001)' "$1"
}
ok "a byte at a time: tokens" same "cat expected" "trickle tokens.lls | $soon ll-forward | answers"
ok "a byte at a time: hidden states" same "ll-forward states.lls | ll-cat --canonical" \
	"trickle states.lls | $soon ll-forward | ll-cat --canonical"
dd_slowly() {
	dd bs="$1" status=none
}
ok "odd pieces" same "cat expected" "dd_slowly 1000 <tokens.lls | $soon ll-forward | dd_slowly 777 |
	$soon ll-sample --seed 3 -n 12 | dd_slowly 31 | $soon ll-tokenize -d -l"
slow_reader() {
	head -c "$1"
	sleep 1
	cat
}
ok "a reader that sleeps" same "cat expected" "$soon ll-forward tokens.lls | answers | slow_reader 4"
ok "a feeder that comes late" same "cat expected" "$soon ll-forward tokens.lls | slow_reader 0 | answers"
ok "a feeder that comes very late hears that the head waits" same "cat expected" \
	"$soon ll-forward tokens.lls | (sleep 2.5; answers)"
shown_early() {
	(cat lines; sleep 2) | $soon ll-tokenize -l | $soon ll-forward | answers | {
		head -n 3
		date +%s >early
		cat
	}
	date +%s >late
}
ok "what is answered is shown before more comes" same "cat expected" "shown_early"
ok "a second before the end" test "$(cat early)" -lt "$(cat late)"

# Descriptors that another program made non-blocking
nonblocking() {
	python3 -c 'import fcntl, os, subprocess, sys
for fd in 0, 1: fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
sys.exit(subprocess.call(sys.argv[1:]))' "$@"
}
ok "O_NONBLOCK" same "cat expected" "(sleep 0.2; cat tokens.lls) |
	nonblocking $soon ll-forward | nonblocking $soon ll-sample --seed 3 -n 12 |
	nonblocking $soon ll-tokenize -d -l | (sleep 0.2; cat)"
yes "one two three four five six seven eight nine ten" | head -n 300 | ll-tokenize -l >many.lls
ok "O_NONBLOCK, more than fits" same "ll-embed --once many.lls | ll-cat --canonical" \
	"nonblocking ll-embed --once many.lls | (sleep 0.3; cat) | ll-cat --canonical"
ok "O_NONBLOCK, text" same "ll-cat --json many.lls" "nonblocking ll-cat --json many.lls | (sleep 0.3; cat)"
done_testing
