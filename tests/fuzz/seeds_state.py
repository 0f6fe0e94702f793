#!/usr/bin/env python3
"""Writes the corpora of fuzz_shape and fuzz_state: files as small as what they show allows.

    tests/fuzz/seeds_state.py
"""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, here)
from seeds import gguf  # noqa: E402

PLAIN = """layers: 2
hidden_size: 32
intermediate_size: 64
heads: 4
context: 64
"""
FULL = PLAIN + """kv_heads: 2
head_dim: 8
tied: true
norm_eps: 1e-6
rope:
  base: 10000
  scaling: llama3
  factor: 8
  low_freq_factor: 1
  high_freq_factor: 4
  original_context: 32
"""
LARGE = PLAIN.replace("2\n", "9999\n").replace("32", "1048575").replace("heads: 4", "heads: 1048575") + "head_dim: 1048574\n"

MATRICES = [("blk.0.%s.weight" % name, 2) for name in
            ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")]
PARAMETERS = [("token_embd.weight", 3), *MATRICES, ("blk.0.attn_norm.weight", 0), ("blk.0.ffn_norm.weight", 0),
              ("output_norm.weight", 0)]
TENSORS = [(name + ending, (2, rows) if rows else (2,), 0, 8 * max(rows, 1))
           for ending in ("", ".m", ".v") for name, rows in PARAMETERS]


def state(settings="batch 1\nsteps 2\n", seconds=1.5, **numbers):
    keys = {"step": "1", "epoch": "0", "row": "1", "tokens": "4", "targets": "3", **numbers}
    return gguf([("general.alignment", "u32", 8), ("general.type", "string", "ll-training")] +
                [("ll.train." + key, "string", value) for key, value in keys.items()] +
                [("ll.train.seconds", "f32", seconds), ("ll.train.settings", "string", settings)], TENSORS)


SEEDS = {
    "shape/plain": PLAIN.encode(),
    "shape/full": FULL.encode(),
    "shape/large": LARGE.encode(),
    "state/whole": state(),
    "state/other": state("batch 2\nsteps 2\n"),
    "state/longer": state("batch 1\nsteps 2\n\0micro 1"),
    "state/shorter": state("batch 1"),
    "state/time": state(seconds=float("nan")),
    "state/number": state(step="99999999999999999999"),
}


def main():
    for name, data in SEEDS.items():
        path = os.path.join(here, "corpus", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
