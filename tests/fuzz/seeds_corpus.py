#!/usr/bin/env python3
"""Writes the corpus of fuzz_corpus.

    tests/fuzz/seeds_corpus.py
"""
import gzip
import json
import os

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "corpus")
FORMATS = ["none", "llama3", "llama3.1", "meta", "chatml", "zephyr", "mistral-v3", "llama-guard3"]
ANSWERS, SKIP, LINES, FEW = 8, 16, 32, 64

TALK = {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"},
                     {"role": "assistant", "content": "\n\na"}], "id": 3}
CALLS = {"messages": [{"role": "user", "content": "q"},
                      {"role": "assistant", "tool_calls": [{"name": "f", "arguments": {"x": 1}, "id": "123456789"}]},
                      {"role": "tool", "content": "1", "tool_call_id": "123456789"},
                      {"role": "assistant", "content": "a"}],
         "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}
TEXT = {"text": "One\n\u00e9"}
BAD = [{"text": 1}, {"messages": [{"role": "user", "content": "q"}]}, [], {}]


def put(name, chat, flags, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(bytes([FORMATS.index(chat) | flags]) + data)


def lines(*objects):
    return b"".join(json.dumps(o).encode() + b"\n" for o in objects)


os.makedirs(folder, exist_ok=True)
for chat in FORMATS[1:7]:
    put(chat, chat, ANSWERS | LINES, lines(TALK))
put("calls", "llama3.1", LINES, lines(CALLS, TEXT))
put("calls-mistral", "mistral-v3", ANSWERS | LINES, lines(CALLS))
put("bad", "llama3", ANSWERS | SKIP | LINES, lines(TEXT, *BAD * 3, TALK) + b'{"text"')
put("few", "chatml", FEW, lines(TALK, TEXT, TALK))
put("text", "none", 0, b"plain\n\0\xff")
put("gzip", "none", LINES, gzip.compress(lines(TEXT), mtime=0))
