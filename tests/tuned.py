#!/usr/bin/env python3
"""Holds an adapter and the log of its run to a record of golden/tune.jsonl on standard input.

    tuned.py ADAPTER LOG BOUND      prints the largest difference of a loss and of a number of the
                                    adapter, and fails if one is not below BOUND
"""
import json
import math
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from splitgguf import read  # noqa: E402


def main():
    record = json.load(sys.stdin)
    losses = [json.loads(line)["loss"] for line in open(sys.argv[2])]
    if len(losses) != len(record["losses"]):
        sys.exit("%d steps, not %d" % (len(losses), len(record["losses"])))
    loss = max(abs(a - b) for a, b in zip(losses, record["losses"]))
    got = {name.decode(): struct.unpack("<%df" % (len(data) // 4), data) for name, _, data in read(sys.argv[1])[2]}
    if sorted(got) != sorted(record["matrices"]):
        sys.exit("has " + " ".join(sorted(got)))
    worst = 0
    for name, wants in record["matrices"].items():
        for at, want in wants:
            value = math.sqrt(math.fsum(x * x for x in got[name])) if at == "norm" else got[name][at]
            worst = max(worst, abs(value - want))
    print("loss %.1e, adapter %.1e" % (loss, worst))
    sys.exit(not max(loss, worst) < float(sys.argv[3]))


main()
