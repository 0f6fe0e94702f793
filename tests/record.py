#!/usr/bin/env python3
"""Records of golden/logits.jsonl and golden/lora.jsonl, one on standard input:

    record.py field NAME             prints a member, a list as words for the shell
    record.py within FRAMES BOUND    prints the largest difference to the logits of FRAMES, which are
                                     from ll-cat --json, and fails if it is not below BOUND
"""
import json
import math
import shlex
import sys


def field(record, name):
    value = record[name]
    if isinstance(value, list):
        value = shlex.join(map(str, value))
    print(value or "")


def lse(row):
    most = max(row)
    return most + math.log(math.fsum(math.exp(x - most) for x in row))


def within(record, frames, bound):
    got = {}
    for frame in map(json.loads, open(frames)):
        if frame["type"] == "LOGITS":
            for i, row in enumerate(frame["values"]):
                got[frame["position"] + i] = row
    worst = 0
    for want in record["rows"]:
        row = got[want["position"]]
        ids = want.get("ids", range(len(row)))
        if len(ids) != len(want["logits"]):
            sys.exit("%d logits, not %d" % (len(ids), len(want["logits"])))
        differences = [abs(row[i] - x) for i, x in zip(ids, want["logits"])] + [abs(lse(row) - want["lse"])]
        worst = max(differences + [worst], key=lambda x: (x != x, x))
    print("%.1e" % worst)
    sys.exit(not worst < float(bound))


{"field": field, "within": within}[sys.argv[1]](json.load(sys.stdin), *sys.argv[2:])
