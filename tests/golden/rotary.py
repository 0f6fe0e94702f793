#!/usr/bin/env python3
"""Writes rotary.jsonl: rotary frequencies, and their cosines and sines at far positions.

The numbers are those of LlamaRotaryEmbedding in Hugging Face transformers, in float32.
"factors" are what a GGUF made from such a model holds in rope_freqs.weight instead of
parameters: the float32 divisors of the unscaled frequencies, computed as converters do.
Needs torch and transformers from PyPI (made with 2.15 and 5.23).
"""

import json
import math
import pathlib

import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

POSITIONS = [0, 1, 63, 8191, 8192, 65535, 131071]
MODELS = [
    ("Llama 3.1 8B", 128, 500000.0, {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                     "original_max_position_embeddings": 8192}),
    ("Llama 2, head of 64", 64, 10000.0, None),
]


def numbers(tensor):
    """The shortest decimals that are these float32 again."""
    return [float(str(x)) for x in tensor.numpy()]


def factors(head_dim, base, scaling):
    out = []
    for freq in 1.0 / (base ** (torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim)):
        turns = scaling["original_max_position_embeddings"] / (2 * math.pi / freq)
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        smooth = torch.clamp((turns - low) / (high - low), 0, 1)
        out.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    return torch.stack(out)


def record(name, head_dim, base, scaling):
    parameters = {"rope_type": "llama3" if scaling else "default", "rope_theta": base, **(scaling or {})}
    config = LlamaConfig(hidden_size=4 * head_dim, num_attention_heads=4, rope_parameters=parameters,
                         max_position_embeddings=131072)
    rotary = LlamaRotaryEmbedding(config)
    cosine, sine = rotary(torch.zeros(1), torch.tensor([POSITIONS]))
    half = head_dim // 2
    out = {"name": name, "head_dim": head_dim, "base": base, "scaling": scaling,
           "freqs": numbers(rotary.inv_freq)}
    if scaling:
        out["factors"] = numbers(factors(head_dim, base, scaling))
    out["angles"] = [{"position": p, "cos": numbers(c[:half]), "sin": numbers(s[:half])}
                     for p, c, s in zip(POSITIONS, cosine[0], sine[0])]
    return out


def main():
    lines = "".join(json.dumps(record(*model)) + "\n" for model in MODELS)
    pathlib.Path(__file__).with_name("rotary.jsonl").write_text(lines)


main()
