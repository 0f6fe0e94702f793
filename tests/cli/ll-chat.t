#!/bin/sh
# ll-chat(1): what it hands to its stages, and how it ends with them.
. "$TESTS/tap.sh"

echo "one two" >message

ok "-v reaches the stages" sh -c "ll-chat -v -n 2 <message 2>&1 >out | grep -q '^ll-sample: seed'"
ok "and the pipe that is shown" like "ll-forward -v -m" "ll-chat -x -v"
fails 64 "--date has no effect in the chat format chatml" "ll-chat --date 'May 1' <message"
fails 78 "no such level" "LL_CPU=none ll-chat <message"
ok "a reader that leaves" is "" "{ ll-chat -q -j 1 -n 900 <message | head -c 1 >first; } 2>&1 | cat"
bytes() { "$@" <message 2>err | wc -c; }
fails 65 "context is full: " "ll-chat -c 8 <message"
ok "without an answer nothing is written" is 0 "bytes ll-chat -c 8"
ok "nor for one that ended before its first byte" is 0 "bytes ll-chat -t 0 --logit-bias-text e=1000 --stop e"
ok "behind one there is a newline" is "ee" "ll-chat -t 0 --logit-bias-text e=1000 -n 2 <message"
ok "and no more" is 3 "bytes ll-chat -t 0 --logit-bias-text e=1000 -n 2"
done_testing
