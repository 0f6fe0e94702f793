#!/usr/bin/env python3
"""Writes tests/data/containers: one small random Llama in each container, by writers not ours.

usage: containers.py

	model.gguf	the package gguf; Q and K in its order, scaling of the rotary frequencies by keys
	hf, hf-shards	save_file of safetensors; save_pretrained of transformers, some 6 KB a shard
	meta, meta-2	torch.save, whole and cut in two as Llama 3's shards are (embedding by rows)
	meta-2c		the same with the embedding cut by columns, as Llama 2's is
	f8, f8.gguf	F8_E4M3 with scales for some matrices, as Meta's 405B-FP8; the same numbers in F32
	mistral		save_pretrained of a Mistral: a window of 4, heads of 8, yarn with mscale
	biases		save_pretrained of a Llama: biases, linear scaling, a tied head
	logits.json	of transformers in float32 for "ids", of each of these models

Weights are F32, F16 and BF16 in turn, norms BF16 (F32 in the GGUF), scales powers of two, so
that every container holds the same numbers.
Needs torch, transformers, safetensors and gguf from PyPI (made with 2.15, 5.23, 0.8 and 0.19).
"""
import json
import pathlib
import shutil

import gguf
import numpy
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

OUT = pathlib.Path(__file__).parent.parent / "data" / "containers"
DIM, LAYERS, HEADS, KV, FFN, VOCAB = 16, 2, 4, 2, 32, 40
HEAD = DIM // HEADS
IDS = [1, 37, 3, 11, 30, 8, 8, 25, 39, 2, 17, 33]
SCALING = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
           "original_max_position_embeddings": 8192}
LAYER = {"self_attn.q_proj": ("attn_q", "attention.wq", HEADS * HEAD, DIM),
         "self_attn.k_proj": ("attn_k", "attention.wk", KV * HEAD, DIM),
         "self_attn.v_proj": ("attn_v", "attention.wv", KV * HEAD, DIM),
         "self_attn.o_proj": ("attn_output", "attention.wo", DIM, HEADS * HEAD),
         "mlp.gate_proj": ("ffn_gate", "feed_forward.w1", FFN, DIM),
         "mlp.up_proj": ("ffn_up", "feed_forward.w3", FFN, DIM),
         "mlp.down_proj": ("ffn_down", "feed_forward.w2", DIM, FFN),
         "input_layernorm": ("attn_norm", "attention_norm", DIM, 0),
         "post_attention_layernorm": ("ffn_norm", "ffn_norm", DIM, 0)}
WHOLE = {"model.embed_tokens": ("token_embd", "tok_embeddings", VOCAB, DIM),
         "model.norm": ("output_norm", "norm", DIM, 0),
         "lm_head": ("output", "output", VOCAB, DIM)}


def names():
    """(Hugging Face's, GGUF's, Meta's, rows, columns)"""
    for hf, (ours, meta, rows, cols) in WHOLE.items():
        yield hf + ".weight", ours + ".weight", meta + ".weight", rows, cols
    for i in range(LAYERS):
        for hf, (ours, meta, rows, cols) in LAYER.items():
            yield (f"model.layers.{i}.{hf}.weight", f"blk.{i}.{ours}.weight", f"layers.{i}.{meta}.weight", rows, cols)


def weights():
    torch.manual_seed(1)
    turn, out = [torch.float32, torch.float16, torch.bfloat16, torch.bfloat16], {}
    for n, (hf, _, _, rows, cols) in enumerate(names()):
        if cols == 0:
            out[hf] = (1 + 0.1 * torch.randn(rows)).to(torch.bfloat16)
        else:
            out[hf] = (torch.randn(rows, cols) * (1 if "embed" in hf else 1.5 / cols ** 0.5)).to(turn[n % 4])
    return out


def in_pairs(w, heads):
    """Rows of a query or key as Meta and GGUF have them: rotary pairs are neighbours."""
    return w.reshape(heads, 2, HEAD // 2, -1).swapaxes(1, 2).reshape(w.shape)


def pairs(hf, w):
    return in_pairs(w, HEADS) if "q_proj" in hf else in_pairs(w, KV) if "k_proj" in hf else w


def config(**more):
    return LlamaConfig(vocab_size=VOCAB, hidden_size=DIM, intermediate_size=FFN, num_hidden_layers=LAYERS,
                       num_attention_heads=HEADS, num_key_value_heads=KV, max_position_embeddings=131072,
                       rms_norm_eps=1e-5, rope_parameters={"rope_theta": 500000.0, **SCALING},
                       tie_word_embeddings=False, attn_implementation="eager", **more)


@torch.no_grad()
def logits(w):
    model = LlamaForCausalLM(config()).float().eval()
    model.load_state_dict({name: tensor.float() for name, tensor in w.items()})
    return [[round(x, 6) for x in row] for row in model(torch.tensor([IDS])).logits[0].tolist()]


def write_gguf(path, w):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(131072)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(FFN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HEAD)
    writer.add_rope_freq_base(500000.0)
    writer.add_string("llama.rope.scaling.type", "llama3")
    writer.add_rope_scaling_factor(8.0)
    writer.add_float32("llama.rope.scaling.low_freq_factor", 1.0)
    writer.add_float32("llama.rope.scaling.high_freq_factor", 4.0)
    writer.add_rope_scaling_orig_ctx_len(8192)
    for hf, ours, _, _, cols in names():
        tensor = pairs(hf, w[hf])
        if tensor.dtype == torch.bfloat16 and cols:
            writer.add_tensor(ours, tensor.contiguous().view(torch.int16).numpy(),
                              raw_dtype=gguf.GGMLQuantizationType.BF16, raw_shape=tensor.shape)
        else:
            writer.add_tensor(ours, (tensor if cols else tensor.float()).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_config(folder, **more):
    folder.mkdir(parents=True)
    plain = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "vocab_size": VOCAB,
             "hidden_size": DIM, "intermediate_size": FFN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
             "num_key_value_heads": KV, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5,
             "rope_theta": 500000.0, "rope_scaling": SCALING, "attention_bias": False, "mlp_bias": False,
             "tie_word_embeddings": False, **more}
    folder.joinpath("config.json").write_text(json.dumps(plain, indent=1) + "\n")


def write_shards(folder, w):
    model = LlamaForCausalLM(config())
    for name, tensor in w.items():
        at = model
        for part in name.split(".")[:-1]:
            at = getattr(at, part)
        at.weight = torch.nn.Parameter(tensor.clone(), requires_grad=False)
    model.save_pretrained(folder, max_shard_size="6KB")
    folder.joinpath("generation_config.json").unlink(missing_ok=True)


def write_meta(folder, w, shards, by_columns):
    folder.mkdir(parents=True)
    folder.joinpath("params.json").write_text(json.dumps(
        {"dim": DIM, "n_layers": LAYERS, "n_heads": HEADS, "n_kv_heads": KV, "vocab_size": VOCAB, "multiple_of": 16,
         "ffn_dim_multiplier": 0.4, "norm_eps": 1e-5, "rope_theta": 500000.0, "use_scaled_rope": True}) + "\n")
    for shard in range(shards):
        state = {}
        for hf, _, meta, _, cols in names():
            tensor = pairs(hf, w[hf])
            if cols:
                split = meta.endswith(("wo.weight", "w2.weight")) or (by_columns and "embed" in meta)
                tensor = tensor.chunk(shards, dim=int(split))[shard]
            state[meta] = tensor.contiguous().clone()
        if by_columns:
            state["rope.freqs"] = torch.ones(HEAD // 2, dtype=torch.bfloat16)
        torch.save(state, folder / f"consolidated.{shard:02d}.pth")


def write_f8(w):
    """The MLP of every layer and the attention of the last one, as if only those were quantised."""
    stored, exact = {}, {}
    for name, tensor in w.items():
        if "mlp." in name or f"layers.{LAYERS - 1}.self_attn" in name:
            scale = 2.0 ** torch.floor(torch.log2(tensor.float().abs().amax(1, keepdim=True) / 448 * 2))
            stored[name] = (tensor.float() / scale).to(torch.float8_e4m3fn)
            stored[name + "_scale"] = scale if "down" in name else scale.to(torch.bfloat16)
            exact[name] = stored[name].float() * scale
        else:
            stored[name] = exact[name] = tensor
    write_config(OUT / "f8", quantization_config={"quant_method": "fbgemm_fp8", "activation_scale_ub": 1200.0,
                                                  "modules_to_not_convert": ["lm_head"]})
    save_file(stored, OUT / "f8" / "model.safetensors")
    write_gguf(OUT / "f8.gguf", exact)
    return exact


@torch.no_grad()
def write_pretrained(name, make, config):
    """A random model in BF16 as transformers saves it; its logits in float32."""
    torch.manual_seed(2)
    config._attn_implementation = "eager"
    model = make(config).bfloat16().eval()
    for tensor in model.parameters():
        if tensor.dim() > 1:
            tensor.copy_(torch.randn(tensor.shape) * 1.5 / tensor.shape[1] ** 0.5)
        else:
            tensor.add_(0.2 * torch.randn(tensor.shape))
    model.save_pretrained(OUT / name)
    OUT.joinpath(name, "generation_config.json").unlink(missing_ok=True)
    model = make.from_pretrained(OUT / name, dtype=torch.float32, attn_implementation="eager").eval()
    return [[round(x, 6) for x in row] for row in model(torch.tensor([IDS])).logits[0].tolist()]


def others():
    common = dict(vocab_size=VOCAB, hidden_size=DIM, intermediate_size=FFN, num_hidden_layers=1,
                  num_attention_heads=HEADS, num_key_value_heads=KV, max_position_embeddings=256)
    mistral = MistralConfig(**common, head_dim=8, sliding_window=4, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64,
        "mscale": 1.0, "mscale_all_dim": 0.5, "beta_fast": 4.0})
    biases = LlamaConfig(**common, attention_bias=True, mlp_bias=True, tie_word_embeddings=True, rms_norm_eps=1e-6,
                         rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.0})
    return {"mistral": write_pretrained("mistral", MistralForCausalLM, mistral),
            "biases": write_pretrained("biases", LlamaForCausalLM, biases)}


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    w = weights()
    write_config(OUT / "hf")
    save_file(w, OUT / "hf" / "model.safetensors", metadata={"format": "pt"})
    write_gguf(OUT / "model.gguf", w)
    write_shards(OUT / "hf-shards", w)
    write_meta(OUT / "meta", w, 1, False)
    write_meta(OUT / "meta-2", w, 2, False)
    write_meta(OUT / "meta-2c", w, 2, True)
    exact = write_f8(w)
    OUT.joinpath("logits.json").write_text(json.dumps(
        {"ids": IDS, "model": logits(w), "f8": logits(exact), **others()}, separators=(",", ":")) + "\n")


main()
