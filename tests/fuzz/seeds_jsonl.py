#!/usr/bin/env python3
"""Writes the corpus of fuzz_jsonl.

    tests/fuzz/seeds_jsonl.py
"""
import gzip
import json
import os

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "jsonl")

RECORDS = [
    {"id": "a", "prompt": "One\n\u00e9", "temperature": 0.7, "top_k": 4, "top_p": 0.9, "min_p": 0.1, "seed": 5,
     "limit": 9, "stop": ["x", "yy"], "n": 2},
    {"id": 7, "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
     "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}], "date_string": "1 Jan 2000"},
    {"prompt": "x", "stop": "end", "max_tokens": 3}]
METAS = [{"id": "a", "n": 2}, {"id": 7, "seed": 1, "temperature": 0}, {"error": {"code": 65, "message": "no"}},
         {"id": "b", "stop": ["s"], "limit": 4}]
ANSWERS = [{"id": "a", "line": 1, "text": "x", "finish": "eos"}, {"id": None, "line": 2, "error": {"code": 65}},
           {"id": "b", "line": 3, "sample": 0, "n": 2, "text": ""}, {"id": "b", "line": 3, "sample": 1, "n": 2, "text": ""},
           {"id": "c", "line": 4, "sample": 0, "n": 2, "text": ""}]


def put(name, kind, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(kind + data)


def lines(objects):
    return b"".join(json.dumps(o).encode() + b"\n" for o in objects)


os.makedirs(folder, exist_ok=True)
put("records", b"r", lines(RECORDS))
put("metas", b"m", lines(METAS))
put("gzip", b"z", gzip.compress(b"one\ntwo\n", mtime=0) + gzip.compress(b"three\n" * 9, mtime=0))
put("plain", b"z", b"one\ntwo\n")
put("output", b"o", lines(ANSWERS) + b'{"id":"d","li')
