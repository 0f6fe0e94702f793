#!/usr/bin/env python3
"""Writes spm.jsonl: what sentencepiece makes of ids and of texts with Llama 2's model.

usage: spm.py llama2-tokenizer.model > spm.jsonl

A record has either "decode", ids, and their "text", or "text" and its "ids". Needs the
package sentencepiece. Texts are valid UTF-8, for which sentencepiece does not write U+FFFD.
"""

import json
import random
import sys

import sentencepiece

DECODE = [
    [], [1], [1, 2], [259], [29871], [29871, 259], [1, 29871, 263], [13, 263], [263, 1, 263], [35, 263],
    [1, 263], [2, 263], [35], [259, 263], [1, 1, 263], [263, 2], [1, 35, 35, 263], [29871, 29871, 263],
    [29871, 3 + 0xe2, 3 + 0x82, 3 + 0xac, 263], [3 + 0x41, 263], [1, 15043, 3186], [263, 29871, 2, 1, 263],
]

TEXTS = [
    "", " ", "  ", "   ", "\u2581", "\u2581\u2581a", "a\u2581b", " \u2581 ", "a\u2581 b", "\u2581a b", "\u2582\u2580",
    "a", " a", "  a", "a ", "\n", "\n\n", " \n a", "\t\tx", "<s>", "</s>", "<unk>", "<0x0A>", "<0x41>b",
    "[INST] <<SYS>>\nx\n<</SYS>>\n\ny [/INST]", "e\u0301", "\ufeffbom", "\u00a0\u3000", "\U0001f600\U0001f468\u200d\U0001f469",
    "\u1ec7 Vi\u1ec7t", "\U00012345\U000e0001", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ababababababa", " " * 40, "=" * 70,
]


def noise(generator):
    alphabet = " \u2581\t\n'stredvmlSTaeinor019!?.,-_\u0301\u200d\u00a0\u3000é中文한😀½\u0416\u1234\uffff"
    for _ in range(60):
        yield "".join(generator.choice(alphabet) for _ in range(generator.randint(1, 40)))


def pieces(generator, model):
    """Pieces side by side, which merge otherwise than they were cut."""
    for _ in range(60):
        ids = [generator.randrange(259, 32000) for _ in range(generator.randint(1, 8))]
        yield "".join(model.id_to_piece(i) for i in ids).replace("\u2581", " ")


def main():
    model = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1])
    generator = random.Random(1)
    for ids in DECODE:
        print(json.dumps({"decode": ids, "text": model.decode(ids)}))
    for text in [*TEXTS, *noise(generator), *pieces(generator, model)]:
        print(json.dumps({"text": text, "ids": model.encode(text)}))


main()
