#!/usr/bin/env python3
"""Logits of random models with random adapters by Hugging Face's peft in float32: lora.jsonl.

    PATH=build/bin:$PATH tests/golden/lora.py       (numpy, torch, transformers, peft, gguf)

The models are tests/mkgguf.py's, the adapters tests/mklora.py's: a record has the words for both.
Rows of B for queries and keys are in GGUF's order, as those of the matrices are; here they are
put back into transformers'.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy
import peft
import torch
from gguf import GGUFReader, quants

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
from logits import by_halves, load, row  # noqa: E402

COMMON = "--vocab-size 272 --specials 16 --layers 2 --context 1024"
# name, words for mkgguf.py, [(words for mklora.py, scale)], ids, positions
CASES = [
    ("f32, every matrix", "--type f32 --dim 64 --heads 4 --kv-heads 2", [("--rank 4 --alpha 8", 1)], 40, [0, 1, 39]),
    ("q8_0, f16, queries and values, a scale", "--type q8_0 --dim 64 --heads 4 --kv-heads 2",
     [("--rank 8 --alpha 4 --type f16 --targets attn_q,attn_v", 0.5)], 40, [39]),
    ("two adapters, bf16 and q8_0, one of one layer", "--type f16 --dim 64 --heads 8 --kv-heads 2 --biases",
     [("--rank 3 --alpha 3 --type bf16 --targets ffn_gate,ffn_up,ffn_down,attn_k", -0.75),
      ("--rank 32 --alpha 12 --type q8_0 --layers 1 --seed 2", 1.5)], 40, [0, 39]),
    ("rank 1, the output head and attn_output", "--type f32 --dim 64 --heads 4 --kv-heads 4",
     [("--rank 1 --alpha 1 --targets output,attn_output", 2)], 20, [0, 19]),
    ("rank 80, more than a run of sums", "--type f32 --dim 128 --heads 4 --kv-heads 2",
     [("--rank 80 --alpha 8", 1)], 20, [19]),
]
NAMES = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
         "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj"}


def theirs(name):
    if name == "output.weight":
        return "lm_head"
    _, layer, matrix, _ = name.split(".")
    return f"model.layers.{layer}.{NAMES[matrix]}"


def matrices(path):
    """(alpha, {their module: (A, B)})"""
    reader = GGUFReader(path)
    tensors = {t.name: quants.dequantize(t.data, t.tensor_type).astype(numpy.float32) for t in reader.tensors}
    pairs = {name[:-7]: (tensors[name], tensors[name[:-1] + "b"]) for name in tensors if name.endswith(".lora_a")}
    return reader.fields["adapter.lora.alpha"].contents(), pairs


def adapt(model, adapters):
    """`adapters`: [(path, scale)]"""
    for i, (path, scale) in enumerate(adapters):
        alpha, pairs = matrices(path)
        rank = next(iter(pairs.values()))[0].shape[0]
        config = peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=[theirs(name) for name in pairs])
        if i == 0:
            model = peft.get_peft_model(model, config, adapter_name="0")
        else:
            model.add_adapter(str(i), config)
        base = model.base_model.model
        for name, (a, b) in pairs.items():
            if ".attn_q." in name or ".attn_k." in name:
                b = by_halves(b, getattr(base.config, "num_attention_heads" if "_q." in name else "num_key_value_heads"))
            module = base.get_submodule(theirs(name))
            module.lora_A[str(i)].weight.data = torch.from_numpy(a.copy())
            module.lora_B[str(i)].weight.data = torch.from_numpy(b.copy())
            module.scaling[str(i)] *= scale
    model.base_model.set_adapter([str(i) for i in range(len(adapters))])
    return model.eval()


def record(case, folder):
    name, make, loras, count, positions = case
    make = COMMON.split() + make.split()
    subprocess.run([HERE.parent / "mkgguf.py", *make, folder / "model.gguf"], check=True)
    adapters = []
    for i, (words, scale) in enumerate(loras):
        path = folder / f"{i}.gguf"
        subprocess.run([HERE.parent / "mklora.py", *words.split(), folder / "model.gguf", path], check=True)
        adapters.append((path, scale))
    model = adapt(load(folder / "model.gguf", None), adapters)
    rng = random.Random(name)
    ids = [rng.randrange(model.config.vocab_size) for _ in range(count)]
    return {"name": name, "make": make, "loras": [[words, str(scale)] for words, scale in loras], "ids": ids,
            "rows": [row(model, ids, position, False) for position in positions]}


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        records = [record(case, pathlib.Path(folder)) for case in CASES]
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    HERE.joinpath("lora.jsonl").write_text(text)


if __name__ == "__main__":
    main()
