#!/usr/bin/env python3
"""Makes Hugging Face tokenizer.json files and what the package tokenizers makes of texts with them.

usage: hfjson.py llama2|llama3 tokenizer.model FILE    the file as the conversions of it have it
       hfjson.py goldens FILE > out.jsonl              ids and decoded texts
       hfjson.py small FOLDER                          the small ones that are committed

Needs the package tokenizers.
"""

import base64
import json
import os
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
          r"\s*[\r\n]+|\s+(?!\S)|\s+")


def alphabet():
    kept = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
    rest = [b for b in range(256) if b not in kept]
    return {b: chr(c) for b, c in zip(kept + rest, kept + [0x100 + i for i in range(len(rest))])}


def byte_level(vocab, merges, regex, special, ignore_merges):
    tokenizer = Tokenizer(models.BPE(vocab, merges, ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(regex), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return tokenizer


def llama3(path):
    ranks = {}
    with open(path) as file:
        for line in file:
            token, rank = line.split()
            ranks[base64.b64decode(token)] = int(rank)
    table = alphabet()
    text = lambda token: "".join(table[b] for b in token)
    merges = []
    for token, rank in ranks.items():
        for i in range(1, len(token)):
            left, right = ranks.get(token[:i]), ranks.get(token[i:])
            if left is not None and right is not None:
                merges.append((rank, left, right, token[:i], token[i:]))
    merges.sort()
    special = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
               "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>",
               "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"]
    special += [f"<|reserved_special_token_{i}|>" for i in range(3, 248)]
    tokenizer = byte_level({text(t): r for t, r in ranks.items()}, [(text(m[3]), text(m[4])) for m in merges], LLAMA3,
                           special, True)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", 128000)])])
    return tokenizer


def llama2(path):
    """As transformers converts it: every split of every piece, by the score of the piece."""
    import sentencepiece
    model = sentencepiece.SentencePieceProcessor(model_file=path)
    vocab = {model.id_to_piece(i): i for i in range(model.get_piece_size())}
    merges = []
    for piece, number in vocab.items():
        splits = [(piece[:i], piece[i:]) for i in range(1, len(piece)) if piece[:i] in vocab and piece[i:] in vocab]
        splits.sort(key=lambda s: (vocab[s[0]], vocab[s[1]]))
        merges += [(model.get_score(number), split) for split in splits]
    merges.sort(key=lambda m: -m[0])
    return as_llama2(Tokenizer(models.BPE(vocab, [m[1] for m in merges], unk_token="<unk>", fuse_unk=True,
                                          byte_fallback=True)))


def as_llama2(tokenizer):
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<unk>", "<s>", "</s>")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


PLAIN = [
    "", " ", "  ", "a", " a", "  a", "a ", "\n", "\n\n a", "Hello, world!", "I'll say it's what they've done; we'd go.",
    "1 12 123 1234 12345", "caf\u00e9 e\u0301 \u4e2d\u6587 \U0001f600", "\u2581a \u2581 b\u2581", "<s>a</s>", "<0x41>", "\t\tx  y   z",
    "int main(void)\n{\n\treturn 0;\n}\n", "aaaaaaaaaaaaaaaaaaaa", "abababababab", "   leading and trailing   ", "'S 'LL \u017f",
]


def noise(generator):
    alphabet = " \u2581\t\n'stredvmlSTaeinor019!?.,-_\u0301\u200d\u00a0\u3000é中文한😀½\u0416/"
    for _ in range(40):
        yield "".join(generator.choice(alphabet) for _ in range(generator.randint(1, 40)))


def goldens(path):
    tokenizer = Tokenizer.from_file(path)
    # Without them in the model, texts of special tokens are texts; the model alone has the rest.
    bare = json.loads(tokenizer.to_str())
    special = [t["content"] for t in bare["added_tokens"]]
    bare["added_tokens"] = []
    bare = Tokenizer.from_str(json.dumps(bare))
    for text in [*PLAIN, *noise(random.Random(2))]:
        ids = bare.encode(text, add_special_tokens=False).ids
        print(json.dumps({"text": text, "special": False, "ids": ids, "back": tokenizer.decode(ids)}))
    for text in ["{0}a", "a{0}b", " a {0} b {1}", "{0}{1}", "{0} ", "a {0}", "{1}\n{0}x"]:
        text = text.format(special[0], special[-1])
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        print(json.dumps({"text": text, "special": True, "ids": ids}))


def sources():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    for name in ["README.md", "NEWS.md", "man/ll-model.5", "tokenize/split.c"]:
        with open(os.path.join(root, name), encoding="utf-8") as file:
            yield file.read()


def train(tokenizer, special, size, initial=()):
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=list(initial), show_progress=False)
    tokenizer.train_from_iterator(sources(), trainer)
    return tokenizer


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return train(tokenizer, ["<|endoftext|>"], 600, pre_tokenizers.ByteLevel.alphabet())


def spm(scheme):
    """As Llama 2's: the older kind with normalizers, or the newer with Metaspace."""
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", "always", split=True)
    data = json.loads(train(tokenizer, special, 700).to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    data["pre_tokenizer"] = None
    tokenizer = as_llama2(Tokenizer.from_str(json.dumps(data)))
    if scheme != "prepend":
        tokenizer.normalizer = tokenizer.post_processor = None
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", scheme, split=False)
    return tokenizer


def small(folder):
    for name, tokenizer in [("gpt2", gpt2()), ("prepend", spm("prepend")), ("first", spm("first")),
                            ("always", spm("always"))]:
        path = os.path.join(folder, f"hf-{name}.json")
        tokenizer.save(path, pretty=False)
        sys.stdout = open(os.path.join(folder, f"hf-{name}.jsonl"), "w")
        goldens(path)
        sys.stdout.close()
    sys.stdout = sys.__stdout__


def main():
    if sys.argv[1] in ("llama2", "llama3"):
        {"llama2": llama2, "llama3": llama3}[sys.argv[1]](sys.argv[2]).save(sys.argv[3], pretty=True)
    elif sys.argv[1] == "goldens":
        goldens(sys.argv[2])
    else:
        small(sys.argv[2])


main()
