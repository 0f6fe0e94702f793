#!/usr/bin/env python3
"""Writes unicode_table.h from the ranges of \\p{L}, \\p{N} and White_Space.

usage: unicode-table.py unicode-classes.json > unicode_table.h

The JSON holds inclusive ranges under "L", "N" and "White_Space" (Unicode 16).
"""

import json
import sys

BLOCK = 256  # code points a block; two bits each


def classes(ranges):
    table = bytearray(0x110000)
    for number, name in enumerate(("L", "N", "White_Space"), 1):
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
        table = classes(json.load(file))
    used = max(i for i, number in enumerate(table) if number) // BLOCK + 1
    blocks = [pack(table[i * BLOCK:(i + 1) * BLOCK]) for i in range(used)]
    unique = sorted(set(blocks), key=blocks.index)
    assert len(unique) <= 256

    out = [
        "/*",
        " * Classes of code points (Unicode 16): 0 other, 1 \\p{L}, 2 \\p{N}, 3 White_Space.",
        " * Written by unicode-table.py; do not edit.",
        " */",
        "",
        "#define BLOCKS_USED %d" % used,
        "",
        "static const unsigned char block_of[BLOCKS_USED] = {",
        *lines([unique.index(b) for b in blocks], 20, str),
        "};",
        "",
        "static const uint32_t block[%d][16] = {" % len(unique),
    ]
    for words in unique:
        out.append("\t{")
        out.extend("\t" + line for line in lines(words, 8, lambda v: "0x%08x" % v))
        out.append("\t},")
    out.append("};")
    print("\n".join(out))


main()
