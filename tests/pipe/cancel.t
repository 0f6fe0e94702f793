#!/bin/sh
# A cancellation that crosses the end of its sequence: ll-stream(5), Epochs.
. "$TESTS/tap.sh"
plan 5

# late LINE: a sequence, then, when it has long ended, this frame, and the end of the stream.
late() {
	python3 "$TESTS/mkstream.py" >whole.lls <<-END
	stream kind=tokens
	tokens seq=0 flags=prompt,last : 1 2 3
	$1
	end : code 0; sequences 1
	END
	python3 - whole.lls <<-'END' | ll-forward --once
	import sys, time
	data = open(sys.argv[1], "rb").read()
	# The header without text, and a frame with its ids, have 64 and 128 bytes.
	sys.stdout.buffer.write(data[:192])
	sys.stdout.flush()
	time.sleep(0.5)
	sys.stdout.buffer.write(data[192:])
	END
}

ok "it does nothing" quiet "late 'tokens seq=0 epoch=1 :' >out"
ok "the sequence has ended as it did" like "reason complete prompt 3" "ll-cat -t out"
fails 65 "ids must rise" "late 'tokens seq=0 epoch=1 flags=prompt,last : 4'"

# Ctrl-C in ll-chat, and again before the step that it has to wait for is over.
{
	cat <<-END
	stream kind=tokens
	tokens seq=0 flags=prompt,last,more epoch=2 : 1 2 3
	tokens seq=0 epoch=3 :
	tokens seq=0 epoch=3 :
	tokens seq=0 flags=prompt,last epoch=4 : 1 2 3
	end : code 0; sequences 1
	END
} | python3 "$TESTS/mkstream.py" >twice.lls
ok "cancelled twice is cancelled" quiet "ll-forward --once twice.lls >out"
ok "and the next turn is answered" like "reason complete prompt 6" "ll-cat -t out"
