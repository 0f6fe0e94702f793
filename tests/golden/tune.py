#!/usr/bin/env python3
"""Steps of LoRA by Hugging Face's peft and PyTorch's AdamW in float64: tune.jsonl.

    PATH=build/bin:$PATH tests/golden/tune.py       (numpy, torch, transformers, peft, gguf)

The models are tests/mkgguf.py's: a record has the words. The adapter's first values are
ll-tune's own at a rate of 0, and so are the tokens of the documents, each of which is a sequence
of its own here. Of each matrix there are some numbers and the norm, as they are in the file: rows
of B for queries and keys are in GGUF's order.
"""
import json
import math
import pathlib
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
from logits import LLAMA31, by_halves, load  # noqa: E402
from lora import theirs  # noqa: E402

COMMON = "--vocab-size 272 --specials 16 --layers 2 --context 128 --dim 32 --heads 4 --ffn 64"
STEPS = 3
SAMPLES = 6
DOCUMENTS = ["the river runs down", "one of the men sat on the wall of a house", "it is good"]
# name, words for mkgguf.py, the scaling that they say, words for ll-tune
CASES = [
    ("every matrix, clipped, with decay", "--type f32 --kv-heads 2", None,
     "--rank 3 --alpha 6 --lr 0.01 --clip 0.5 --weight-decay 0.1"),
    ("queries, values and down over Q8_0, Llama 3.1's scaling", "--type q8_0 --kv-heads 1 --tied "
     "--rope-scaling llama3 --rope-factor 8 --rope-original 8192", LLAMA31,
     "--rank 8 --alpha 4 --on q,v,down --lr 0.003 --clip 0 --weight-decay 0"),
]


def number(words, name):
    words = words.split()
    return float(words[words.index(name) + 1])


def tokens(model, text):
    """As a document has them: with the token that begins a text, and the one that ends it."""
    def ids(*words):
        out = subprocess.run(f"ll-tokenize -m {model} -p '{words[-1]}' {' '.join(words[:-1])} | ll-cat --json",
                             shell=True, check=True, capture_output=True, text=True).stdout
        return [i for line in out.splitlines() for i in json.loads(line).get("ids", [])]
    return ids(text) + ids("--special", "<|end_of_text|>")[-1:]


def file_matrices(path):
    return {t.name: quants.dequantize(t.data, t.tensor_type).astype(numpy.float64) for t in GGUFReader(path).tensors}


def back(weight, heads):
    """by_halves undone."""
    order = by_halves(numpy.arange(len(weight)).reshape(-1, 1), heads).ravel()
    out = numpy.empty_like(weight)
    out[order] = weight
    return out


def heads_of(model, name):
    config = model.base_model.model.config
    return config.num_attention_heads if ".attn_q." in name else \
        config.num_key_value_heads if ".attn_k." in name else 0


def adapt(model, first, words):
    pairs = sorted({name[:-7] for name in first})
    config = peft.LoraConfig(r=int(number(words, "--rank")), lora_alpha=number(words, "--alpha"),
                             target_modules=[theirs(name) for name in pairs])
    model = peft.get_peft_model(model.double(), config, adapter_name="0")
    params = {}
    for name in pairs:
        module = model.base_model.model.get_submodule(theirs(name))
        module.lora_A["0"].weight.data = torch.from_numpy(first[name + ".lora_a"].copy())
        module.lora_B["0"].weight.data = torch.from_numpy(first[name + ".lora_b"].copy())
        assert not first[name + ".lora_b"].any()
        params[name + ".lora_a"], params[name + ".lora_b"] = module.lora_A["0"].weight, module.lora_B["0"].weight
    return model, params


def learn(model, params, words, documents):
    optimiser = torch.optim.AdamW(params.values(), lr=number(words, "--lr"), betas=(0.9, 0.95), eps=1e-8,
                                  weight_decay=number(words, "--weight-decay"))
    clip, losses = number(words, "--clip"), []
    for _ in range(STEPS):
        optimiser.zero_grad()
        total, count = 0, 0
        for ids in documents:
            logits = model(torch.tensor([ids])).logits[0, :-1]
            total = total + torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="sum")
            count += len(ids) - 1
        (total / count).backward()
        losses.append(total.item() / count)
        torch.nn.utils.clip_grad_norm_(params.values(), clip if clip else math.inf)
        optimiser.step()
    return losses


def record(case, folder):
    name, make, scaling, words = case
    make, path = COMMON.split() + make.split(), folder / "model.gguf"
    subprocess.run([HERE.parent / "mkgguf.py", *make, path], check=True)
    docs = folder / "docs.jsonl"
    docs.write_text("".join(json.dumps({"text": text}) + "\n" for text in DOCUMENTS))
    first = words.split()
    first[first.index("--lr") + 1] = "0"
    subprocess.run(["ll-tune", "-q", "-m", path, "-b", "1", "--steps", "1", *first, "-o", folder / "first.gguf", docs],
                   check=True)
    model, params = adapt(load(path, scaling), file_matrices(folder / "first.gguf"), words)
    losses = learn(model, params, words, [tokens(path, text) for text in DOCUMENTS])
    matrices = {}
    for matrix, param in params.items():
        value = param.detach().numpy()
        if matrix.endswith("_b") and heads_of(model, matrix):
            value = back(value, heads_of(model, matrix))
        some = numpy.linspace(0, value.size - 1, SAMPLES).astype(int)
        matrices[matrix] = [[int(i), float("%.9g" % value.ravel()[i])] for i in some] + \
            [["norm", float("%.9g" % numpy.sqrt((value ** 2).sum()))]]
    return {"name": name, "make": make, "documents": DOCUMENTS, "tune": words.split() + ["--steps", str(STEPS)],
            "losses": losses, "matrices": matrices}


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        records = [record(case, pathlib.Path(folder)) for case in CASES]
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    HERE.joinpath("tune.jsonl").write_text(text)


if __name__ == "__main__":
    main()
