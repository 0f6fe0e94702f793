#!/usr/bin/env python3
"""Writes the corpus of fuzz_stream: a stream for each kind, all frame types among them.

    tests/fuzz/seeds_stream.py
"""
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(here))
from mkstream import build  # noqa: E402

SEEDS = {
    "tokens": """
        stream kind=tokens model=/m vocab=0123456789abcdef history="a b" history=c
        meta seq=0 : {"id": 1}
        tokens seq=0 flags=prompt,last : 1 2 3
        tokens seq=1 flags=prompt,last,more epoch=2 :
        end : code 0; sequences 2""",
    "hidden": """
        stream kind=hidden hidden=2 boundary=final return="h n @s"
        wait
        hidden seq=0 cols=2 want=1 : 1 2 3 4
        fork seq=held:1 parent=0 pos=1 :
        fork seq=1 parent=held:1 pos=1 : 5
        hidden seq=1 pos=1 cols=2 dtype=f16 flags=normed : 1 -0.5
        hidden seq=1 pos=1 cols=2 dtype=bf16 : nan inf
        flush owed=2
        stop seq=0 pos=2 : reason eos; generated 1
        next seq=1 pos=1 want=1 : 7
        end seq=0 : reason eos; prompt 1; generated 1
        end seq=held:1 : reason held
        end : code 65; sequences 2""",
    "logits": """
        stream kind=logits vocab_size=4 stop="1 2"
        logits seq=0 pos=1 cols=4 flags=no-crc : 1 2 3 4
        sparse seq=0 pos=2 cols=2 lse=1.5 : 3:2 1:1
        frame type=77 seq=9 : 00ff
        end : code 0; sequences 1""",
    "samples": """
        stream kind=samples seed=1
        sample seq=0 pos=2 logprob=-0.5 show=1 flags=final : 3 3:-0.5 1:-2
        text seq=0 : a\\xffb
        end : code 0; sequences 1
        stream
        error : program ll-x; code 69; message no%; reported 1""",
    "damaged": """
        stream
        tokens seq=0 rows=5 : 1
        frame type=77 flags=critical length=300000000
        cut 10
        flip 30 3""",
}

if __name__ == "__main__":
    os.makedirs(os.path.join(here, "corpus", "stream"), exist_ok=True)
    for name, text in SEEDS.items():
        with open(os.path.join(here, "corpus", "stream", name), "wb") as f:
            f.write(build(text.splitlines()))
