#!/usr/bin/env python3
"""Writes the corpus of fuzz_score.

    tests/fuzz/seeds_score.py
"""
import json
import os

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus", "score")
QUESTIONS = [{"question": "a", "choices": ["b", "c"], "answer": 1},
             {"id": "x", "question": "a\n", "choices": ["b", "c", "d"], "answer": "C"},
             {"id": 7, "question": "a", "choices": ["b", "c"]}]
CHOICE = '{"id":"q","choices":2,"choice":"%s","answer":1,"bytes":4}'
EVENTS = {
    "choices": ["m00" + CHOICE % "x", "m01" + CHOICE % "y", "o00", "a001", "c00", "o01", "a012", "c01", "e"],
    "windows": ['m00{"windows":2}', 'm01{"windows":2}', "o00", "o01", "a011", "c01", "a00", "c00", "o10", "c10", "e"],
    "order": ['m30{"id":3,"error":{}}', "o00", "o20", "c20", "f00", 'm40{"n":2}', "o40", "e", "o00", "c00"],
}


def put(name, kind, lines):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(kind + "\n".join(lines) + "\n")


os.makedirs(folder, exist_ok=True)
put("questions", "q", map(json.dumps, QUESTIONS))
for name, lines in EVENTS.items():
    put(name, "s", lines)
