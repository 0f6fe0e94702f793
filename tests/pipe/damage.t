#!/usr/bin/env python3
"""Streams and models cut short and with flipped bits, for each program that reads them.

A damaged stream is bad data: status 65 and one line. Only bytes that mean nothing (padding) may
be damaged unnoticed, and then the output is what it was. A damaged model may still be one: then
anything that ends in order will do, and otherwise one line says why not.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.environ["TESTS"])
from tap import report

LIMIT = 20
BAD_DATA, UNSUPPORTED, NO_MEMORY = 65, 69, 71
CUTS, FLIPS, MODEL_CUTS, MODEL_FLIPS = 60, 90, 40, 90

# What reads each recording; {} is the recording's name.
READERS = {
    # Of one sequence: of several, a head's frames come in the order in which it read them.
    "one.lls": ["ll-embed --once {}", "ll-forward --once -j 1 {}", "ll-tokenize -d {}"],
    "states.lls": ["ll-forward -L 1- -j 1 {}", "ll-cat --canonical {}"],
    "logits.lls": ["ll-sample --seed 1 {}", "ll-cat {}", "ll-cat -t {}", "ll-cat --json {}",
                   "ll-cat --verify {}", "ll-cat --npy {}", "ll-diff {} logits.lls"],
    "samples.lls": ["ll-tokenize -d -l {}"],
}
MODEL_READERS = ["ll-info {}", "ll-tokenize -m {} -p one", "ll-forward --once -j 1 -m {} ids.lls",
                 "ll-embed --once -m {} ids.lls", "ll-chat -m {} -n 1 -j 1"]


def shell(line):
    subprocess.run(line, shell=True, check=True)


def run(command, name):
    """Status, output and lines told; None for a status if it hung."""
    try:
        done = subprocess.run(command.format(name).split(), input=b"one two", timeout=LIMIT,
                              capture_output=True)
    except subprocess.TimeoutExpired:
        return None, b"", []
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").splitlines()


def failed_well(command, status, told, statuses):
    """Whether it failed as a program should: a documented status and one line of its own."""
    program = command.split()[0]
    if program == "ll-chat":
        program = "ll-"  # or of a stage that it started
    return status in statuses and len(told) == 1 and told[0].startswith(program)


def judge(command, data, name, statuses, output=None):
    """Runs it on this data; what is wrong, or None. Success must give this output, if any."""
    with open(name, "wb") as file:
        file.write(data)
    status, text, told = run(command, name)
    if status == 0 and not told and (output is None or text == output):
        return None
    if failed_well(command, status, told, statuses):
        return None
    return f"status {status}, said {told}, wrote {len(text)} bytes"


def cuts(size, count, rng):
    edges = [0, 1, 7, 8, 63, 64, 65, size - 1, size - 63, size - 64, size - 65, size - 128]
    return sorted({at for at in edges if 0 <= at < size} | set(rng.sample(range(size), count)))


def cut_stream(command, data, rng):
    problems = []
    for at in cuts(len(data), CUTS, rng):
        wrong = judge(command, data[:at], "damaged", (BAD_DATA,), output="nothing")
        if wrong:
            problems.append(f"cut at {at} of {len(data)}: {wrong}")
    return problems


def flip(data, at, bit):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]


def flip_stream(command, data, recording, rng):
    shutil.copy(recording, "damaged")
    status, output, told = run(command, "damaged")
    problems = [] if status == 0 and not told else [f"undamaged: status {status}, said {told}"]
    for at in rng.sample(range(len(data)), FLIPS):
        bit = rng.randrange(8)
        # A version or byte order that is not ours is no damage.
        wrong = judge(command, flip(data, at, bit), "damaged", (BAD_DATA, UNSUPPORTED), output)
        if wrong:
            problems.append(f"bit {bit} of byte {at} of {len(data)}: {wrong}")
    return problems


def damage_model(command, data, rng):
    problems = []
    statuses = BAD_DATA, UNSUPPORTED, NO_MEMORY
    front = data.index(b"tokenizer.ggml.tokens")
    for at in cuts(len(data), MODEL_CUTS, rng):
        # What the program does not need may be missing, so ll-info may succeed on a cut file.
        wrong = judge(command, data[:at], "damaged.gguf", (BAD_DATA,), output="nothing")
        if wrong:
            problems.append(f"cut at {at} of {len(data)}: {wrong}")
    places = rng.sample(range(front), MODEL_FLIPS // 2) + rng.sample(range(len(data)), MODEL_FLIPS // 2)
    for at in places:
        bit = rng.randrange(8)
        wrong = judge(command, flip(data, at, bit), "damaged.gguf", statuses)
        if wrong:
            problems.append(f"bit {bit} of byte {at} of {len(data)}: {wrong}")
    return problems


def record():
    shell("printf 'one two\\nthree four\\n' | ll-tokenize -l >tokens.lls")
    shell("ll-tokenize -p 'one two three' >one.lls")
    shell("ll-embed --once tokens.lls | ll-forward -L 0 -o states.lls")
    shell("ll-forward tokens.lls | tee -p logits.piped | ll-sample --seed 1 -n 3 -o samples.lls")
    shell("ll-cat logits.piped >logits.lls")
    # Ids alone: nothing of the model's header is compared with it.
    shell("printf 'stream kind=tokens\\ntokens seq=0 flags=prompt,last : 5 6 7\\nend : code 0\\n' |"
          " python3 $TESTS/mkstream.py >ids.lls")


def main():
    rng = random.Random(4)
    results = []
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        record()
        for recording, commands in READERS.items():
            with open(recording, "rb") as file:
                data = file.read()
            for command in commands:
                shown = command.format(recording)
                results.append((f"cut: {shown}", cut_stream(command, data, rng)))
                results.append((f"flipped: {shown}", flip_stream(command, data, recording, rng)))
        with open(os.environ["LL_MODEL"], "rb") as file:
            data = file.read()
        for command in MODEL_READERS:
            results.append((f"model: {command.format('MODEL')}", damage_model(command, data, rng)))
        os.chdir("/")
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
