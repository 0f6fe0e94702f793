#!/usr/bin/env python3
"""Writes split.jsonl: how the regular expressions of splitters cut texts, in the package tokenizers.

usage: split.py > split.jsonl

A record has the "name" of a splitter, "text" and the "sizes" of its pieces in bytes. The first
record of each name has the "regex", as it is in the tokenizer.json of its models, instead of a text.
"""

import json
import random

from tokenizers import Regex, pre_tokenizers

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
BEFORE = r"[^\r\n\p{L}\p{N}]?"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
PUNCTUATION = r" ?[^\s\p{L}\p{N}]+[\r\n/]*"
REGEXES = {
    "llama-bpe": CONTRACTIONS + "|" + BEFORE + r"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES,
    "dbrx": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "gpt-2": GPT2,
    "smollm": None,
    "qwen2": CONTRACTIONS + "|" + BEFORE + r"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + SPACES,
    "seed-coder": CONTRACTIONS + "|" + BEFORE + r"\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|" + SPACES,
    "tekken": f"{BEFORE}{UPPER}*{LOWER}+|{BEFORE}{UPPER}+{LOWER}*|" + r"\p{N}|" + PUNCTUATION + "|" + SPACES,
    "gpt-4o": f"{BEFORE}{UPPER}*{LOWER}+{CONTRACTIONS}?|{BEFORE}{UPPER}+{LOWER}*{CONTRACTIONS}?|" + r"\p{N}{1,3}|"
              + PUNCTUATION + "|" + SPACES,
}

TEXTS = """ThisIsCamelCase HTTPServer XMLHttpRequest2 iPhone eBay McDonald's O'NEILL'S DON'T don't
'tis 'S 'LL I'Ll y'all'd've it's''s x'ſ
ÀÉÎ Àé ÉÀb Ǆx ǅ ǆX ʰAʰ ªº ŒuvreŒ ß ẞ
中文ABC中文abc AB中C 中A中A Aa中 नमस्ते हिन्दी é É eé ÉE éX
éabc éABC éAb ́ !éa !Éb  é
http://x.y/z//\n/ a/b //\n\n /\n!/ ?!/\r\n/x
1 12 123 1234 a1b22c333 ½²Ⅳ १२३४५
a  b   c\t\td \n \n\n e\u00a0\u00a0f\u3000g \u0085h
ABC\u200dDEF \U0001f468\u200d\U0001f469 \ufeffX _Foo__Bar $Foo#bar
 A AB ABc  Abc\tABc\nABC -Foo --Foo""".split("\n")


def cut(name):
    if name == "smollm":
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                        pre_tokenizers.Split(Regex(GPT2), "isolated")])
    return pre_tokenizers.Split(Regex(REGEXES[name]), "isolated")


def noise(generator):
    alphabet = [*" \t\n\r'/!.sStTlLvVeErRdDmMaZzAB019", "\u0301", "\u0302", "\u00c9", "\u00e9", "\u01c5", "\u02b0", "\u4e2d", "\u05d0",
                "\u00bd", "\u00a0", "\u017f", "\u200d", "\U0001f600", "\u093f", "\u20dd"]
    for _ in range(50):
        yield "".join(generator.choice(alphabet) for _ in range(generator.randint(2, 30)))


def main():
    texts = [t.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t") for t in TEXTS]
    texts += noise(random.Random(3))
    for name, regex in REGEXES.items():
        print(json.dumps({"name": name, "regex": regex}))
        for text in texts:
            pieces = cut(name).pre_tokenize_str(text)
            print(json.dumps({"name": name, "text": text, "sizes": [len(p.encode()) for p, _ in pieces]}))


main()
