#!/usr/bin/env python3
"""Writes train.jsonl: losses, gradients and ten steps of AdamW by PyTorch, in float64.

    tests/golden/train.py        # wants torch and transformers

Two Llamas of two layers with grouped queries and llama3's scaling, one tied, with rotation by
halves, one untied, with rotation by pairs as GGUF has it. The first values are a formula of each
parameter's place, so that the test can make them again; documents run one by one, which is what
packing must be equal to. AdamW is PyTorch's, with decay on matrices alone; the rate is warmed up
and falls along a cosine; clipping is by the norm of all, exactly. The rotation's angles are
float32, as transformers computes them; the cosine of them, and the norms, which transformers
computes in float32 whatever the model's type, are float64 here.
"""
import json
import math
import pathlib

import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm

VOCAB, DIM, FFN, HEADS, KV_HEADS, LAYERS = 101, 32, 48, 4, 2, 2
HEAD_DIM = DIM // HEADS
LENGTHS = [9, 1, 13, 5]
STEPS, WARMUP, RATE, LEAST = 10, 3, 2e-2, 2e-3
BETAS, EPSILON, DECAY, CLIP = (0.9, 0.95), 1e-8, 0.1, 3.5
SCALING = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0,
           "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
SAMPLES = 6
MASK = (1 << 64) - 1
NAMES = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
         "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}


def mix(x):
    """The finaliser of splitmix64."""
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9 & MASK
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb & MASK
    return x ^ (x >> 31)


def unit(which, i):
    """A number of 24 bits within 0 and 1."""
    return (mix((which << 32) + i + 1) >> 40) / (1 << 24)


def norm(self, x):
    return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon)


def gguf_name(name):
    if name == "model.embed_tokens.weight":
        return "token_embd.weight"
    if name == "lm_head.weight":
        return "output.weight"
    if name == "model.norm.weight":
        return "output_norm.weight"
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{NAMES[rest.removesuffix('.weight')]}.weight"


def order(config):
    """The parameters in the order of their first values."""
    names = ["token_embd.weight"]
    for i in range(LAYERS):
        names += [f"blk.{i}.{n}.weight" for n in NAMES.values()]
    return names + ["output_norm.weight"] + ([] if config.tie_word_embeddings else ["output.weight"])


def to_gguf(name, matrix, pairs):
    """Rows of queries and keys as GGUF has them for rotation by pairs: halves interleaved."""
    if not pairs or not ("attn_q" in name or "attn_k" in name):
        return matrix
    rows, cols = matrix.shape
    return matrix.reshape(rows // HEAD_DIM, 2, HEAD_DIM // 2, cols).transpose(1, 2).reshape(rows, cols)


def from_gguf(name, matrix, pairs):
    if not pairs or not ("attn_q" in name or "attn_k" in name):
        return matrix
    rows, cols = matrix.shape
    return matrix.reshape(rows // HEAD_DIM, HEAD_DIM // 2, 2, cols).transpose(1, 2).reshape(rows, cols)


def make(tied, pairs):
    config = LlamaConfig(vocab_size=VOCAB, hidden_size=DIM, intermediate_size=FFN, num_hidden_layers=LAYERS,
                         num_attention_heads=HEADS, num_key_value_heads=KV_HEADS, rms_norm_eps=torch.tensor(1e-5).item(),
                         max_position_embeddings=256, tie_word_embeddings=tied, rope_parameters=SCALING,
                         attn_implementation="sdpa", use_cache=False)
    model = LlamaForCausalLM(config).double()
    rotary = model.model.rotary_emb
    freqs = rotary.inv_freq.float().clone()

    def forward(x, position_ids):
        angles = (position_ids[0].float()[:, None] * freqs).double()
        angles = torch.cat((angles, angles), -1)[None]
        return angles.cos(), angles.sin()

    rotary.forward = forward
    names = order(config)
    parameters = {gguf_name(n): p for n, p in model.named_parameters()}
    assert sorted(names) == sorted(parameters)
    for which, name in enumerate(names):
        p = parameters[name]
        values = torch.tensor([unit(which, i) for i in range(p.numel())], dtype=torch.float64).reshape(p.shape)
        values = 0.75 + values / 2 if p.dim() == 1 else (values - 0.5) / 2
        with torch.no_grad():
            p.copy_(from_gguf(name, values, pairs))
    return model, {name: parameters[name] for name in names}, freqs


def batch(step):
    """Tokens and targets of the documents of a step; None: is not learned."""
    at, documents = 0, []
    for length in LENGTHS:
        tokens = [int(unit(1000 + step, 2 * i) * VOCAB) for i in range(at, at + length)]
        targets = [None if i % 5 == 3 else int(unit(1000 + step, 2 * i + 1) * VOCAB)
                   for i in range(at, at + length)]
        documents.append((tokens, targets))
        at += length
    return documents


def run(model, step):
    """The sum of the loss over all targets, and their count."""
    total, count = 0, 0
    for tokens, targets in batch(step):
        logits = model(torch.tensor([tokens])).logits[0]
        learned = [i for i, target in enumerate(targets) if target is not None]
        if learned:
            wanted = torch.tensor([targets[i] for i in learned])
            total = total + torch.nn.functional.cross_entropy(logits[learned], wanted, reduction="sum")
        count += len(learned)
    return total, count


def tell(name, matrix, pairs):
    """A parameter's norm and some of its numbers: the largest one first."""
    flat = to_gguf(name, matrix.detach(), pairs).reshape(-1)
    places = [int(flat.abs().argmax())] + [k * 7919 % flat.numel() for k in range(1, SAMPLES)]
    return {"norm": float(flat.norm()), "at": places, "values": [float(flat[i]) for i in places]}


def rate_of(step):
    if step <= WARMUP:
        return RATE * step / WARMUP
    done = (step - WARMUP) / (STEPS - WARMUP)
    return LEAST + (RATE - LEAST) * 0.5 * (1 + math.cos(math.pi * done))


def record(tied, pairs):
    model, parameters, freqs = make(tied, pairs)
    matrices = [p for p in parameters.values() if p.dim() > 1]
    gains = [p for p in parameters.values() if p.dim() == 1]
    adamw = torch.optim.AdamW([{"params": matrices, "weight_decay": DECAY}, {"params": gains, "weight_decay": 0.0}],
                              lr=RATE, betas=BETAS, eps=EPSILON)
    out = {"tied": tied, "pairs": pairs, "freqs": [float(f) for f in freqs], "steps": []}
    for step in range(1, STEPS + 1):
        adamw.zero_grad()
        total, count = run(model, step)
        (total / count).backward()
        length = math.sqrt(sum(float(p.grad.pow(2).sum()) for p in parameters.values()))
        if step == 1:
            out["gradients"] = {n: tell(n, p.grad * count, pairs) for n, p in parameters.items()}
        for p in parameters.values():
            p.grad.mul_(min(1, CLIP / length))
        for group in adamw.param_groups:
            group["lr"] = rate_of(step)
        adamw.step()
        out["steps"].append({"loss": total.item() / count, "targets": count, "norm": length, "rate": rate_of(step)})
    out["values"] = {n: tell(n, p, pairs) for n, p in parameters.items()}
    return out


def main():
    LlamaRMSNorm.forward = norm
    lines = "".join(json.dumps(record(tied, pairs)) + "\n" for tied, pairs in ((True, False), (False, True)))
    pathlib.Path(__file__).with_name("train.jsonl").write_text(lines)


if __name__ == "__main__":
    main()
