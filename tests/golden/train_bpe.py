#!/usr/bin/env python3
"""Writes train-bpe.jsonl: what Hugging Face's BpeTrainer learns with Llama 3's splitter.

usage: train_bpe.py > train-bpe.jsonl

A record is {"text", "merges", "min_count", "max_length", "list"}: at most so many merges are
asked for, and the list has those that were learned, in the byte alphabet. Needs the package
tokenizers; train-bpe.jsonl was made with 0.23.3, whose max_token_length is the first length
that is not made.
"""

import json
import random

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

SPLITTER = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
            r"|\s*[\r\n]+|\s+(?!\S)|\s+")
RUNS = "aaaa aaa aaaaaaa aaaaa\n\n\n\n\n  \n\n        x\n            y\n    ======== ====\n=======\nabab ababab bababa abba\n"
PROSE = """The miller's daughter didn't say what she'd seen; they'll ask, and we've 12 reasons to tell them.
Die Müllerin sagte nichts, die Mühle mahlte weiter: 1234567 Körner, 3.14159 Säcke, 50 % Mehl.
    for (size_t i = 0; i < count; i++)
        total += list[i].count * list[i].length;
水車小屋の娘は何も言わなかった。水車は回り続けた。 Мельница мелет, мельник спит. 😀😀👩‍👩‍👧
"""


def noise(seed, alphabet, length):
    generator = random.Random(seed)
    return "".join(generator.choice(alphabet) for _ in range(length))


TEXTS = [
    (RUNS, 60, 1, None), (PROSE, 200, 2, None), (PROSE * 2 + RUNS, 300, 2, None), (PROSE, 90, 1, 3),
    (RUNS, 60, 1, 4), (PROSE * 7, 120, 15, 6), ("one two", 9, 2, None), ("one two", 9, 1, None),
    (noise(1, "ab ", 600), 80, 1, None), (noise(2, "aaab\n", 500), 60, 2, None),
    (noise(3, "abcde fgh'é中1\n", 900), 150, 2, 5), (noise(4, "\u00a0 \t\r\nx", 400), 50, 1, None),
]


def learn(text, merges, min_count, max_length):
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLITTER), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.train_from_iterator([text], trainers.BpeTrainer(
        vocab_size=256 + merges, min_frequency=min_count, initial_alphabet=alphabet, show_progress=False,
        max_token_length=None if max_length is None else max_length + 1))
    return [m if isinstance(m, str) else " ".join(m)
            for m in json.loads(tokenizer.to_str())["model"]["merges"]]


def main():
    for text, merges, min_count, max_length in TEXTS:
        print(json.dumps({"text": text, "merges": merges, "min_count": min_count, "max_length": max_length or 65536,
                          "list": learn(text, merges, min_count, max_length)}, ensure_ascii=False))


main()
