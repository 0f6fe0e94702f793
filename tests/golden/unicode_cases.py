#!/usr/bin/env python3
"""Writes unicode-cases.json: the code points of some categories, as the regular expressions of
the package tokenizers have them (0.23.3: Unicode 16).

usage: unicode_cases.py > ../data/unicode-cases.json
       unicode_cases.py steps > ../data/unicode-steps.json

upper is \\p{Lu} and \\p{Lt}, lower \\p{Ll}, mark \\p{M}; inclusive ranges. With steps: punctuation
is \\p{P}, and deepseek the letters that DeepSeek LLM's tokenizer.json lists.
"""

import json
import sys

import split_steps
from tokenizers import Regex, pre_tokenizers

CLASSES = {"upper": r"[\p{Lu}\p{Lt}]", "lower": r"\p{Ll}", "mark": r"\p{M}"}
STEPS = {"punctuation": r"\p{P}", "deepseek": split_steps.LETTERS}


def ranges(pattern):
    gone = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str
    found = []
    for code in [*range(0xd800), *range(0xe000, 0x110000)]:
        if gone(chr(code)):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def main():
    parts = [json.dumps(name) + ": " + json.dumps(ranges(pattern), separators=(",", ":")) for name, pattern in (STEPS if "steps" in sys.argv[1:] else CLASSES).items()]
    print("{" + ",\n ".join(parts) + "}")


main()
