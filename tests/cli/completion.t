#!/bin/sh
# Completion scripts: written for every program, read by their shells, and tried in bash.
. "$TESTS/tap.sh"
bin=${PATH%%:*}
share=$bin/../share
programs=$(cd "$bin" && echo ll-*)

# complete WORD...: what bash offers for the last word of this command line.
complete() {
	bash -c '. "$0/bash-completion/completions/$1" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) &&
	    "_${1//-/_}" && printf "%s\n" "${COMPREPLY[@]}"' "$share" "$@" | tr '\n' ' ' | sed 's/ $//'
}

for program in $programs; do
	ok "$program: bash reads it" bash -n "$share/bash-completion/completions/$program"
	ok "$program: what make wrote is what the program says" same "$program --completion bash" \
	    "cat $share/bash-completion/completions/$program"
	ok "$program: each option of --help" same "$program --help | grep -o -e '^  -., --[a-z0-9-]*' -e '^      --[a-z0-9-]*' | grep -o -e ' --.*' | tr -d ' ' | sort" \
	    "complete $program -- | tr ' ' '\n' | sort"
	if command -v zsh >/dev/null; then
		ok "$program: zsh reads it" zsh -n "$share/zsh/site-functions/_$program"
	else
		skip 1 "no zsh"
	fi
	if command -v fish >/dev/null; then
		ok "$program: fish reads it" fish -n "$share/fish/vendor_completions.d/$program.fish"
	else
		skip 1 "no fish"
	fi
done

touch "a file" alone.gguf
ok "bash: an option" is "--temperature" "complete ll-sample --tem"
ok "bash: several" is "--top-k --top-n-sigma --top-p" "complete ll-sample --top"
ok "bash: a value" is "default f32" "complete ll-forward --precision ''"
ok "bash: every chat format" is "$(ll-tokenize --chat --chat-format nix -p x 2>&1 >out | sed -n '1s/.*one of //p' | tr -d ,)" \
    "complete ll-chat --chat-format ''"
ok "bash: its beginning" is "f32" "complete ll-forward --precision f"
ok "bash: behind =" is "f32" "complete ll-forward --precision = f"
ok "bash: right behind =" is "default f32" "complete ll-forward --precision ="
ok "bash: presets" is "precise" "complete ll-sample --preset p"
ok "bash: a preset of one's own" is "poem" \
    "echo 'presets: {poem: {temperature: 2}}' >c.yaml; LL_CONFIG=c.yaml complete ll-sample --preset po"
ok "bash: models" is "smollm2" "complete ll-info -m smo"
ok "bash: files for a model" is "alone.gguf" "complete ll-info -m al"
ok "bash: files with a space" is "a file" "complete ll-cat 'a f'"
ok "bash: no files where there are no operands" is "" "complete ll-chat a"
if command -v fish >/dev/null; then
	ok "fish: options" like "--temperature" \
	    "PATH=$PATH fish -N -c 'source $share/fish/vendor_completions.d/ll-sample.fish; complete -C \"ll-sample --tem\"'"
	ok "fish: presets" like "precise" \
	    "PATH=$PATH fish -N -c 'source $share/fish/vendor_completions.d/ll-sample.fish; complete -C \"ll-sample --preset pre\"'"
else
	skip 2 "no fish"
fi
fails 64 "--completion: not one of bash, zsh, fish, models, presets" "ll-cat --completion csh"
done_testing
