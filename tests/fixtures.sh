# Makes what the tests find in their environment; sourced by run and check-man, which set
# TESTS and build. What is there from the last time stays.

for name in $(env | sed -n 's/^\(LL_[A-Z_]*\)=.*/\1/p'); do
	case $name in
	LL_CPU | LL_TEST_*) ;;
	*) unset "$name" ;;
	esac
done
export TESTS PATH="$build/bin:$PATH" LC_ALL=C
export LL_TEST_DATA="$build/data"
# Nor is the configuration of this machine.
export LL_CONFIG=

mkdir -p "$build/model" "$build/data"
# What is linked stays there: not by the names that tests/run may have given for this run.
place=$(cd "$TESTS" && pwd -P)
ln -sf "$place"/data/* "$build/data/"
vocabulary=$place/../../shared/data/tokenizer/llama3-tokenizer.model
[ -f "$vocabulary" ] || vocabulary=$("$TESTS/../share/fetch" llama3-vocab)
rm -f "$build/data/llama3-tokenizer.model"
[ -z "$vocabulary" ] || ln -s "$vocabulary" "$build/data/llama3-tokenizer.model"
# Llama 2's travels in no package: it may lie where the others are fetched to.
rm -f "$build/data/llama2-tokenizer.model" "$build/data/ggml-vocab-llama-spm.gguf"
for folder in "$place/../../shared/data/tokenizer" "${XDG_CACHE_HOME:-$HOME/.cache}/ll"; do
	[ "$(sha256sum "$folder/llama2-tokenizer.model" 2>/dev/null | cut -c 1-64)" = \
	    9e556afd44213b6bd1be2b850ebbbd98f5481437a8021afaf58ee7fb1818d347 ] &&
	    [ -f "$folder/ggml-vocab-llama-spm.gguf" ] || continue
	ln -sf "$folder/llama2-tokenizer.model" "$folder/ggml-vocab-llama-spm.gguf" "$build/data/"
	break
done

LL_TEST_SMOLLM=$("$TESTS/../share/fetch" smollm2) && export LL_TEST_SMOLLM || unset LL_TEST_SMOLLM

export LL_MODEL="$build/model/random.gguf"
if [ ! "$LL_MODEL" -nt "$TESTS/mkgguf.py" ]; then
	"$TESTS/mkgguf.py" --preset test "$LL_MODEL.$$" && mv "$LL_MODEL.$$" "$LL_MODEL" || exit
fi
