#!/usr/bin/env python3
"""A stage of a pipe that changes hidden states on their way from one layer to the next:

    ll-tokenize -p "..." | ll-embed | ll-forward -L 0-14 |
      python3 patch.py --zero 3,17 --position 5 |
      ll-forward -L 15- | ll-sample -n 8 | ll-tokenize -d

It is an example of a stage in another language, written from ll-stream(5) alone, and the
tests use it as such. For a stage of your own replace change(); the rest is what every
stage does that writes a stream on.
"""

import argparse
import os
import re
import select
import shlex
import signal
import stat
import struct
import sys
import zlib
from types import SimpleNamespace

PROGRAM = "ll-patch"
USAGE, DATA_ERROR, IO_ERROR = 64, 65, 74  # exit statuses

MAGIC, VERSION, BYTE_ORDER, FLOAT_CHECK = b"\x89LLS\r\n\x1a\n", 1, 0x01020304, 1.5
HEADER = struct.Struct("<8sIIfIII28x")
NOTHING, HIDDEN_STATES = 0, 2  # kinds of streams
TEXT = re.compile(rb"([a-z0-9_-]+ ([^\x00-\x1f\x7f%]|%[0-9A-F]{2})*\n)*")

FRAME_MAGIC = b"LLF1"
FRAME = struct.Struct("<4sHHQQIIIII4xQI")
FIELDS = "type", "flags", "sequence", "position", "rows", "cols", "dtype", "want", "epoch"
HIDDEN, END, ERROR = 2, 32, 33
KNOWN_TYPES = {*range(1, 7), *range(16, 23), END, ERROR}
STREAM, NO_CRC, CRITICAL = 0x0010, 0x4000, 0x8000
NO_SEQUENCE = 0xFFFFFFFFFFFFFFFF
F32, F16, BF16 = 0, 1, 30
FLOAT_SIZES = {F32: 4, F16: 2, BF16: 2}
MOST_TEXT, MOST_PAYLOAD, MOST_WITH_CRC = 1 << 20, 1 << 28, 4096


class Failure(Exception):
    def __init__(self, message, status=DATA_ERROR):
        super().__init__(message)
        self.status = status


class Joint:
    """Standard input and output. What is written goes out at once, so nobody waits for it."""

    def __init__(self):
        self.poll = select.poll()
        self.poll.register(0, select.POLLIN)
        self.poll.register(1, 0)
        mode = os.fstat(1).st_mode
        self.into_pipe = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
        self.in_stream = False  # a header is written, and no end behind it

    def read_some(self, size):
        """So many bytes; fewer only at the end. Meanwhile somebody must read our output."""
        data = bytearray()
        while len(data) < size:
            if any(fd == 1 for fd, _ in self.poll.poll()):
                os.kill(os.getpid(), signal.SIGPIPE)
            piece = os.read(0, min(size - len(data), 1 << 20))
            if not piece:
                break
            data += piece
        return bytes(data)

    def read(self, size):
        data = self.read_some(size)
        if len(data) < size:
            raise Failure("the input is truncated")
        return data

    def read_fixed(self, head, layout, name):
        """The fields of a header whose beginning was read already."""
        data = head + self.read(layout.size - len(head))
        if self.read(4) != crc_of(data):
            raise Failure(f"{name} is damaged")
        return layout.unpack(data)[1:]

    def read_padded(self, size, most, name):
        if size > most:
            raise Failure(f"{name} is too long")
        return self.read(size + -size % 64)[:size]

    def read_header(self, may_end):
        """Kind and text of the next stream; None at the end of the input, where it may end."""
        magic = self.read_some(len(MAGIC))
        if not magic and may_end:
            return None
        if not MAGIC.startswith(magic):
            raise Failure("the input is no ll-stream")
        *check, kind, length, crc = self.read_fixed(magic, HEADER, "the stream's header")
        if check != [VERSION, BYTE_ORDER, FLOAT_CHECK]:
            raise Failure("the stream is of another version or machine")
        text = self.read_padded(length, MOST_TEXT, "the stream's header")
        if crc != zlib.crc32(text) or not TEXT.fullmatch(text):
            raise Failure("the text of the stream's header is damaged")
        if kind not in (NOTHING, HIDDEN_STATES):
            raise Failure(f"the stream is of kind {kind}, not one of hidden states")
        return kind, text

    def read_frame(self):
        magic = self.read(len(FRAME_MAGIC))
        if magic != FRAME_MAGIC:
            raise Failure("something is where a frame should be")
        *fields, length, crc = self.read_fixed(magic, FRAME, "a frame's header")
        frame = SimpleNamespace(**dict(zip(FIELDS, fields)))
        frame.payload = self.read_padded(length, MOST_PAYLOAD, "a frame")
        if not frame.flags & NO_CRC and crc != zlib.crc32(frame.payload):
            raise Failure("a frame's payload is damaged")
        if frame.flags & CRITICAL and frame.type not in KNOWN_TYPES:
            raise Failure(f"frames of type {frame.type} are not known here")
        return frame

    def write(self, head, body):
        data = memoryview(head + crc_of(head) + body + bytes(-len(body) % 64))
        while data:
            data = data[os.write(1, data):]

    def write_header(self, kind, text):
        text += b"history %s\n" % escape(shlex.join([PROGRAM, *sys.argv[1:]]))
        self.write(HEADER.pack(MAGIC, VERSION, BYTE_ORDER, FLOAT_CHECK, kind, len(text),
                               zlib.crc32(text)), text)
        self.in_stream = True

    def write_frame(self, frame):
        frame.flags, crc = frame.flags | NO_CRC, 0
        if not self.into_pipe or len(frame.payload) <= MOST_WITH_CRC:
            frame.flags, crc = frame.flags & ~NO_CRC, zlib.crc32(frame.payload)
        self.write(FRAME.pack(FRAME_MAGIC, *(getattr(frame, field) for field in FIELDS),
                              len(frame.payload), crc), frame.payload)
        self.in_stream = not (frame.type == ERROR or frame.type == END and frame.flags & STREAM)

    def write_error(self, failure):
        if not self.in_stream:
            self.write_header(NOTHING, b"")
        frame = SimpleNamespace(**dict.fromkeys(FIELDS, 0))
        frame.type, frame.sequence = ERROR, NO_SEQUENCE
        frame.payload = b"program %s\ncode %d\nmessage %s\nreported 1\n" % (
            escape(PROGRAM), failure.status, escape(str(failure)))
        self.write_frame(frame)


def crc_of(data):
    return struct.pack("<I", zlib.crc32(data))


def escape(value):
    return re.sub(rb"[\x00-\x1f\x7f%]", lambda byte: b"%%%02X" % ord(byte[0]), os.fsencode(value))


def exit_status(frame):
    """What an END of the stream or an ERROR demands; success is never what an ERROR does."""
    found = re.search(rb"^code (\d{1,3})$", frame.payload, re.MULTILINE)
    status = int(found[1]) if found else 0
    return DATA_ERROR if status > 255 or frame.type == ERROR and not status else status


def change(frame, options):
    """What this stage is for. A row is the state at one position."""
    size = FLOAT_SIZES.get(frame.dtype)
    if size is None or len(frame.payload) != frame.rows * frame.cols * size:
        raise Failure("a frame of hidden states is damaged")
    if max(options.zero, default=0) >= frame.cols:
        raise Failure(f"--zero {max(options.zero)}: states have {frame.cols} components", USAGE)
    states = bytearray(frame.payload)
    for row in range(frame.rows):
        if options.position not in (None, frame.position + row):
            continue
        begin, end = row * frame.cols * size, (row + 1) * frame.cols * size
        if options.scale != 1:
            floats = unpack_floats(states[begin:end], frame.dtype)
            states[begin:end] = pack_floats([options.scale * x for x in floats], frame.dtype)
        for component in options.zero:
            at = begin + component * size
            states[at:at + size] = bytes(size)
    frame.payload = bytes(states)


def unpack_floats(data, dtype):
    if dtype == BF16:  # the upper half of an f32
        upper, data = data, bytearray(2 * len(data))
        data[2::4], data[3::4] = upper[0::2], upper[1::2]
    code = "e" if dtype == F16 else "f"
    return [x for x, in struct.iter_unpack("<" + code, data)]


def pack_floats(floats, dtype):
    try:
        data = struct.pack(f"<{len(floats)}{'e' if dtype == F16 else 'f'}", *floats)
    except OverflowError:
        raise Failure("--scale: a state becomes too large for its type") from None
    if dtype == BF16:  # rounded to the nearest, a tie to even
        words = struct.unpack(f"<{len(floats)}I", data)
        data = struct.pack(f"<{len(floats)}H", *(w + 0x7FFF + (w >> 16 & 1) >> 16 for w in words))
    return data


def copy(joint, options):
    """Copies streams until the input ends or tells an error; returns the exit status."""
    status, may_end = 0, False
    while header := joint.read_header(may_end):
        joint.write_header(*header)
        while joint.in_stream:
            frame = joint.read_frame()
            if frame.type == HIDDEN:
                change(frame, options)
            joint.write_frame(frame)
        status, may_end = max(status, exit_status(frame)), True
        if frame.type == ERROR:
            break
    return status


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        raise Failure(message, USAGE)


def components(value):
    if not re.fullmatch(r"\d+(,\d+)*", value, re.ASCII):
        raise ValueError
    return [int(component) for component in value.split(",")]


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parser = Parser(prog=PROGRAM, description="Changes hidden states between two layers.")
    parser.add_argument("--scale", type=float, default=1, metavar="X", help="multiply by X")
    parser.add_argument("--zero", type=components, default=[], metavar="I[,I...]",
                        help="set these components to 0")
    parser.add_argument("--position", type=int, metavar="N", help="only at this position")
    joint = Joint()
    try:
        return copy(joint, parser.parse_args())
    except Failure as failure:
        print(f"{PROGRAM}: {failure}", file=sys.stderr)
        joint.write_error(failure)
        return failure.status
    except OSError as error:
        print(f"{PROGRAM}: {error.strerror}", file=sys.stderr)
        return IO_ERROR


if __name__ == "__main__":
    sys.exit(main())
