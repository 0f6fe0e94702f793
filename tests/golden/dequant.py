#!/usr/bin/env python3
"""Writes dequant.json: blocks of each quantised type and what they stand for.

Needs numpy and gguf from PyPI, whose dequantisation is the one checked against.
"""

import json
import pathlib

import numpy
from gguf import GGMLQuantizationType, quants

# type, bytes of a block, where its f16 numbers are
TYPES = [
    ("F16", 2, [0]),
    ("BF16", 2, []),
    ("Q4_0", 18, [0]),
    ("Q4_1", 20, [0, 2]),
    ("Q8_0", 34, [0]),
    ("Q6_K", 210, [208]),
]
BLOCKS = 2


def blocks(rng, size, halves):
    data = rng.integers(0, 256, (BLOCKS, size), dtype=numpy.uint8)
    for at in halves:
        numbers = rng.normal(0, 0.1, (BLOCKS, 1)).astype("<f2")
        data[:, at : at + 2] = numbers.view(numpy.uint8)
    return data


def main():
    rng = numpy.random.default_rng(20261124)
    out = []
    for name, size, halves in TYPES:
        data = blocks(rng, size, halves).reshape(1, -1)
        values = quants.dequantize(data, GGMLQuantizationType[name])
        out.append({
            "type": name,
            "number": int(GGMLQuantizationType[name]),
            "bytes": data.tobytes().hex(),
            "f32": values.astype("<f4").tobytes().hex(),
        })
    path = pathlib.Path(__file__).with_name("dequant.json")
    path.write_text(json.dumps(out, indent=1) + "\n")


main()
