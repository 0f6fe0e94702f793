#!/usr/bin/env python3
"""Writes distill.jsonl: losses of a student that a teacher taught, and their gradients, by PyTorch in float64.

    tests/golden/distill.py      # wants torch

The student is an embedding, a norm and a head, and its values are a formula of each parameter's place;
the teacher's logits are one of position and id. What is taught is the whole distribution, or the
largest of it with their probabilities among all, as a sparse row has them at temperature 1, or
with those of the listed alone, at others. The last position has no token behind it.
"""
import json
import pathlib

import torch
from torch.nn import functional

VOCAB, DIM, EPSILON = 61, 12, 1e-5
TOKENS = [5, 17, 3, 60, 0, 22, 41]
CASES = [(0.0, 1.0, 0), (0.5, 1.0, 0), (0.3, 2.5, 0), (0.0, 1.0, 6), (0.25, 1.0, 6), (0.4, 3.0, 6), (1.0, 1.0, 6)]


def values(which, rows, cols):
    """Within -0.5 and 0.5; multiples of 1/1024, so float32 has them."""
    flat = [((i * 7919 + which * 104729) % 1024) / 1024 - 0.5 for i in range(rows * cols)]
    return torch.tensor(flat, dtype=torch.float64).reshape(rows, cols).requires_grad_()


def case(hard, temperature, top):
    embedding, norm, head = values(1, VOCAB, DIM), values(2, 1, DIM), values(3, VOCAB, DIM)
    said = torch.tensor([[((p * 131 + i * 53) % 97) / 16 for i in range(VOCAB)] for p in range(len(TOKENS))],
                        dtype=torch.float64)
    x = embedding[TOKENS]
    x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * norm
    logits = x @ head.T
    ce = functional.cross_entropy(logits[:-1], torch.tensor(TOKENS[1:]), reduction="none")
    ids = said.argsort(dim=-1, descending=True, stable=True)[:, :top or VOCAB]
    if top and temperature == 1:
        teacher = functional.softmax(said, -1).gather(-1, ids)
    else:
        teacher = functional.softmax(said.gather(-1, ids) / temperature, -1)
    student = functional.log_softmax(logits / temperature, -1).gather(-1, ids)
    kl = functional.kl_div(student, teacher, reduction="none").sum(-1)
    loss = hard * ce.sum() + (1 - hard) * temperature ** 2 * kl.sum()
    loss.backward()
    return {"hard": hard, "temperature": temperature, "top": top, "loss": loss.item(), "cross_entropy": ce.sum().item(),
            "kl": kl.sum().item(), "ids": ids.tolist() if top else [],
            "logits": [[said[p][i].item() for i in row] for p, row in enumerate(ids.tolist())] if top else [],
            "log_sum_exp": said.logsumexp(-1).tolist(), "embedding": embedding.grad[TOKENS[1]].tolist(),
            "norm": norm.grad[0].tolist(), "head": head.grad[TOKENS[2]].tolist()}


def main():
    out = pathlib.Path(__file__).with_name("distill.jsonl")
    with open(out, "w", encoding="utf-8") as file:
        for arguments in CASES:
            record = case(*arguments)
            rounded = {k: [float(f"{x:.10g}") for x in v] if k in ("embedding", "norm", "head", "log_sum_exp") else v
                       for k, v in record.items()}
            file.write(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main()
