#!/bin/sh
# ll-plot(1): the curves of training logs, with characters and by gnuplot.
. "$TESTS/tap.sh"

# points OPTION... LOG: the numbers that gnuplot is told.
points() {
	PATH="$PWD/fake:$PATH" ll-plot -o fake.svg "$@" && sed -n '/^\$/,/^END/p' fake.svg | grep -v '[$E]' | tr '\n' ',' &&
	    rm fake.svg
}

# A stand-in that draws its commands.
mkdir fake broken killed none
printf '#!/bin/sh\nexec cat\n' >fake/gnuplot
printf '#!/bin/sh\nprintf half\necho "  line 3: unknown terminal" >&2\necho "     ^" >&2\nexit 1\n' >broken/gnuplot
printf '#!/bin/sh\nprintf half\nkill -9 $$\n' >killed/gnuplot
printf '#!/bin/sh\n' >none/gnuplot
chmod +x */gnuplot

printf '{"step":%s}\n' '0,"loss":20,"lr":1' '10,"loss":10,"lr":0.1' '5,"eval_loss":12' '20,"loss":0,"lr":0.01' >run.jsonl
cat >want <<'END'
         loss
        20 |**
           |  ****
           |      ***
           |         ****
           |             ***
     14.74 |                ****
           |                    ***
           |                       ****
           |                 +         ***
           |                              *****
     9.474 |                                  ****
           |                                      ***
           |                                         ****
           |                                             ***
           |                                                ****
     4.211 |                                                    ***
           |                                                       ****
           |                                                           ***
           |                                                              ****
         0 |                                                                  **
           +--------------------------------------------------------------------
            0                              step                               20
          * run.jsonl
          + run.jsonl eval_loss
END
ok "a drawing" same "cat want" "ll-plot run.jsonl"
ok "of standard input" same "sed 's/run.jsonl/standard input/' want" "ll-plot <run.jsonl"
ok "which - names" same "sed 's/run.jsonl/standard input/' want" "ll-plot - <run.jsonl"
ok "a logarithm is a line, too" same "ll-plot --y lr --log run.jsonl | cut -c 12- | sed '1d;\$d'" \
    "sed '/^           +-/,\$!s/[+]/ /; s/ *\$//' want | cut -c 12- | sed '1d;\$d' | sed '\$d'"
ok "its numbers" is "1 0.2976 0.08859 0.02637 0.01" "ll-plot --y lr --log run.jsonl | grep -o '^ *[0-9][0-9.]* |' | tr -d ' |' | tr '\n' ' ' | sed 's/ \$//'"
ok "one value" is "       0.5 |                                  *" \
    "echo '{\"step\":7,\"loss\":0.5}' | ll-plot | grep '[*] *\$' | head -n 1"
ok "values that are all one" is 68 "printf '{\"step\":%s,\"loss\":3}\n' 1 2 3 | ll-plot | grep '^ *3 |' | tr -dc '*' | wc -c"
ok "the largest and the smallest" quiet "printf '{\"step\":%s}\n' '1,\"loss\":1e308' '2,\"loss\":-1e308' | ll-plot"
ok "those that have no halves" quiet "printf '{\"step\":%s}\n' '0,\"loss\":0' '5e-324,\"loss\":5e-324' | ll-plot"
ok "several logs have signs of their own" is "* + o x # @ % & = * " \
    "ll-plot --y lr run.jsonl run.jsonl run.jsonl run.jsonl run.jsonl run.jsonl run.jsonl run.jsonl run.jsonl run.jsonl |
    grep 'run.jsonl' | grep -o '[^ ] ' | tr -d '\n'"
ok "a name that would steer the terminal" is 0 "cp run.jsonl '$(printf 'a\033[2J')' && ll-plot a* | grep -c '$(printf '\033')' || :"
rm a*

ok "points" is "0 20,10 10,20 0,5 12," "points run.jsonl"
log='{"step":1,"tokens":10,"time":0.5,"loss":4}\n{"step":2,"tokens":20,"time":1,"loss":2}\n'
ok "over tokens" is "10 4,20 2," "printf '$log' >log && points --x tokens log"
ok "over time" is "0.5 4,1 2," "points --x time log"
ok "an evaluation stands behind what came before" is "10 4,20 2,0 5,10 3," "printf '{\"eval_loss\":5}\n$log' |
    sed '2a{\"step\":1,\"eval_loss\":3}' >log && points --x tokens log"
ok "null is no value" is "1 4,3 2," "printf '%s\n' '{\"step\":1,\"loss\":4}' '{\"step\":2,\"loss\":null}' \
    '{\"step\":3,\"loss\":2}' >log && points log"
ok "empty lines, and others" is "1 4,2 2," "printf '%s\n' '' '{\"step\":1,\"loss\":4}' ' ' '{\"saved\":\"x\"}' \
    '{\"step\":2,\"loss\":2}' >log && points log"
ok "a resumed run says steps again" is "1 9,2 5,3 4," \
    "printf '{\"step\":%s}\n' '1,\"loss\":9' '2,\"loss\":8' '3,\"loss\":7' '2,\"loss\":5' '3,\"loss\":4' >log && points log"
ok "whatever it is drawn over" is "7 9,1 5," \
    "printf '{\"step\":%s}\n' '1,\"time\":7,\"loss\":9' '2,\"time\":8,\"loss\":8' '2,\"time\":1,\"loss\":5' >log && points --x time log"
ok "means" is "0 20,10 15,20 5,5 12," "points --smooth 2 run.jsonl"
ok "of as many as there are" is "0 20,10 15,20 10,5 12," "points --smooth 3 run.jsonl"
ok "of more than there are" is "0 20,10 15,20 10,5 12," "points --smooth 10000 run.jsonl"
ok "no logarithm of 0" is "0 20,10 10,5 12," "points -q --log run.jsonl"
ok "which is told" is "ll-plot: run.jsonl: 1 values that are not above 0 have no logarithm: left out" \
    "ll-plot --log run.jsonl 2>&1 >out"
ok "a line that is being written" same "points run.jsonl" "{ cat run.jsonl && printf '{\"step\":30,\"lo'; } >log && points -q log"
ok "which is told" is "ll-plot: log: the last line is incomplete: left out" "ll-plot log 2>&1 >out"
ok "one that is only not ended" is "1 4," "printf '{\"step\":1,\"loss\":4}' >log && points log"
ok "a log of many steps" is 200000 \
    "seq 200000 | sed 's/.*/{\"step\":&,\"loss\":&}/' >log && points log | tr ',' '\n' | wc -l"

if command -v gnuplot >/dev/null; then
	ok "a PNG" is "89504e470d0a1a0a" "ll-plot -o a.png run.jsonl && head -c 8 a.png | od -A n -t x1 | tr -d ' '"
	ok "its size" is "000003e800000258" "head -c 24 a.png | tail -c 8 | od -A n -t x1 | tr -d ' '"
	ok "an SVG" is "1 1" "ll-plot -o a.svg run.jsonl && echo \$(grep -c '<svg' a.svg) \$(grep -c '</svg>' a.svg)"
	ok "its curves" is "<title>run.jsonl<title>run.jsonl eval_loss" "grep -o '<title>run[^<]*' a.svg | tr -d '\n'"
	ok "with logarithms and means" quiet "ll-plot -q --log --smooth 2 -o b.svg run.jsonl"
	ok "a file is written anew" differ "cat a.svg" "ll-plot --y lr -o a.svg run.jsonl && cat a.svg"
	odd="b\`touch gone\`'\$(touch gone);\"ä"
	cp run.jsonl "$odd"
	ok "a name is a text" quiet "ll-plot -o a.svg \"\$odd\" && test ! -e gone && grep -q 'touch gone' a.svg"
	rm "$odd"
	for odd in "'a" "a''b" "''.system('touch gone').''" 'a\\101'; do
		cp run.jsonl "$odd"
		ok "so is $odd" quiet "ll-plot -o a.svg \"\$odd\" && test ! -e gone && grep -qF \">\$odd</title>\" a.svg"
		rm "$odd"
	done
	ok "the user's settings are not read" same "ll-plot -o b.svg run.jsonl && cat b.svg" \
	    "echo 'set title \"mine\"' >.gnuplot && ll-plot -o b.svg run.jsonl && cat b.svg"
	rm a.png a.svg b.svg .gnuplot
else
	skip 12 "no gnuplot"
fi

ll=$(command -v ll-plot)
fails 69 "gnuplot: No such file or directory; without -o" "PATH=/none $ll -o a.png run.jsonl"
fails 69 "gnuplot: line 3: unknown terminal" "PATH=\$PWD/broken:\$PATH ll-plot -o a.png run.jsonl"
fails 69 "gnuplot: killed by signal 9" "PATH=\$PWD/killed:\$PATH ll-plot -o a.png run.jsonl"
fails 69 "gnuplot: drew nothing" "PATH=\$PWD/none:\$PATH ll-plot -o a.png run.jsonl"
ln -s /dev/full full.svg
fails 74 "full.svg: No space left on device" "PATH=\$PWD/fake:\$PATH ll-plot -o full.svg run.jsonl"
rm full.svg
ok "nothing is left of them" is "broken fake killed log none out run.jsonl want" "echo *"
echo old >a.png
fails 69 "gnuplot: killed" "PATH=\$PWD/killed:\$PATH ll-plot -o a.png run.jsonl"
ok "what was there is still there" is old "cat a.png"
fails 64 "--output: 'a.gif' does not end in .png or .svg" "ll-plot -o a.gif run.jsonl"
fails 64 "--output: 'x.svg/a' does not end in .png or .svg" "ll-plot -o x.svg/a run.jsonl"
fails 64 "--output: '-' does not end in .png or .svg" "ll-plot -o - run.jsonl"
fails 64 "--x: 'loss' is not step, tokens or time" "ll-plot --x loss run.jsonl"
fails 64 "--y: '' is not a name" "ll-plot --y '' run.jsonl"
fails 64 "--smooth" "ll-plot --smooth 1 run.jsonl"
fails 64 "--smooth" "ll-plot --smooth 10001 run.jsonl"
fails 65 "run.jsonl: no line has a number as grad_norm" "ll-plot --y grad_norm run.jsonl"
fails 65 "run.jsonl: no line has a number as tokens" "ll-plot --x tokens run.jsonl"
fails 65 "standard input: no line has a number as loss" "ll-plot </dev/null"
fails 65 "there is nothing to draw: no value is above 0" "echo '{\"step\":1,\"loss\":-1}' | ll-plot -q --log"
fails 65 "standard input: line 2: bad JSON at column 1: " "printf '{}\n}\n{}\n' | ll-plot"
fails 65 "standard input: line 1: is an array, not an object" "echo '[]' | ll-plot"
fails 65 "standard input: line 1: loss: is a string, not a number" "echo '{\"step\":1,\"loss\":\"x\"}' | ll-plot"
fails 65 "standard input: line 1: step: is true, not a number" "printf '{\"step\":true}' | ll-plot"
fails 65 "standard input: line 1: has more than 1048576 bytes" "head -c 1048577 /dev/zero | ll-plot"
fails 66 "no.jsonl: No such file or directory" "ll-plot run.jsonl no.jsonl"
fails 73 "no/a.png: " "ll-plot -o no/a.png run.jsonl"
done_testing
