#!/usr/bin/env python3
"""Writes logits.jsonl: logits of Hugging Face transformers, in float32 with eager attention.

usage: logits.py SmolLM2-135M-Instruct.gguf

A record is a model and a sequence of ids. "make" are the options of tests/mkgguf.py that make
the model; where it is null the model is SmolLM2. Each of "rows" has a position, the
log-sum-exp of all its logits, and the logits of "ids", or of all ids where there are none.
Weights are the file's, dequantised by the package gguf. Rotary frequencies are computed by
transformers from the parameters below, not taken from the file.
Needs torch, transformers and gguf from PyPI (made with 2.15, 5.23 and 0.19), and ll-tokenize.
"""

import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import torch
from gguf import GGUFReader, quants
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM
from transformers.models.llama.modeling_llama import LlamaDecoderLayer

HERE = pathlib.Path(__file__).parent

# Llama 3.1's, and one whose every regime lies within a short prompt.
LLAMA31 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 8192}
SHORT = {**LLAMA31, "original_max_position_embeddings": 64}

LINEAR = {"rope_type": "linear", "factor": 4.0}
YARN = {"rope_type": "yarn", "factor": 8.0, "original_max_position_embeddings": 64}
# GGUF's attn_factor is one on top of yarn's own, transformers' attention_factor replaces it.
YARN_ALL = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128,
            "beta_fast": 16.0, "beta_slow": 2.0, "attention_factor": 1.25 * (0.1 * math.log(4.0) + 1)}
YARN_KEYS = {"yarn_beta_fast": 16.0, "yarn_beta_slow": 2.0, "attn_factor": 1.25}

# name, options, scaling, whether parameters or factors say so in the file, tokens, positions
MODELS = [
    ("f32, 1 KV head, untied",
     "--type f32 --dim 64 --heads 4 --kv-heads 1 --rope-base 10000", None, None, 40, [0, 20, 39]),
    ("f16, 2 KV heads, tied",
     "--type f16 --dim 64 --heads 4 --kv-heads 2 --tied", None, None, 40, [5, 39]),
    ("bf16, 8 KV heads, untied",
     "--type bf16 --dim 64 --heads 8 --kv-heads 8", None, None, 40, [7, 39]),
    ("q8_0, 2 KV heads, untied, Llama 3.1's scaling by factors",
     "--type q8_0 --dim 64 --heads 2 --kv-heads 2", LLAMA31, "factors", 120, [31, 64, 119]),
    ("q4_0, 1 KV head, tied, Llama 3.1's scaling by factors",
     "--type q4_0 --dim 64 --heads 2 --kv-heads 1 --tied", LLAMA31, "factors", 120, [63, 119]),
    ("q4_1, 8 KV heads of 16, untied, Llama 3.1's scaling by parameters",
     "--type q4_1 --dim 256 --heads 16 --kv-heads 8 --ffn 64", LLAMA31, "parameters", 120, [64, 119]),
    ("q6_k, 2 KV heads, tied, Llama 3.1's scaling by factors",
     "--type q6_k --dim 256 --heads 4 --kv-heads 2 --ffn 256 --tied", LLAMA31, "factors", 120, [65, 119]),
    ("q4_k and q6_k, as Q4_K_M has them, 2 KV heads, untied",
     "--type q4_k --output-type q6_k --dim 256 --heads 4 --kv-heads 2 --ffn 256", None, None, 40, [39]),
    ("iq2_xs and q2_k, 1 KV head, untied",
     "--type iq2_xs --output-type q2_k --dim 256 --heads 4 --kv-heads 1 --ffn 256", None, None, 40, [39]),
    ("f32, a scaling that starts at 64, by parameters",
     "--type f32 --dim 64 --heads 4 --kv-heads 2", SHORT, "parameters", 300, [63, 64, 299]),
    ("f32, a scaling that starts at 64, by factors",
     "--type f32 --dim 64 --heads 4 --kv-heads 2", SHORT, "factors", 300, [64, 299]),
    ("f32, 4,000 positions, Llama 3.1's scaling by factors",
     "--type f32 --dim 128 --heads 2 --kv-heads 1 --ffn 64", LLAMA31, "factors",
     4000, [3999]),
    ("f32, linear scaling", "--type f32 --dim 64 --heads 4 --kv-heads 2", LINEAR, "parameters", 100, [31, 99]),
    ("f32, yarn", "--type f32 --dim 64 --heads 2 --kv-heads 1", YARN, "parameters", 200, [31, 64, 199]),
    ("f32, yarn with factors of its own", "--type f32 --dim 64 --heads 2 --kv-heads 1", YARN_ALL,
     "parameters", 200, [64, 199]),
    ("f32, biases of attention and MLP", "--type f32 --dim 64 --heads 4 --kv-heads 2 --biases",
     None, None, 40, [0, 39]),
    ("q8_0, heads of 32 where the hidden size has 16 for each",
     "--type q8_0 --dim 64 --heads 4 --kv-heads 2 --head-dim 32", None, None, 40, [39]),
    ("f32, layers that differ in heads and feed-forward size",
     "--type f32 --dim 64 --head-dim 16 --layers 3 --layer-heads 4,8,2 --layer-kv-heads 2,1,2 --layer-ffn 64,96,128",
     None, None, 40, [0, 39]),
    ("f32, a window of 20 positions",
     "--type f32 --dim 64 --heads 4 --kv-heads 2 --key llama.attention.sliding_window u32 20",
     None, None, 120, [18, 19, 20, 31, 32, 70, 119]),
]
COMMON = "--vocab-size 272 --specials 16 --layers 2 --context 131072"

PROMPTS = [
    ["-p", "The capital of France is"],
    ["-p", "Once upon a time there was a small ship that could not swim. It lay in the harbour all day and"],
    ["-p", "def fibonacci(n):\n    if n < 2:\n        return n\n    return"],
    ["-p", "In 1969, 3 men flew 384,400 km; 2 of them walked on the Moon. 3 - 2 = "],
    ["-p", "Der Himmel ist blau, weil das Licht der Sonne in der Luft gestreut wird. Le ciel est bleu parce que"],
    ["--chat", "-p", "Why is the sky blue?"],
]


def options(case):
    """The words for mkgguf.py."""
    _, text, scaling, means, _, _ = case
    words = COMMON.split() + text.split()
    if means == "factors":
        words += ["--rope-scaling", "llama3", "--rope-factor", str(scaling["factor"]),
                  "--rope-original", str(scaling["original_max_position_embeddings"])]
    elif means == "parameters" and "rope_type" in scaling:
        words += ["--key", "llama.rope.scaling.type", "string", scaling["rope_type"],
                  "--key", "llama.rope.scaling.factor", "f32", str(scaling["factor"])]
        if "original_max_position_embeddings" in scaling:
            words += ["--key", "llama.rope.scaling.original_context_length", "u32",
                      str(scaling["original_max_position_embeddings"])]
        for key, number in YARN_KEYS.items() if scaling is YARN_ALL else []:
            words += ["--key", "llama.rope.scaling." + key, "f32", str(number)]
    elif means == "parameters":
        words += ["--key", "llama.rope.scaling.type", "string", "llama3",
                  "--key", "llama.rope.scaling.factor", "f32", str(scaling["factor"]),
                  "--key", "llama.rope.scaling.low_freq_factor", "f32", str(scaling["low_freq_factor"]),
                  "--key", "llama.rope.scaling.high_freq_factor", "f32", str(scaling["high_freq_factor"]),
                  "--key", "llama.rope.scaling.original_context_length", "u32",
                  str(scaling["original_max_position_embeddings"])]
    return words


def by_halves(weight, heads):
    """GGUF's rows of a query or key, whose rotary pairs are neighbours, in transformers' order."""
    shape = weight.shape
    return weight.reshape(heads, shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(shape)


def load(path, scaling):
    reader = GGUFReader(path)
    get = lambda key: reader.fields["llama." + key].contents() if "llama." + key in reader.fields else None
    weights = {t.name: quants.dequantize(t.data, t.tensor_type).astype(numpy.float32)
               for t in reader.tensors}
    layers = get("block_count")
    each = lambda key: (lambda n: n if isinstance(n, list) else [n] * layers)(get(key))
    heads, kv_heads, ffn = each("attention.head_count"), each("attention.head_count_kv"), each("feed_forward_length")
    biases = "blk.0.attn_q.bias" in weights
    window = get("attention.sliding_window")

    def configured(i):
        return (MistralConfig if window else LlamaConfig)(
            vocab_size=weights["token_embd.weight"].shape[0], hidden_size=get("embedding_length"),
            intermediate_size=ffn[i], num_hidden_layers=layers,
            num_attention_heads=heads[i], num_key_value_heads=kv_heads[i], head_dim=get("rope.dimension_count"),
            max_position_embeddings=get("context_length"),
            rms_norm_eps=get("attention.layer_norm_rms_epsilon"),
            rope_parameters={"rope_type": "llama3" if scaling else "default",
                             "rope_theta": get("rope.freq_base"), **(scaling or {})},
            tie_word_embeddings="output.weight" not in weights, attn_implementation="eager",
            **({"sliding_window": window} if window else {"attention_bias": biases, "mlp_bias": biases}))

    config = configured(0)
    names = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
             "lm_head.weight": "output.weight" if "output.weight" in weights else "token_embd.weight"}
    for i in range(config.num_hidden_layers):
        for theirs, ours in (("input_layernorm", "attn_norm"), ("self_attn.q_proj", "attn_q"),
                             ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
                             ("self_attn.o_proj", "attn_output"), ("post_attention_layernorm", "ffn_norm"),
                             ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"),
                             ("mlp.down_proj", "ffn_down")):
            for end in ("weight", "bias"):
                if f"blk.{i}.{ours}.{end}" in weights:
                    names[f"model.layers.{i}.{theirs}.{end}"] = f"blk.{i}.{ours}.{end}"
        for name, count in (("attn_q", heads[i]), ("attn_k", kv_heads[i])):
            for end in ("weight", "bias"):
                if f"blk.{i}.{name}.{end}" in weights:
                    weights[f"blk.{i}.{name}.{end}"] = by_halves(weights[f"blk.{i}.{name}.{end}"], count)
    model = (MistralForCausalLM if window else LlamaForCausalLM)(config).float().eval()
    if len(set(zip(heads, kv_heads, ffn))) > 1:
        for i in range(layers):
            own = configured(i)
            own._attn_implementation = "eager"
            model.model.layers[i] = LlamaDecoderLayer(own, i).float().eval()
    model.load_state_dict({theirs: torch.from_numpy(weights[ours].copy()) for theirs, ours in names.items()})
    return model


@torch.no_grad()
def row(model, ids, position, some):
    logits = model(torch.tensor([ids[:position + 1]]), logits_to_keep=1).logits[0, -1].double()
    out = {"position": position, "lse": round(torch.logsumexp(logits, 0).item(), 6)}
    if some:
        best = torch.topk(logits, 32).indices.tolist()
        out["ids"] = best + list(range(7, len(logits), len(logits) // 32))[:32]
        logits = logits[out["ids"]]
    return {**out, "logits": [round(x, 6) for x in logits.tolist()]}


def generated(case, folder):
    name, _, scaling, _, count, positions = case
    path = folder / "model.gguf"
    subprocess.run([HERE.parent / "mkgguf.py", *options(case), path], check=True)
    model = load(path, scaling)
    rng = random.Random(name)
    ids = [rng.randrange(model.config.vocab_size) for _ in range(count)]
    rows = [row(model, ids, position, False) for position in positions]
    return {"name": name, "make": options(case), "ids": ids, "rows": rows}


def smollm(model, path, words):
    text = subprocess.run(["ll-tokenize", "-m", path, "--ids", *words], check=True, capture_output=True).stdout
    ids = [int(word) for word in text.split()]
    return {"name": "SmolLM2: " + " ".join(words).replace("\n", " "), "make": None, "ids": ids,
            "rows": [row(model, ids, len(ids) - 1, True)]}


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        records = [generated(case, pathlib.Path(folder)) for case in MODELS]
    model = load(sys.argv[1], None)
    records += [smollm(model, sys.argv[1], words) for words in PROMPTS]
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    HERE.joinpath("logits.jsonl").write_text(text)


if __name__ == "__main__":
    main()
