#!/usr/bin/env python3
"""Writes split-steps.jsonl: how the splitters that are steps, one after the other, cut texts in the
package tokenizers.

usage: split_steps.py > split-steps.jsonl
       split_steps.py random SEED COUNT: as many random texts over all of Unicode instead

A record is as one of split.jsonl; the first of each name has the "steps", as in a tokenizer.json.
"""

import json
import random
import sys

from tokenizers import Regex, pre_tokenizers

# The lists of the models' own files, in escapes.
LETTERS = (
    "[A-Za-z\u00b5\xc0-\xd6\xd8-\xf6\xf8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376"
    "\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-"
    "\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b"
    "\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-\u1f57\u1f59"
    "\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3"
    "\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d"
    "\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00"
    "-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-\ua76f\ua771-\ua787"
    "\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f"
    "\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-"
    "\U000118df\U0001e900-\U0001e943]"
)
SIGNS = "[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]"
EAST = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"
STEPS = {
    "deepseek-llm": ["[\r\n]", r"\s?" + LETTERS + "+", r"\s?" + SIGNS + "+", r"\s+$", EAST],
    "deepseek-coder": ["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", EAST],
}
ALPHABET = [*" \t\n\r.!$+~aZ09", "\u00e9", "\u00df", "\u4e2d", "\u9fa5", "\u9fa6", "\u0e01", "\u3000", "\u3002", "\u3007", "\u2003",
            "\u2028", "\u00a0", "\u0085", "\u20ac", "\uff21", "\uff01", "\uff11", "\u2018", "\u2020", "\u1e00", "\u0301", "\uac00", "\ud7ff",
            "\u00bd", "\U00010400", "\U0001f600", "\u0966", "\u1680", "\u0439", "\u05d0", "\ufb01"]
TEXTS = ["Hello, world! It's 2024.", "caf\u00e9 na\u00efve \u00c9cole", "  two  spaces  ", "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3000\u5f00\u59cb 12",
         "int main(void)\n{\n\treturn 0;\n}\n", "a\r\n\r\nb \n c", "$ 1 \u20ac  2  \u20ac   ", "\u3000a \u3000\u3000!\u3000", "x\u4e2dy \u4e2d \u043c\u0438\u0440\u4e2d",
         "\u20ac  \u0e01  x \u20ac \u2003 x \u20ac \u2003\u20ac", "_a-b_~c~ {d}|e|"]


def cut(name):
    steps = [pre_tokenizers.Split(Regex(regex), "isolated") for regex in STEPS[name]]
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.Digits(individual_digits=True)])


def noise(generator, count, all_of_it):
    for _ in range(count):
        letters = list(ALPHABET)
        while all_of_it and len(letters) < 80:
            code = generator.randrange(generator.choice([0x250, 0x3100, 0x10000, 0x20000, 0x110000]))
            letters += [chr(code)] if not 0xd800 <= code < 0xe000 else []
        yield "".join(generator.choice(letters) for _ in range(generator.randint(2, 30)))


def main():
    every = sys.argv[1:2] == ["random"]
    seed, count = (int(sys.argv[2]), int(sys.argv[3])) if every else (4, 120)
    texts = TEXTS + list(noise(random.Random(seed), count, every))
    for name, steps in STEPS.items():
        print(json.dumps({"name": name, "steps": steps}))
        for text in texts:
            pieces = cut(name).pre_tokenize_str(text)
            print(json.dumps({"name": name, "text": text, "sizes": [len(p.encode()) for p, _ in pieces]}))


if __name__ == "__main__":
    main()
