#!/usr/bin/env python3
"""The numbers of two streams, from ll-cat --json, whatever their headers say:

    near.py BOUND A B       prints the largest difference, and fails if it is not below BOUND
"""
import json
import sys


def numbers(path):
    with open(path, encoding="utf-8") as file:
        return [x for line in file for row in json.loads(line).get("values", []) for x in row]


worst = max(abs(a - b) for a, b in zip(numbers(sys.argv[2]), numbers(sys.argv[3]), strict=True))
print("%.1e" % worst)
sys.exit(not worst < float(sys.argv[1]))
