#!/usr/bin/env python3
"""Stages killed, ended and stopped: the pipe ends, is not a success, and is told once.

The stage behind the dead one tells, and those behind that exit with the same status; the ones
before it end as by SIGPIPE. If the last stage dies only the shell can tell.
"""
import os
import pty
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.environ["TESTS"])
from pipes import Pipe
from tap import report

STAGES = ["ll-tokenize -l", "ll-embed -b 4", "ll-forward -L 0-1 -j 1", "ll-forward -L 2- -j 2",
          "ll-sample --seed 1 -n 20", "ll-tokenize -d -l"]
SHORT = ["ll-tokenize -l", "ll-forward -b 4", "ll-sample --seed 1 -n 20", "ll-tokenize -d -l"]
MOMENTS = 24
DATA_ERROR = 65


def after_death(pipe, stage, number):
    """What is wrong with a pipe whose stage died of this signal."""
    stages = len(pipe.names)
    if stage == stages - 1:
        return pipe.problems(-number, 0)
    problems = pipe.problems(DATA_ERROR, 1)
    if pipe.status(stage) != -number:
        problems.append(f"{pipe.names[stage]} had ended with {pipe.status(stage)} before")
    for before in range(stage):
        if pipe.status(before) not in (-signal.SIGPIPE, 0):
            problems.append(f"{pipe.names[before]}, before it, ended with {pipe.status(before)}")
    for behind in range(stage + 1, stages):
        if pipe.status(behind) != DATA_ERROR:
            problems.append(f"{pipe.names[behind]}, behind it, ended with {pipe.status(behind)}")
    return problems + pipe.describe() if problems else []


def busy(stages, stage, seconds, number=signal.SIGKILL):
    """Dies while sequences without end run through the pipe."""
    pipe = Pipe(["yes one two three"] + stages)
    time.sleep(seconds)
    pipe.kill(stage + 1, number)
    pipe.wait()
    return after_death(pipe, stage + 1, number)


def idle(stages, stage):
    """Dies while the whole pipe waits for a next line, everything before it answered."""
    pipe = Pipe(stages, output=subprocess.PIPE)
    pipe.processes[0].stdin.write(b"one\n")
    pipe.processes[0].stdin.flush()
    pipe.processes[-1].stdout.readline()
    pipe.kill(stage)
    pipe.wait()
    pipe.processes[-1].stdout.close()
    return after_death(pipe, stage, signal.SIGKILL)


def stopped(stages, stage, wanted):
    """Stopped for a while and continued: nothing is lost."""
    pipe = Pipe(stages, b"one\ntwo\nthree\n" * 30, output=subprocess.PIPE)
    time.sleep(0.01)
    pipe.kill(stage, signal.SIGSTOP)
    time.sleep(0.05)
    pipe.kill(stage, signal.SIGCONT)
    text = pipe.processes[-1].stdout.read()
    pipe.wait()
    return pipe.problems(0, 0) + ([] if text == wanted else ["another text"])


def ordinary(stages):
    pipe = Pipe(stages, b"one\ntwo\nthree\n" * 30, output=subprocess.PIPE)
    text = pipe.processes[-1].stdout.read()
    pipe.wait()
    return text


def output_file(stage, number):
    """A stage that writes a file is ended: the old file stays, and no other is left."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "file")
        with open(path, "w") as file:
            file.write("old\n")
        command = ["yes one two", "ll-tokenize -l", "ll-forward --once", "ll-cat -t"][:stage + 1]
        pipe = Pipe(command[:-1] + [command[-1] + " -o " + path])
        time.sleep(0.1)
        pipe.kill(stage, number)
        pipe.wait()
        problems = pipe.problems(-number, 0)
        with open(path) as file:
            if file.read() != "old\n":
                problems.append("the old file changed")
        if os.listdir(directory) != ["file"]:
            problems.append(f"left: {sorted(os.listdir(directory))}")
    return problems


def chat(victim, lines, number=signal.SIGKILL):
    """ll-chat or one of the stages that it started is ended in the middle of a long answer."""
    # A real model takes seconds for it; the random one is soon done.
    model = os.environ.get("LL_TEST_SMOLLM") or os.environ["LL_MODEL"]
    pipe = Pipe(["ll-chat -n 800 -j 1 --seed 2 -m " + model], b"Tell me everything.",
                output=subprocess.PIPE)
    # Found before the answer begins: to look for it takes as long as hundreds of tokens.
    pid = pipe.processes[0].pid if victim == "ll-chat" else pipe.find(victim)
    pipe.processes[0].stdout.read(1)
    os.kill(pid, number)
    pipe.processes[0].stdout.read()
    pipe.wait()
    return pipe.problems(-number if victim == "ll-chat" else DATA_ERROR, lines)


def chat_idle(victim):
    """A stage of ll-chat is killed while that waits for a line from its terminal."""
    master, slave = pty.openpty()
    with open(slave, "rb", buffering=0) as terminal:
        pipe = Pipe(["ll-chat -q -j 1"], os.fdopen(os.dup(slave), "rb"), output=terminal)
    shown = b""
    while b"> " not in shown:
        shown += os.read(master, 100)
    os.kill(pipe.find(victim), signal.SIGKILL)
    pipe.wait()
    os.close(master)
    return pipe.problems(DATA_ERROR, 1)


def chat_shown(victim):
    """A stage is killed while the answer is shown on the terminal where its message comes, too."""
    master, slave = pty.openpty()
    model = os.environ.get("LL_TEST_SMOLLM") or os.environ["LL_MODEL"]
    with open(slave, "rb", buffering=0) as terminal:
        pipe = Pipe([f"sh -c 'exec ll-chat -n 800 -j 1 --seed 2 -m {model} 2>&1'"], b"Tell me everything.",
                    output=terminal)
    pid = pipe.find(victim)
    shown = b""
    while len(shown) < 20 or shown.endswith(b"\n"):
        shown += os.read(master, 100)
    os.kill(pid, signal.SIGKILL)
    pipe.wait()
    try:
        while True:
            shown += os.read(master, 1000)
    except OSError:
        pass
    os.close(master)
    told = [line for line in shown.split(b"\r\n") if b"ll-" in line]
    return pipe.problems(DATA_ERROR, 0) + ([] if len(told) == 1 and told[0].startswith(b"ll-") else [str(shown[-300:])])


def main():
    rng = random.Random(8)
    results = []
    for i in range(MOMENTS):
        stage, seconds = i % len(STAGES), rng.choice([rng.uniform(0, 0.01), rng.uniform(0, 0.1)])
        results.append((f"busy: {STAGES[stage]} killed after {seconds * 1000:.1f} ms",
                        busy(STAGES, stage, seconds)))
    for stage, name in enumerate(SHORT):
        seconds = rng.uniform(0, 0.006)
        results.append((f"at the start: {name} killed after {seconds * 1000:.1f} ms",
                        busy(SHORT, stage, seconds)))
        results.append((f"{name} ended by SIGTERM", busy(SHORT, stage, 0.05, signal.SIGTERM)))
    for stages in SHORT, STAGES:
        for stage, name in enumerate(stages):
            results.append((f"idle: {name} of {len(stages)} stages killed", idle(stages, stage)))
    wanted = ordinary(STAGES)
    results.append(("90 lines have 90 answers", [] if wanted.count(b"\n") >= 90 else [wanted]))
    for stage, name in enumerate(STAGES):
        results.append((f"{name} stopped and continued", stopped(STAGES, stage, wanted)))
    for name, lines in ("ll-chat", {0, 1}), ("ll-forward", 1), ("ll-sample", 1):
        results.append((f"ll-chat: {name} killed", chat(name, lines)))
    for name in "ll-forward", "ll-sample":
        results.append((f"ll-chat shows an answer: {name} killed, told on a line of its own", chat_shown(name)))
    for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        results.append((f"ll-chat ended by {number.name}", chat("ll-chat", 0, number)))
    for name in "ll-forward", "ll-sample":
        results.append((f"ll-chat waits for a line: {name} killed", chat_idle(name)))
    for stage, name in (1, "ll-tokenize"), (2, "ll-forward"), (3, "ll-cat"):
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL:
            results.append((f"{name} -o ended by {number.name}", output_file(stage, number)))
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
