#!/usr/bin/env python3
"""Writes the tables of classes of code points.

usage: unicode-table.py unicode-classes.json > unicode_table.h
       unicode-table.py unicode-cases.json > case_table.h
       unicode-table.py unicode-steps.json > steps_table.h

The JSON holds inclusive ranges (Unicode 16), under "L", "N" and "White_Space", under
"upper", "lower" and "mark", or under "punctuation" and "deepseek".
"""

import json
import sys

BLOCK = 256  # code points a block; two bits each


CLASSES = ("L", "N", "White_Space"), "", "Classes of code points (Unicode 16): 0 other, 1 \\p{L}, 2 \\p{N}, 3 White_Space."
CASES = ("upper", "lower", "mark"), "case_", "Code points (Unicode 16): 1 \\p{Lu} and \\p{Lt}, 2 \\p{Ll}, 3 \\p{M}, 0 other."
STEPS = ("punctuation", "deepseek"), "steps_", "Code points (Unicode 16): 1 \\p{P}, 2 the letters that DeepSeek LLM lists, 0 other."


def classes(ranges, names):
    table = bytearray(0x110000)
    for number, name in enumerate(names, 1):
        for first, last in ranges[name]:
            for code in range(first, last + 1):
                assert table[code] == 0, hex(code)
                table[code] = number
    return table


def pack(block):
    """16 code points to a word, the first in the lowest bits."""
    return tuple(
        sum(block[word + i] << 2 * i for i in range(16))
        for word in range(0, BLOCK, 16)
    )


def lines(values, per_line, form):
    for i in range(0, len(values), per_line):
        yield "\t" + ", ".join(form(v) for v in values[i:i + per_line]) + ","


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        ranges = json.load(file)
    names, prefix, title = CLASSES if "L" in ranges else STEPS if "deepseek" in ranges else CASES
    table = classes(ranges, names)
    used = max(i for i, number in enumerate(table) if number) // BLOCK + 1
    blocks = [pack(table[i * BLOCK:(i + 1) * BLOCK]) for i in range(used)]
    unique = sorted(set(blocks), key=blocks.index)
    assert len(unique) <= 256

    out = [
        "/*",
        " * " + title,
        " * Written by unicode-table.py; do not edit.",
        " */",
        "",
        "#define %sBLOCKS_USED %d" % (prefix.upper(), used),
        "",
        "static const unsigned char %sblock_of[%sBLOCKS_USED] = {" % (prefix, prefix.upper()),
        *lines([unique.index(b) for b in blocks], 20, str),
        "};",
        "",
        "static const uint32_t %sblock[%d][16] = {" % (prefix, len(unique)),
    ]
    for words in unique:
        out.append("\t{")
        out.extend("\t" + line for line in lines(words, 8, lambda v: "0x%08x" % v))
        out.append("\t},")
    out.append("};")
    print("\n".join(out))


main()
