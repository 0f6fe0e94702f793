#!/usr/bin/env python3
"""Splits a GGUF that tests/mkgguf.py wrote into parts, as llama.cpp's gguf-split names them.

    splitgguf.py [--double] [--tensors N] IN.gguf PARTS STEM

The first part has all metadata and, as some tools do it, no tensor. --double puts the last
tensor into two parts; --tensors says another split.tensors.count.
"""
import argparse
import struct

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack('<' + form, self.take(struct.calcsize(form)))[0]

    def string(self):
        return self.take(self.number('Q'))

    def skip(self, kind):
        if kind == 8:
            self.string()
        elif kind == 9:
            kind, count = self.number('I'), self.number('Q')
            for _ in range(count):
                self.skip(kind)
        else:
            self.take(SIZES[kind])


def string(text):
    return struct.pack('<Q', len(text)) + text


def read(path):
    """(bytes of the metadata, their number, [(name, directory entry without offset, data)])"""
    with open(path, 'rb') as file:
        r = Reader(file.read())
    r.take(8)
    tensors, keys = r.number('Q'), r.number('Q')
    begin = r.at
    for _ in range(keys):
        r.string()
        r.skip(r.number('I'))
    metadata, entries = r.data[begin:r.at], []
    for _ in range(tensors):
        start = r.at
        name = r.string()
        r.take(8 * r.number('I') + 4)
        entries.append((name, r.data[start:r.at], r.number('Q')))
    base = r.at + -r.at % 32
    ends = sorted(offset for _, _, offset in entries) + [len(r.data) - base]
    return metadata, keys, [(name, entry, r.data[base + offset:base + min(e for e in ends if e > offset)])
                            for name, entry, offset in entries]


def write(path, metadata, keys, split, tensors):
    for name, kind, form, number in (('split.no', 2, 'H', split[0]), ('split.count', 2, 'H', split[1]),
                                     ('split.tensors.count', 5, 'i', split[2])):
        metadata += string(name.encode()) + struct.pack('<I' + form, kind, number)
    head = b'GGUF' + struct.pack('<IQQ', 3, len(tensors), keys + 3) + metadata
    data = b''
    for _, entry, bytes_ in tensors:
        head += entry + struct.pack('<Q', len(data))
        data += bytes_ + b'\0' * (-len(bytes_) % 32)
    with open(path, 'wb') as file:
        file.write(head + b'\0' * (-len(head) % 32) + data)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--double', action='store_true')
    p.add_argument('--tensors', type=int)
    p.add_argument('file')
    p.add_argument('parts', type=int)
    p.add_argument('stem')
    o = p.parse_args()
    metadata, keys, tensors = read(o.file)
    each = -(-len(tensors) // (o.parts - 1))
    shares = [[]] + [tensors[i * each:(i + 1) * each] for i in range(o.parts - 1)]
    if o.double:
        shares[1].append(tensors[-1])
    count = len(tensors) + o.double if o.tensors is None else o.tensors
    for no, share in enumerate(shares):
        write('%s-%05d-of-%05d.gguf' % (o.stem, no + 1, o.parts), metadata if no == 0 else b'',
              keys if no == 0 else 0, (no, o.parts, count), share)


if __name__ == "__main__":
    main()
