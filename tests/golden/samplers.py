#!/usr/bin/env python3
"""Writes samplers.jsonl: what the samplers of llama.cpp, and the logits processors of Hugging
Face transformers, make of rows of logits: the tokens that are left and their probabilities.

    samplers.py LIBLLAMA >samplers.jsonl

LIBLLAMA is llama.cpp's libllama.so, found with its own libraries by LD_LIBRARY_PATH (made with
0.0.9749); torch and transformers come from PyPI (made with 2.15 and 5.24). A record has the
settings of ll-sample, the samplers in their order, the tokens before, and steps, each a row and
what came of it; "selected" is what was drawn, which the next step of a sampler with a memory
depends on.
"""

import ctypes
import json
import random
import sys

VOCAB = 80


class Data(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int32), ("logit", ctypes.c_float), ("p", ctypes.c_float)]


class Array(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(Data)), ("size", ctypes.c_size_t), ("selected", ctypes.c_int64),
                ("sorted", ctypes.c_bool)]


class Bias(ctypes.Structure):
    _fields_ = [("token", ctypes.c_int32), ("bias", ctypes.c_float)]


def rows(rng, count, spread):
    return [[round(rng.gauss(0, spread), 3) for _ in range(VOCAB)] for _ in range(count)]


class Llama:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.keep = []

    def make(self, name, *arguments):
        function = getattr(self.lib, "llama_sampler_init_" + name)
        function.restype = ctypes.c_void_p
        return function(*[ctypes.c_float(a) if isinstance(a, float) else a for a in arguments])

    def chain(self, settings, order):
        s, f, size = settings, float, ctypes.c_size_t(1)
        window = s.get("penalty_window", 0) or 4096
        makers = {
            "penalties": lambda: self.make("penalties", VOCAB, window, f(s.get("repetition_penalty", 1)),
                                           f(s.get("frequency_penalty", 0)), f(s.get("presence_penalty", 0))),
            "dry": lambda: self.make("dry", None, f(s["dry_multiplier"]), f(s.get("dry_base", 1.75)),
                                     s.get("dry_length", 2), s.get("dry_window", 0) or 4096, None, ctypes.c_size_t(0)),
            "top-n-sigma": lambda: self.make("top_n_sigma", f(s["top_n_sigma"])),
            "temperature": lambda: self.make("temp_ext", f(s["temperature"]), f(s.get("dynatemp_range", 0)),
                                             f(s.get("dynatemp_exponent", 1))),
            "top-k": lambda: self.make("top_k", s["top_k"]),
            "typical": lambda: self.make("typical", f(s["typical_p"]), size),
            "top-p": lambda: self.make("top_p", f(s["top_p"]), size),
            "min-p": lambda: self.make("min_p", f(s["min_p"]), size),
            "xtc": lambda: self.make("xtc", f(s["xtc_probability"]), f(s["xtc_threshold"]), size, 1),
        }
        chain = [makers[name]() for name in order]
        if "logit_bias" in s:
            biases = (Bias * len(s["logit_bias"]))(*[Bias(int(t), b) for t, b in s["logit_bias"].items()])
            self.keep.append(biases)
            chain.insert(0, self.make("logit_bias", VOCAB, len(biases), biases))
        tau, eta = f(s.get("mirostat_tau", 5)), f(s.get("mirostat_eta", 0.1))
        if s.get("mirostat") == 1:
            chain.append(self.make("mirostat", VOCAB, 1, tau, eta, 100))
        if s.get("mirostat") == 2:
            chain.append(self.make("mirostat_v2", 1, tau, eta))
        if s.get("adaptive_target"):
            chain.append(self.make("adaptive_p", f(s["adaptive_target"]), f(s.get("adaptive_decay", 0.9)), 1))
        chain.append(self.make("dist", 1))
        return chain

    def run(self, settings, order, past, table):
        chain = self.chain(settings, order)
        steps = []
        for sampler in chain:
            for token in past:
                self.lib.llama_sampler_accept(ctypes.c_void_p(sampler), token)
        for row in table:
            data = (Data * VOCAB)(*[Data(i, l, 0) for i, l in enumerate(row)])
            array = Array(data, VOCAB, -1, False)
            for sampler in chain:
                selected = array.selected
                self.lib.llama_sampler_apply(ctypes.c_void_p(sampler), ctypes.byref(array))
                if selected >= 0:
                    array.selected = selected
            left = {array.data[i].id: array.data[i].p for i in range(array.size) if array.data[i].p > 0}
            total = sum(left.values())
            token = array.data[array.selected].id
            steps.append({"logits": row, "ids": sorted(left), "p": [round(left[i] / total, 7) for i in sorted(left)],
                          "selected": token})
            for sampler in chain:
                self.lib.llama_sampler_accept(ctypes.c_void_p(sampler), token)
        return steps


def transformers_run(settings, order, past, table):
    import torch
    from transformers.generation import logits_process as lp

    makers = {
        "penalties": lambda: lp.RepetitionPenaltyLogitsProcessor(settings["repetition_penalty"]),
        "temperature": lambda: lp.TemperatureLogitsWarper(settings["temperature"]),
        "top-k": lambda: lp.TopKLogitsWarper(settings["top_k"]),
        "typical": lambda: lp.TypicalLogitsWarper(settings["typical_p"]),
        "top-p": lambda: lp.TopPLogitsWarper(settings["top_p"]),
        "min-p": lambda: lp.MinPLogitsWarper(settings["min_p"]),
    }
    steps = []
    for row in table:
        scores = torch.tensor([row], dtype=torch.float32)
        ids = torch.tensor([past], dtype=torch.long)
        for name in order:
            scores = makers[name]()(ids, scores)
        p = torch.softmax(scores[0].double(), 0).tolist()
        left = [i for i in range(VOCAB) if p[i] > 0]
        steps.append({"logits": row, "ids": left, "p": [round(p[i], 7) for i in left], "selected": left[0]})
    return steps


PAST = [1, 2, 3, 4, 5, 9, 1, 2, 3, 4, 7, 7, 1, 2, 3, 8, 70, 71, 72, 1, 2, 3]
LLAMA = [
    ([], {}), (["temperature"], {"temperature": 0.7}), (["top-k"], {"top_k": 7}),
    (["top-p"], {"top_p": 0.8}), (["min-p"], {"min_p": 0.1}), (["typical"], {"typical_p": 0.6}),
    (["typical"], {"typical_p": 0.15}), (["top-n-sigma"], {"top_n_sigma": 1.2}),
    (["temperature"], {"temperature": 0.8, "dynatemp_range": 0.6}),
    (["temperature"], {"temperature": 1.2, "dynatemp_range": 1.2, "dynatemp_exponent": 2.5}),
    (["xtc"], {"xtc_probability": 1.0, "xtc_threshold": 0.05}),
    (["xtc"], {"xtc_probability": 1.0, "xtc_threshold": 0.3}),
    (["penalties"], {"repetition_penalty": 1.3}), (["penalties"], {"presence_penalty": 0.7}),
    (["penalties"], {"frequency_penalty": 0.4}),
    (["penalties"], {"repetition_penalty": 0.8, "presence_penalty": -0.3, "frequency_penalty": 0.2,
                        "penalty_window": 6}),
    (["dry"], {"dry_multiplier": 0.8}), (["dry"], {"dry_multiplier": 0.5, "dry_base": 1.2, "dry_length": 0}),
    (["dry"], {"dry_multiplier": 2.0, "dry_base": 3.0, "dry_length": 3, "dry_window": 17}),
    ([], {"logit_bias": {"3": 2.5, "40": -1.0, "41": -4.0}}),
    # Not in one chain: top-n-sigma leaves logits of -infinity there, which makes typical's entropy no number.
    (["penalties", "dry", "top-n-sigma", "top-k", "top-p", "min-p", "xtc", "temperature"],
     {"repetition_penalty": 1.1, "dry_multiplier": 0.8, "top_n_sigma": 2.0, "top_k": 40, "top_p": 0.9,
      "min_p": 0.02, "xtc_probability": 1.0, "xtc_threshold": 0.1, "temperature": 0.8}),
    (["penalties", "dry", "top-k", "typical", "top-p", "min-p", "xtc", "temperature"],
     {"presence_penalty": 0.5, "dry_multiplier": 0.8, "top_k": 40, "typical_p": 0.95, "top_p": 0.9,
      "min_p": 0.02, "xtc_probability": 1.0, "xtc_threshold": 0.1, "temperature": 0.8}),
    (["temperature", "min-p", "top-k"], {"temperature": 2.0, "min_p": 0.2, "top_k": 12}),
    (["temperature"], {"temperature": 1.0, "mirostat": 1, "mirostat_tau": 3.0, "mirostat_eta": 0.3}),
    (["temperature"], {"temperature": 0.9, "mirostat": 2, "mirostat_tau": 2.0, "mirostat_eta": 0.5}),
    (["min-p"], {"min_p": 0.02, "adaptive_target": 0.3, "adaptive_decay": 0.8}),
]
TRANSFORMERS = [
    (["temperature"], {"temperature": 0.7}), (["top-k"], {"top_k": 7}), (["top-p"], {"top_p": 0.8}),
    (["min-p"], {"min_p": 0.1}), (["typical"], {"typical_p": 0.6}), (["penalties"], {"repetition_penalty": 1.3}),
    (["penalties", "temperature", "top-k", "top-p", "min-p", "typical"],
     {"repetition_penalty": 1.2, "temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.03, "typical_p": 0.9}),
]


def main():
    rng = random.Random(7)
    records = []
    llama = Llama(sys.argv[1])
    for order, settings in LLAMA:
        memory = "mirostat" in settings or "adaptive_target" in settings
        if memory:
            runs = llama.run(settings, order, PAST, rows(rng, 6, 2.0))
        else:
            table = rows(rng, 1, 1.0) + rows(rng, 1, 4.0)
            runs = [step for row in table for step in llama.run(settings, order, PAST, [row])]
        records.append(dict(source="llama.cpp", order=",".join(order), settings=settings, past=PAST, steps=runs))
    for order, settings in TRANSFORMERS:
        table = rows(rng, 1, 1.0) + rows(rng, 1, 4.0)
        records.append(dict(source="transformers", order=",".join(order), settings=settings, past=PAST,
                            steps=transformers_run(settings, order, PAST, table)))
    for record in records:
        print(json.dumps(record))


if __name__ == "__main__":
    main()
