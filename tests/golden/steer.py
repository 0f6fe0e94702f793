#!/usr/bin/env python3
"""Writes steer.jsonl: a control vector of llama.cpp, and how llama.cpp goes on with it.

usage: steer.py GENERATOR GREEDY

GENERATOR is llama-cvector-generator, GREEDY is greedy.c beside this, built against llama.cpp.
Needs ll-tokenize, and gguf from PyPI (made with 0.19). The model is one of tests/mkgguf.py in
f32, of which the first line has the options, and in base64 the generator's file as it wrote it:
the means of what two pairs of texts differ by, behind three of four layers. ll has no cut behind
the last of them, so neither it nor llama.cpp here is given that one. Every other line is
a prompt, the number that the vector is multiplied by, and the greedy continuation: pairs of an
id and its distance from the second largest logit, with a KV cache in f32. Where it comes closer
than 0.01 the line ends before.
"""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from gguf import GGUFReader

HERE = pathlib.Path(__file__).parent
MODEL = "--type f32 --layers 4 --dim 64 --seed 11"
POSITIVE = "one river\nthe sea is wide\n"
NEGATIVE = "two hills\na dry field\n"
PROMPTS = ["Once upon a time", "the river and the hill", "2 + 2 ="]
SCALES = [0, 1, -2, 8]
COUNT, CLOSE = 24, 0.01


def run(*words, given=None):
    return subprocess.run(list(map(str, words)), input=given, check=True, capture_output=True, text=True).stdout


def continuation(text):
    words = text.split()
    pairs = [[int(i), float(gap)] for i, gap in zip(words[::2], words[1::2])]
    end = next((at for at, pair in enumerate(pairs) if pair[1] < CLOSE), len(pairs))
    return pairs[:end]


def main():
    generator, greedy = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name, (HERE / "steer.jsonl").open("w") as out:
        folder = pathlib.Path(name)
        model, vector, floats = folder / "model.gguf", folder / "vector.gguf", folder / "floats"
        run(HERE.parent / "mkgguf.py", *MODEL.split(), model)
        (folder / "positive").write_text(POSITIVE)
        (folder / "negative").write_text(NEGATIVE)
        run(generator, "-m", model, "--method", "mean", "--positive-file", folder / "positive",
            "--negative-file", folder / "negative", "-o", vector)
        data = vector.read_bytes()
        print(json.dumps({"make": MODEL, "vector": base64.b64encode(data).decode()}), file=out)
        tensors = sorted(GGUFReader(vector).tensors, key=lambda tensor: tensor.name)
        for prompt in PROMPTS:
            ids = run("ll-tokenize", "-m", model, "--ids", "-p", prompt)
            for scale in SCALES:
                floats.write_bytes(b"".join((tensor.data * numpy.float32(scale)).tobytes() for tensor in tensors))
                text = run(greedy, model, COUNT, "f32", floats, given=" ".join(ids.split()) + "\n")
                print(json.dumps({"prompt": prompt, "scale": scale, "next": continuation(text)}), file=out)


main()
