#!/usr/bin/env python3
"""Writes encode.jsonl: the errors of llama.cpp's quantisers on the rows that t_encode.c makes.

    encode.py LIBGGML_BASE.so

For each type the root of the mean squared error without an importance matrix, and with one the
same of the weighted mean. Needs numpy, gguf from PyPI, and libggml-base.so of a built llama.cpp.
"""

import ctypes
import json
import pathlib
import sys

import numpy
from gguf import GGMLQuantizationType, quants

TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
         "IQ4_XS"]
ROWS, COLS = 32, 1024


class Numbers:
    def __init__(self):
        self.state = 1

    def next(self):
        s = self.state
        s ^= s << 13 & 0xFFFFFFFFFFFFFFFF
        s ^= s >> 7
        s ^= s << 17 & 0xFFFFFFFFFFFFFFFF
        self.state = s
        return s

    def weight(self):
        """About normal: four 16-bit numbers added; one in 64 is an outlier."""
        s = self.next()
        value = sum((s >> 16 * i & 0xFFFF) - 32768 for i in range(4))
        return value * 2.0**-20 * (4 if self.next() % 64 == 0 else 1)


def main():
    lib = ctypes.CDLL(sys.argv[1])
    lib.ggml_quantize_chunk.restype = ctypes.c_size_t
    floats = ctypes.POINTER(ctypes.c_float)
    lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, floats, ctypes.c_void_p, ctypes.c_int64,
                                        ctypes.c_int64, ctypes.c_int64, floats]
    numbers = Numbers()
    rows = numpy.array([[numbers.weight() for _ in range(COLS)] for _ in range(ROWS)], dtype="f4")
    importance = numpy.array([1 + numbers.next() % 16 ** (1 + i % 2) for i in range(COLS)], dtype="f4")
    lines = []
    for name in TYPES:
        kind = GGMLQuantizationType[name]
        found = {"type": name}
        for key, weights in ("plain", None), ("weighted", importance):
            data = numpy.zeros(ROWS * COLS * 4, dtype="u1")
            size = lib.ggml_quantize_chunk(
                kind, rows.ctypes.data_as(floats), data.ctypes.data, 0, ROWS, COLS,
                weights.ctypes.data_as(floats) if weights is not None else None)
            back = quants.dequantize(data[:size].reshape(ROWS, -1), kind).astype("f8")
            count = (weights if weights is not None else numpy.ones(COLS)).astype("f8")
            found[key] = float(numpy.sqrt((count * (back - rows) ** 2).sum() / (count.sum() * ROWS)))
        lines.append(json.dumps(found))
    pathlib.Path(__file__).with_suffix(".jsonl").write_text("\n".join(lines) + "\n")


main()
