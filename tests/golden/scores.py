#!/usr/bin/env python3
"""Writes scores.jsonl: log-probabilities of texts by transformers, of choices by lm-evaluation-harness.

usage: scores.py SmolLM2-135M-Instruct.gguf

A record with "ids" is a text: "make" are the options of tests/mkgguf.py that make the model, or null
for SmolLM2; "window", "stride" and "context" are options of ll-tokenize, 0 where it is not given;
"tokens" of the text are counted, and "logprob" is the sum of their log-probabilities, in float32.
A record with "items" has questions, of which the first "shots" are examples, and "logprobs", of each
other question those of its choices in "form". Prompts are made here as ll-tokenize(1) says.
Needs what logits.py does, and lm_eval[hf] from PyPI (made with 0.4.13).
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from transformers import AutoTokenizer

from logits import load

HERE = pathlib.Path(__file__).parent

MAKE = ("--vocab-size 272 --specials 16 --layers 2 --context 1024 --type f32 --dim 64 --heads 4 "
        "--kv-heads 2").split()
TEXT = ("The lighthouse stood at the end of a long spit of sand, and for most of the year nobody went there. "
        "In winter the sea broke over the road and the keeper had to wait for days until he could walk to "
        "the village. He did not mind: he had his books, a stove, and a radio that could find Lisbon at night. "
        "What he minded was the summer, when the visitors came with their dogs and their questions. How high "
        "is it? How far does it shine? 31 metres, he said; 18 miles.\n")
WINDOWS = [(0, 0, 0), (32, 0, 0), (32, 16, 0), (32, 32, 17), (48, 20, 30)]
ITEMS = [
    {"question": "What is the capital of France?", "choices": ["Paris", "London", "Rome", "Berlin"], "answer": 0},
    {"question": "How many legs has a spider?", "choices": ["four", "six", "eight"], "answer": "C"},
    {"id": "ice", "question": "Ice is frozen", "choices": ["water", "sand that lies in the shade"], "answer": 0},
    {"question": "The sun rises in the ", "choices": ["east", "west", "middle of the night"], "answer": 0},
    {"id": 7, "question": "Which is a colour?\n", "choices": ["blue", "loud", "heavy", "Tuesday"], "answer": "A"},
]


@torch.no_grad()
def logprobs(model, ids):
    """Of each token but the first."""
    logits = model(torch.tensor([ids])).logits[0, :-1].double()
    return torch.log_softmax(logits, -1)[range(len(ids) - 1), ids[1:]].tolist()


def text(name, make, model, ids, window, stride, context):
    size, step = window or len(ids), stride or (window or len(ids)) - 1
    counted, tokens, total = set(), 0, 0.0
    for begin in range(0, len(ids), step):
        part = ids[begin:begin + size]
        seen = set(range(begin, begin + len(part)))
        new = [i for i in sorted(seen - counted) if i - begin >= max(context, 1)]
        if new:
            scores = logprobs(model, part)
            total += sum(scores[i - begin - 1] for i in new)
        counted |= seen
        tokens += len(new)
    return {"name": f"{name}, window {window}, stride {stride}, context {context}", "make": make, "ids": ids,
            "window": window, "stride": stride, "context": context, "tokens": tokens, "logprob": round(total, 5)}


def letter(i):
    return "ABCDEFGH"[i]


def asked(item, form):
    if form == "continuations":
        return item["question"], item["choices"]
    listed = "".join(f"\n{letter(i)}. {choice}" for i, choice in enumerate(item["choices"]))
    return item["question"] + listed + "\nAnswer:", [letter(i) for i in range(len(item["choices"]))]


def questions(lm, form, shots):
    before = ""
    for item in ITEMS[:shots]:
        prompt, choices = asked(item, form)
        answer = item["answer"] if isinstance(item["answer"], int) else "ABCDEFGH".index(item["answer"])
        before += f"{prompt} {choices[answer]}\n\n"
    rows = []
    for item in ITEMS[shots:]:
        prompt, choices = asked(item, form)
        requests = [Instance("loglikelihood", {}, (before + prompt, " " + choice), i) for i, choice in enumerate(choices)]
        rows.append([round(score, 5) for score, _ in lm.loglikelihood(requests, disable_tqdm=True)])
    return {"name": f"lm-evaluation-harness, {form}, {shots} shots", "form": form, "shots": shots, "items": ITEMS,
            "logprobs": rows}


def main():
    torch.set_num_threads(1)
    path = pathlib.Path(sys.argv[1])
    rng = random.Random("scores")
    ids = [rng.randrange(272) for _ in range(120)]
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "model.gguf"
        subprocess.run([HERE.parent / "mkgguf.py", *MAKE, made], check=True)
        model = load(made, None)
    records = [text("random", MAKE, model, ids, *window) for window in WINDOWS]
    model = load(path, None)
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    ids = tokenizer(TEXT, add_special_tokens=False).input_ids
    records += [text("SmolLM2", None, model, ids, *window) for window in WINDOWS[:3]]
    lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=1, device="cpu")
    records += [questions(lm, form, shots) for form in ("letters", "continuations") for shots in (0, 2)]
    lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    HERE.joinpath("scores.jsonl").write_text(lines)


if __name__ == "__main__":
    main()
