#!/usr/bin/env python3
"""Prints the matrices of an adapter, sorted: a name, rows and columns."""
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from splitgguf import read  # noqa: E402

for name, entry, _ in sorted(read(sys.argv[1])[2]):
    cols, rows = struct.unpack_from("<QQ", entry, 12 + len(name))
    print(f"{name.decode()} {rows} x {cols}")
