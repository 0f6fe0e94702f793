#!/usr/bin/env python3
"""A feeder that is not ll-sample, written from ll-stream(5): it begins children of a sequence
while another prompt is still being evaluated, more than the head works on at once, and at the
end of the context.
"""
import os
import random
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.environ["TESTS"])
from mkstream import build, frame
from tap import report

LIMIT = 20
LOGITS, FLUSH, END, STREAM = 3, 19, 32, 16
BAD_DATA = 65


def exact(file, count):
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def padded(file, count):
    return exact(file, (count + 63) // 64 * 64)[:count]


class Feeder:
    """Forks sequence 0 at its answer number `at`, and stops each sequence after `most` logits."""

    def __init__(self, children, at, most):
        self.children, self.at, self.most = children, at, most
        self.logits, self.ends, self.code = {}, {}, None

    def run(self, file):
        header = exact(file, 64)
        text = padded(file, struct.unpack_from("<I", header, 24)[0]).decode()
        _, nonce, name = dict(line.split(" ", 1) for line in text.splitlines())["return"].split()
        with socket.socket(socket.AF_UNIX) as head:
            head.connect(name.replace("@", "\0", 1))
            head.sendall(frame("hello", {}, f"nonce {nonce}; role feed"))
            messages = b""
            while self.code is None:
                kind, messages = self.one_frame(file, messages)
                if kind == FLUSH:
                    head.sendall(messages)
                    messages = b""
            try:
                head.sendall(frame("bye", {}, ""))
            except OSError:
                pass

    def one_frame(self, file, messages):
        kind, flags, sequence, position, rows, _, _, _, epoch, _, length = \
            struct.unpack_from("<HHQQIIIIIIQ", exact(file, 64), 4)
        payload = padded(file, length)
        if kind == LOGITS:
            messages += self.answer(sequence, position + rows, epoch)
        if kind == END and flags & STREAM:
            self.code = dict(line.split(b" ", 1) for line in payload.splitlines())[b"code"].decode()
        elif kind == END and sequence < 2**63:
            self.ends[sequence] = position, payload.splitlines()[0].decode()
        return kind, messages

    def answer(self, sequence, position, epoch):
        count = self.logits[sequence] = self.logits.get(sequence, 0) + 1
        where = {"seq": f"{sequence >> 32}.{sequence & 0xffffffff}", "pos": str(position),
                 "epoch": str(epoch), "want": "1"}
        fork = b""
        if sequence == 0 and count == self.at:
            fork = frame("fork", {**where, "parent": "0"}, " ".join(["7"] * self.children))
        if count < self.most:
            return fork + frame("next", where, "5")
        return fork + frame("stop", where, "reason eos")


class Damaged(Feeder):
    """Sends messages as `damage` makes them."""

    def __init__(self, damage):
        super().__init__(0, 0, 9)
        self.damage = damage

    def answer(self, *where):
        return self.damage(super().answer(*where))


def run(options, prompts, feeder):
    stream = build(["stream kind=tokens"] + [
        f"tokens seq={i} flags=prompt,last : " + " ".join(map(str, ids))
        for i, ids in enumerate(prompts)] + [f"end : code 0; sequences {len(prompts)}"])
    with subprocess.Popen(["timeout", str(LIMIT), "ll-forward", *options], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as head:
        head.stdin.write(stream)
        head.stdin.close()
        try:
            feeder.run(head.stdout)
        except (EOFError, BrokenPipeError):
            pass
        told = head.stderr.read().decode()
    return head.returncode, told


def many_children():
    """Each step has room for 128 rows: 101 answers and 64 rows of the prompt are more."""
    long = [random.Random(1).randrange(400) for _ in range(400)]
    for children in 10, 100, 300:
        feeder = Feeder(children, 1, 3)
        status, told = run(["-b", "64", "--chunk", "64"], [[1, 2, 3], long], feeder)
        if status != 0 or feeder.code != "0":
            yield f"{children} children: status {status}, code {feeder.code}: {told}"
        elif sorted(feeder.logits.values()) != [3] * (children + 2) or \
                set(end[1] for end in feeder.ends.values()) != {"reason eos"}:
            yield f"{children} children: {len(feeder.logits)} sequences had logits"


def full_context():
    feeder = Feeder(2, 3, 9)
    status, told = run(["-c", "5"], [[1, 2, 3]], feeder)
    if status != BAD_DATA or feeder.code != "65" or told.count("context is full: 6 tokens") != 3:
        yield f"status {status}, code {feeder.code}: {told}"
    if set(feeder.ends.values()) != {(5, "reason context")} or len(feeder.ends) != 3:
        yield f"ends: {feeder.ends}"


def bad_messages():
    """Bad data like any other: told, with the status in the stream."""
    for what, damage in {
            "a frame should begin here": lambda data: b"x" * 64 + data,
            "header is damaged": lambda data: data[:20] + b"\1" + data[21:],
            "payload is damaged": lambda data: data[:64] + b"\1" + data[65:],
            "of 2000000 bytes": lambda data: frame("next", {}, "1 " * 500000)}.items():
        status, told = run([], [[1, 2, 3]], Damaged(damage))
        if status != BAD_DATA or "ll-forward: return path: " not in told or what not in told:
            yield f"{what}: status {status}: {told}"


sys.exit(report([("damaged messages", list(bad_messages())),
                 ("more children than a step has rows", list(many_children())),
                 ("children for whom the context has no room", list(full_context()))]))
