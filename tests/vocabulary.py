#!/usr/bin/env python3
"""Prints keys tokenizer.* of a GGUF, whole, by a reader of its own.

    vocabulary.py FILE.gguf tokens merges chat_template
"""
import struct
import sys

FORMS = {0: 'B', 1: 'b', 2: 'H', 3: 'h', 4: 'I', 5: 'i', 6: 'f', 7: '?', 10: 'Q', 11: 'q', 12: 'd'}
STRING, ARRAY = 8, 9


class Reader:
    def __init__(self, path):
        with open(path, 'rb') as file:
            self.data, self.at = file.read(), 0

    def take(self, form):
        value, = struct.unpack_from('<' + form, self.data, self.at)
        self.at += struct.calcsize('<' + form)
        return value

    def text(self):
        length = self.take('Q')
        self.at += length
        return self.data[self.at - length:self.at]

    def value(self, kind):
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            element, count = self.take('I'), self.take('Q')
            return [self.value(element) for _ in range(count)]
        return self.take(FORMS[kind])


def main():
    reader = Reader(sys.argv[1])
    reader.at = 16
    values = {}
    for _ in range(reader.take('Q')):
        key = reader.text().decode()
        values[key] = reader.value(reader.take('I'))
    for name in sys.argv[2:]:
        print(name, values.get('tokenizer.' + name, values.get('tokenizer.ggml.' + name)))


main()
