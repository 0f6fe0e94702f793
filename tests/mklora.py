#!/usr/bin/env python3
"""Writes a random LoRA adapter for a GGUF, laid out as llama.cpp's convert_lora_to_gguf.py does.

    mklora.py --rank 8 --alpha 16 BASE.gguf OUT.gguf
    mklora.py --targets attn_q,attn_v --type f16 --drop-tensor blk.0.attn_q.weight.lora_b BASE.gguf OUT.gguf

The same options give the same bytes, and one seed the same numbers in every --type, but for
rounding. By default all matrices of all layers have a pair, whose product is about as large as
the matrix in a model of mkgguf.py's.
"""
import argparse
import math
import os
import random
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mkgguf import DTYPES, encode, string, value  # noqa: E402
from splitgguf import read  # noqa: E402

TARGETS = 'attn_q,attn_k,attn_v,attn_output,ffn_gate,ffn_up,ffn_down'


def options():
    p = argparse.ArgumentParser(description='Write a random adapter for a GGUF.')
    p.add_argument('base')
    p.add_argument('out')
    p.add_argument('--rank', type=int, default=4)
    p.add_argument('--alpha', type=float, default=8)
    p.add_argument('--type', choices=['f32', 'f16', 'bf16', 'q8_0', 'q4_0'], default='f32')
    p.add_argument('--targets', default=TARGETS, help='with commas; "output" is the output head')
    p.add_argument('--layers', help='with commas (default: all)')
    p.add_argument('--spread', type=float, default=0.3, help='standard deviation of B; 0: all zeros')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--key', nargs=3, action='append', default=[], metavar=('KEY', 'TYPE', 'VALUE'))
    p.add_argument('--drop-key', action='append', default=[])
    p.add_argument('--drop-tensor', action='append', default=[])
    p.add_argument('--rename', nargs=2, action='append', default=[], metavar=('OLD', 'NEW'))
    p.add_argument('--shape', nargs=3, action='append', default=[], metavar=('TENSOR', 'COLS', 'ROWS'))
    p.add_argument('--poison', nargs=2, action='append', default=[], metavar=('TENSOR', 'VALUE'),
                   help="its second number")
    return p.parse_args()


def shapes(path):
    """{name: (columns, rows)} of the matrices."""
    found = {}
    for name, entry, _ in read(path)[2]:
        at = 8 + len(name)
        if struct.unpack_from('<I', entry, at)[0] == 2:
            found[name.decode()] = struct.unpack_from('<QQ', entry, at + 4)
    return found


def tensors(o):
    all, base = [], shapes(o.base)
    layers = [int(n) for n in o.layers.split(',')] if o.layers else \
        range(1 + max(int(name.split('.')[1]) for name in base if name.startswith('blk.')))
    names = [f'blk.{i}.{t}.weight' for i in layers for t in o.targets.split(',') if t != 'output']
    for name in names + ['output.weight'] * ('output' in o.targets.split(',')):
        cols, rows = base[name]
        all.append((name + '.lora_a', cols, o.rank, 1 / math.sqrt(cols)))
        all.append((name + '.lora_b', o.rank, rows, o.spread))
    rename, shape = dict(o.rename), {n: (int(c), int(r)) for n, c, r in o.shape}
    return [(rename.get(n, n), *shape.get(n, (c, r)), s) for n, c, r, s in all if n not in o.drop_tensor]


def content(o, tensor):
    name, cols, rows, spread = tensor
    rng = random.Random('%d %s' % (o.seed, name))
    numbers = [rng.gauss(0, spread) for _ in range(rows * cols)]
    for poisoned, number in o.poison:
        if poisoned == name:
            numbers[1] = float(number)
    return encode(o.type, numbers)


def main():
    o = options()
    keys = {'general.type': ('string', 'adapter'), 'general.architecture': ('string', 'llama'),
            'adapter.type': ('string', 'lora'), 'adapter.lora.alpha': ('f32', o.alpha)}
    for name, kind, text in o.key:
        keys[name] = (kind, text)
    for name in o.drop_key:
        keys.pop(name, None)
    all = tensors(o)
    number, block, size = DTYPES[o.type]
    head = b'GGUF' + struct.pack('<IQQ', 3, len(all), len(keys))
    head += b''.join(string(name) + value(kind, v) for name, (kind, v) in keys.items())
    offset = 0
    for name, cols, rows, _ in all:
        head += string(name) + struct.pack('<IQQIQ', 2, cols, rows, number, offset)
        offset += rows * cols // block * size
        offset += -offset % 32
    with open(o.out, 'wb') as file:
        file.write(head + b'\0' * (-len(head) % 32))
        for tensor in all:
            data = content(o, tensor)
            file.write(data + b'\0' * (-len(data) % 32))


if __name__ == '__main__':
    main()
