#!/usr/bin/env python3
"""Writes a stream, whole or damaged, from a description on stdin:

    stream kind=hidden hidden=4 history="ll-x -y"
    tokens seq=0 flags=prompt,last : 1 2 3
    hidden seq=0 pos=0 cols=4 want=1 dtype=f16 : 1 2 3 4  5 6 7 8
    logits seq=0 pos=1 cols=4 : 0.5 1 1.5 2
    sparse seq=0 pos=1 cols=2 lse=3.5 : 7:2 5:1
    sample seq=0 pos=2 logprob=-0.5 show=3 : 17 17:-0.5 3:-1
    meta seq=0 : {"id": "a"}
    fork seq=0.1 parent=0 pos=2 : 9
    next seq=0.1 pos=2 want=1 : 4
    flush owed=1
    end seq=0 : reason eos; generated 2
    end : code 0; sequences 1
    error : program ll-x; code 65; message no such thing

Any frame: type=N flags=NAME|N,... seq=N|N.N|held:N pos rows cols dtype want epoch length crc
(the last two also where they are wrong). "frame type=77 : 00ff" has a payload in hexadecimal,
"raw : 4c4c" bytes of any kind. A stream's magic, version, order, check, kind, length, crc and
text may be wrong, too. Damage to all that stands before:

    cut N           take the last N bytes off
    flip AT [BIT]   flip a bit of the byte AT (from the end if negative)
"""
import re
import shlex
import struct
import sys
import zlib

KINDS = {"none": 0, "tokens": 1, "hidden": 2, "logits": 3, "samples": 4}
TYPES = {"tokens": 1, "hidden": 2, "logits": 3, "sparse": 3, "sample": 4, "text": 5, "meta": 6,
         "next": 16, "stop": 17, "fork": 18, "flush": 19, "wait": 20, "hello": 21, "bye": 22,
         "end": 32, "error": 33}
FLAGS = {"prompt": 1, "context": 2, "last": 4, "more": 8, "stream": 16, "final": 32, "sparse": 64,
         "normed": 128, "no-crc": 0x4000, "critical": 0x8000}
DTYPES = {"f32": 0, "f16": 1, "bf16": 30}
HEADER_FIELDS = ("kind", "magic", "version", "order", "check", "length", "crc", "text")
NO_SEQUENCE = 2**64 - 1


def pad(data):
    return data + bytes(-len(data) % 64)


def number(text):
    return int(text, 0)


def encode(value):
    return "".join(f"%{ord(c):02X}" if ord(c) < 32 or c in "\x7f%" else c for c in value)


def stream(fields):
    lines = "".join(f"{k} {encode(v)}\n" for k, v in fields if k not in HEADER_FIELDS)
    given = dict(fields)
    text = given["text"].encode().decode("unicode_escape").encode("latin-1") \
        if "text" in given else lines.encode()
    kind = given.get("kind", "tokens")
    fixed = bytes.fromhex(given.get("magic", "894c4c530d0a1a0a"))
    fixed += struct.pack("<IIfIII", number(given.get("version", "1")),
                         number(given.get("order", "0x01020304")), float(given.get("check", "1.5")),
                         KINDS[kind] if kind in KINDS else number(kind),
                         number(given.get("length", str(len(text)))),
                         number(given.get("crc", str(zlib.crc32(text)))))
    fixed += bytes(28)
    return fixed + struct.pack("<I", zlib.crc32(fixed)) + pad(text)


def sequence(text):
    if text.startswith("held:"):
        return 2**63 | int(text[5:])
    record, _, sample = text.partition(".")
    return int(record) << 32 | int(sample or 0)


def floats(values, dtype):
    if dtype == "f32":
        return struct.pack(f"<{len(values)}f", *values)
    if dtype == "f16":
        return struct.pack(f"<{len(values)}e", *values)
    bits = struct.unpack(f"<{len(values)}I", struct.pack(f"<{len(values)}f", *values))
    return struct.pack(f"<{len(values)}H", *(b >> 16 for b in bits))


def pair(text):
    token, value = text.split(":")
    return int(token), float(value)


def sparse_rows(words, cols, lse):
    data = b""
    for at in range(0, len(words), cols):
        row = [pair(word) for word in words[at:at + cols]]
        data += struct.pack(f"<fI{cols}I{cols}f", lse, 0, *(p[0] for p in row), *(p[1] for p in row))
    return data


def sample(words, given):
    others = [pair(word) for word in words[1:]]
    head = struct.pack("<IfII", int(words[0]), float(given.get("logprob", 0)),
                       number(given.get("show", "0xffffffff")), len(others))
    return head + b"".join(struct.pack("<If", *other) for other in others)


def block(text):
    lines = [line.strip().partition(" ") for line in text.split(";") if line.strip()]
    return "".join(f"{key} {encode(value)}\n" for key, _, value in lines).encode()


def payload(word, given, values):
    """The bytes, and the fields of the frame that follow from them."""
    words = values.split()
    cols = int(given.get("cols", 0))
    if word in ("tokens", "next"):
        return struct.pack(f"<{len(words)}I", *map(int, words)), {"rows": len(words)}
    if word == "fork":
        parent = struct.pack("<Q", sequence(given["parent"]))
        return parent + struct.pack(f"<{len(words)}I", *map(int, words)), {"rows": len(words)}
    if word in ("hidden", "logits"):
        data = floats([float(w) for w in words], given.get("dtype", "f32"))
        return data, {"rows": len(words) // cols}
    if word == "sparse":
        return sparse_rows(words, cols, float(given.get("lse", 0))), {"rows": len(words) // cols}
    if word == "sample":
        return sample(words, given), {"rows": 1}
    if word in ("meta", "text"):
        return values.encode().decode("unicode_escape").encode("latin-1"), {}
    if word == "frame":
        return bytes.fromhex(values), {}
    return block(values), {"rows": int(given.get("owed", 0))}


def flags_of(word, given, whole_stream):
    flags = 0
    for name in filter(None, given.get("flags", "").split(",")):
        flags |= FLAGS[name] if name in FLAGS else number(name)
    if word == "sparse":
        flags |= FLAGS["sparse"]
    if word == "end" and whole_stream:
        flags |= FLAGS["stream"]
    return flags


def frame(word, given, values):
    data, derived = payload(word, given, values)
    if "seq" in given:
        where = sequence(given["seq"])
    else:
        where = NO_SEQUENCE if word not in ("tokens", "hidden", "logits", "sparse") else 0
    flags = flags_of(word, given, where == NO_SEQUENCE)
    crc = 0 if flags & FLAGS["no-crc"] else zlib.crc32(data)
    dtype = given.get("dtype", "f32")
    header = b"LLF1" + struct.pack(
        "<HHQQIIIIIIQI", number(given.get("type", str(TYPES.get(word, 0)))), flags, where,
        number(given.get("pos", "0")), number(given.get("rows", str(derived.get("rows", 0)))),
        number(given.get("cols", "0")), DTYPES[dtype] if dtype in DTYPES else number(dtype),
        number(given.get("want", "0")), number(given.get("epoch", "0")), 0,
        number(given.get("length", str(len(data)))), number(given.get("crc", str(crc))))
    return header + struct.pack("<I", zlib.crc32(header)) + pad(data)


def build(lines):
    out = b""
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        front, values, *_ = *re.split(r"\s:(?:\s|$)", line, maxsplit=1), ""
        word, *rest = shlex.split(front)
        if word == "cut":
            out = out[:-int(rest[0])]
        elif word == "flip":
            at, bit = int(rest[0]) % len(out), int(rest[1]) if len(rest) > 1 else 0
            out = out[:at] + bytes([out[at] ^ 1 << bit]) + out[at + 1:]
        elif word == "raw":
            out += bytes.fromhex(values)
        elif word == "stream":
            out += stream([tuple(field.split("=", 1)) for field in rest])
        else:
            out += frame(word, dict(field.split("=", 1) for field in rest), values)
    return out


if __name__ == "__main__":
    sys.stdout.buffer.write(build(sys.stdin))
