#!/bin/sh
# Vocabularies of every kind through the programs: files told by their first bytes, folders,
# and SentencePiece's space before a text, there and back.
. "$TESTS/tap.sh"

golden=$TESTS/golden corpus=$TESTS/fuzz/corpus
ids="ll-tokenize --ids"

# Each kind of file.
ok "tokenizer.json, bytes" is "68 70 267" "$ids --vocab $golden/hf-gpt2.json -p 'df the'"
ok "tokenizer.json, as Llama 2's" is "1 355 352 352 355" "$ids --vocab $golden/hf-prepend.json -p 'a   a'"
ok "a SentencePiece model" is "1 267 259 268" "$ids --vocab $corpus/spm/words -p 'the ab'"
fails 69 "trainer_spec.model_type: 'unigram' is not supported" "$ids --vocab $corpus/spm/unigram -p a"
ok "its format" like "SentencePiece model: a vocabulary without a model" "ll-info $corpus/spm/words"
ok "its kind" like "SentencePiece BPE by scores, 272 tokens, 2 special" "ll-info $corpus/spm/words"
ok "the format of tokenizer.json" like "tokenizer.json: a vocabulary without a model" "ll-info $golden/hf-gpt2.json"
ok "and its kind" like "SentencePiece BPE by merges, 700 tokens, 2 special" "ll-info $golden/hf-prepend.json"

# There and back: the space before the text is nobody's.
printf ' two  words\n\303\251\377 \360\237\230\200 end ' >text
for vocab in "$golden/hf-gpt2.json" "$golden/hf-prepend.json" "$corpus/spm/words" "$corpus/spm/no-prefix"; do
	ok "there and back: ${vocab##*/}" same "cat text" \
		"ll-tokenize --vocab $vocab text | ll-tokenize -d --vocab $vocab"
	ok "in one: ${vocab##*/}" same "cat text" "ll-tokenize --no-bos --vocab $vocab --render text"
done
spm="--vocab $corpus/spm/words"
ok "without BOS" is "the" "ll-tokenize --no-bos $spm -p the | ll-tokenize -d $spm"
ok "with special tokens shown" is "<s>the" "ll-tokenize $spm -p the | ll-tokenize -d --special $spm"
ok "as ids" is "<s>the ab" "echo 1 267 259 268 | ll-tokenize -d --ids --special $spm"
ok "each line is a sequence" is "the
ab" "printf 'the\nab\n' | ll-tokenize -l $spm | ll-tokenize -d -l $spm"
ok "special tokens cut the text" is "1 1 267 1 270 268" "$ids --no-bos --special $spm -p '<s><s>the<s> ab'"

# A folder: tokenizer.json counts before tokenizer.model; what the others say is taken.
mkdir empty model both
fails 66 "empty: is a directory with neither tokenizer.json nor tokenizer.model" "$ids --vocab empty -p a"
cp "$corpus/spm/words" model/tokenizer.model
ok "tokenizer.model" is "1 267 259 268" "$ids --vocab model -p 'the ab'"
cp "$corpus/spm/words" both/tokenizer.model
cp "$golden/hf-prepend.json" both/tokenizer.json
ok "tokenizer.json" same "$ids --vocab both -p 'the ab'" "$ids --vocab $golden/hf-prepend.json -p 'the ab'"
ok "through a stream, which names it" is "the ab" "ll-tokenize --vocab model -p 'the ab' | env -u LL_MODEL ll-tokenize -d"

ok "which is of no model but one that is asked for" not like "    model " "ll-tokenize --vocab model -p a | ll-cat -t"
ok "that is of the model too" like "    model " "ll-tokenize -m $LL_MODEL --vocab model -p a | ll-cat -t"
echo '{"add_bos_token": false, "model_max_length": 1000000000000000019884624838656}' >model/tokenizer_config.json
ok "add_bos_token" is "267" "$ids --vocab model -p the"
stops() {
	ll-tokenize --vocab "$1" -p the | ll-cat -t | sed -n 's/^.*stop  *//p'
}
ok "the stop" is "2" "stops model"
echo '{"eos_token_id": [1, 2], "temperature": 0.6}' >model/generation_config.json
echo '{"eos_token_id": 266, "bos_token_id": 1, "vocab_size": 272}' >model/config.json
ok "and more of them" is "1 2 266" "stops model"
echo '{"eos_token_id": 272}' >model/config.json
fails 65 "model/config.json: eos_token_id: not an id of the 272 tokens" "$ids --vocab model -p a"
echo '{"eos_token_id": [1, 2, 3, 4, 5, 6, 7, 8, 9]}' >model/config.json
fails 69 "model/config.json: eos_token_id: too many" "$ids --vocab model -p a"
rm model/config.json

config() {
	echo "$1" >model/tokenizer_config.json
}
config '{"bos_token": {"content": "<s>"}, "eos_token": "</s>", "add_bos_token": true}'
ok "tokens by their texts" is "1 267" "$ids --vocab model -p the"
config '{"bos_token": "<t>"}'
fails 65 "tokenizer_config.json: bos_token: '<t>' is no special token" "$ids --vocab model -p a"
config '{"bos_token": 7}'
fails 65 "tokenizer_config.json: bos_token: not a text" "$ids --vocab model -p a"
config '{"added_tokens_decoder": {"1": {"content": "<s>"}, "272": {"content": "<pad>"}}}'
fails 69 "added_tokens_decoder: token 272 is not in the vocabulary's file" "$ids --vocab model -p a"
config "{\"chat_template\": \"{{ 'nobody knows this one' }}\"}"
fails 69 "template is not one of those known" "$ids --vocab model --chat -p a"
config '{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "{{ d }}"}]}'
fails 69 "template is not one of those known" "$ids --vocab model --chat -p a"
config '{'
fails 65 "model/tokenizer_config.json: bad JSON at line" "$ids --vocab model -p a"
rm model/tokenizer_config.json
fails 69 "the model has no chat template" "$ids --vocab model --chat -p a"
echo "{{ 'nor this' }}" >model/chat_template.jinja
fails 69 "template is not one of those known" "$ids --vocab model --chat -p a"
"$TESTS/mkgguf.py" --preset tiny --key tokenizer.ggml.pre string strange strange.gguf
fails 69 "ll-tokenize: strange.gguf: tokenizer.ggml.pre: pre-tokenizer 'strange'" "$ids --vocab strange.gguf -p a"
done_testing
