#!/usr/bin/env python3
"""Writes dequant.json: blocks of each quantised type and what they stand for.

Of each type a few blocks in full; and the crc32 of what some thousand more stand for, whose bytes
the test makes as many_blocks() does: enough to meet every point of the largest grid.

Needs numpy, gguf and torch from PyPI: gguf's dequantisation is llama.cpp's and the one checked
against, torch's is that of F8_E4M3. gguf has none of Q1_0 and Q2_0: $GGML is llama.cpp's own
library, libggml-base.so, which has.
"""

import ctypes
import json
import os
import pathlib
import zlib

import numpy
import torch
from gguf import GGMLQuantizationType, quants

# type, bytes of a block, where its f16 numbers are
TYPES = [
    ("F16", 2, [0]),
    ("BF16", 2, []),
    ("Q4_0", 18, [0]),
    ("Q4_1", 20, [0, 2]),
    ("Q8_0", 34, [0]),
    ("Q6_K", 210, [208]),
    ("Q5_0", 22, [0]),
    ("Q5_1", 24, [0, 2]),
    ("Q2_K", 84, [80, 82]),
    ("Q3_K", 110, [108]),
    ("Q4_K", 144, [0, 2]),
    ("Q5_K", 176, [0, 2]),
    ("IQ4_NL", 18, [0]),
    ("IQ4_XS", 136, [0]),
    ("IQ3_S", 110, [0]),
    ("IQ3_XXS", 98, [0]),
    ("IQ2_S", 82, [0]),
    ("IQ2_XS", 74, [0]),
    ("IQ2_XXS", 66, [0]),
    ("IQ1_S", 50, [0]),
    ("IQ1_M", 56, []),
    ("MXFP4", 17, []),
    ("TQ1_0", 54, [52]),
    ("TQ2_0", 66, [64]),
    ("NVFP4", 36, []),
    ("Q1_0", 18, [0]),
    ("Q2_0", 18, [0]),
]
# type: its number, weights of a block
OWN = {"Q1_0": (41, 128), "Q2_0": (42, 64)}
BLOCKS = 2
MANY = 2048
# Where a byte's bit 6 is the highest of an f16's exponent: cleared, the number is finite.
EXPONENTS = {"BF16": [1], "IQ1_M": [55]}


def blocks(rng, name, size, halves):
    data = rng.integers(0, 256, (BLOCKS, size), dtype=numpy.uint8)
    for at in halves:
        numbers = rng.normal(0, 0.1, (BLOCKS, 1)).astype("<f2")
        data[:, at : at + 2] = numbers.view(numpy.uint8)
    if name == "IQ1_M":
        data[:, EXPONENTS[name]] &= 0xBF
    return data[:1] if size > 40 and name != "Q6_K" else data


def many_blocks(size, cleared):
    """The low bytes of xorshift64, begun with the size of a block."""
    state, out = size, bytearray(MANY * size)
    for i in range(len(out)):
        state ^= state << 13 & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 7
        state ^= state << 17 & 0xFFFFFFFFFFFFFFFF
        out[i] = state & 0xFF
    data = numpy.frombuffer(bytes(out), dtype=numpy.uint8).reshape(MANY, size).copy()
    data[:, cleared] &= 0xBF
    return data


def dequantize(data, name):
    if name not in OWN:
        return quants.dequantize(data.reshape(1, -1), GGMLQuantizationType[name])
    out = numpy.empty(len(data) * OWN[name][1], "<f4")
    row = getattr(ctypes.CDLL(os.environ["GGML"]), "dequantize_row_" + name.lower())
    row(data.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(len(out)))
    return out


def entry(name, size, halves, rng):
    data = blocks(rng, name, size, halves)
    values = dequantize(data, name)
    cleared = EXPONENTS.get(name, [at + 1 for at in halves])
    many = dequantize(many_blocks(size, cleared), name)
    return {
        "type": name,
        "number": OWN[name][0] if name in OWN else int(GGMLQuantizationType[name]),
        "bytes": data.tobytes().hex(),
        "f32": values.astype("<f4").tobytes().hex(),
        "many": MANY,
        "cleared": cleared,
        "crc": zlib.crc32(many.astype("<f4").tobytes()),
    }


def f8_e4m3():
    """Every value; the number is our own."""
    data = bytes(i for i in range(256) if i & 0x7F != 0x7F)
    values = torch.frombuffer(bytearray(data), dtype=torch.float8_e4m3fn).to(torch.float32)
    return {"type": "F8_E4M3", "number": 63, "bytes": data.hex(), "f32": values.numpy().tobytes().hex()}


def main():
    rng = numpy.random.default_rng(20261124)
    out = [entry(*kind, rng) for kind in TYPES] + [f8_e4m3()]
    path = pathlib.Path(__file__).with_name("dequant.json")
    path.write_text("[\n" + ",\n".join(json.dumps(e) for e in out) + "\n]\n")


main()
