#!/usr/bin/env python3
"""ll-mix in pipes that generate: members of any batch, prompts of different lengths, a mix of
mixes, endings of every kind, and deaths of members, of the mix and of what reads it."""
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.environ["TESTS"])
from tap import report

LIMIT = 60
DATA_ERROR = 65
LINES = "Once upon a time\nThe capital of France is\nTwo and two make\nIn the beginning\nfive six\n"
# The same records with more before them, by which the other prompts begin alike, too.
LONGER = "".join(f"It was said, and it is said again: {line}\n" for line in LINES.splitlines())
# What the stages ended with, each status once.
STATUSES = "printf '%s\\n' ${PIPESTATUS[*]} | sort -u"
EXPRESSION = "0.7*a + 0.5*(a - b)"


def shell(command, **options):
    return subprocess.run(["bash", "-c", command], capture_output=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, env=dict(os.environ, LINES_A=LINES, LINES_B=LONGER), **options)


def member(lines, options="", before=""):
    return f'<(printf %s "${lines}" | ll-tokenize -l | {before}ll-forward -j 1 {options})'


def answers(a="", b="", more="", expression=EXPRESSION):
    return (f"ll-mix -e '{expression}' a={member('LINES_A', a)} b={member('LINES_B', b)} {more}"
            " | ll-sample --seed 5 -n 12 | ll-tokenize -d --jsonl; " + STATUSES)


def output(command):
    run = shell(command)
    if run.stderr:
        raise AssertionError(run.stderr.decode())
    return run.stdout


def same(first, *others):
    wanted = output(first)
    problems = [] if wanted.count(b"\n") > 5 else ["too little: " + repr(wanted)]
    for command in others:
        got = output(command)
        if got != wanted:
            problems.append(f"{command}\n{got!r}, not\n{wanted!r}")
    return problems


def batches():
    return same(answers(), answers("-b 1", "-b 4"), answers("-b 4 --chunk 3", "-b 2 --chunk 7"),
                answers("-b 2", "-b 3 --chunk 1"), answers("--chunk 20", "--chunk 90"))


def searched():
    """Beams of one search come in several steps where those of the members do not agree."""
    return same(*(answers(a, b).replace("--seed 5", "--beams 3")
                  for a, b in (("", ""), ("-b 1", "-b 4"), ("-b 3 --chunk 3", "-b 2 --chunk 7"))))


def itself():
    plain = 'printf %s "$LINES_A" | ll-tokenize -l | ll-forward -b 2 | ll-sample --seed 5 -n 12'
    return same(f"{plain} | ll-tokenize -d --jsonl; echo 0", answers("-b 2", "-b 3", expression="a + 0*b"))


def nested():
    inner = f"<(ll-mix -e 'b - a' a={member('LINES_A', '-b 3')} b={member('LINES_B')})"
    return same(answers(), "ll-mix -e '0.7*a - 0.5*d' " f"a={member('LINES_A', '-b 2')} d={inner}"
                " | ll-sample --seed 5 -n 12 | ll-tokenize -d --jsonl; " + STATUSES)


def joined_pipe():
    """A member of two stages, and filters behind the mix."""
    cut = "<(printf %s \"$LINES_B\" | ll-tokenize -l | ll-embed -b 3 | ll-forward -L 0-1 | ll-forward -L 2-)"
    return same(answers(), answers().replace("| ll-sample", "| tee >(ll-cat -t --watch >/dev/null) | ll-sample"),
                f"ll-mix -e '{EXPRESSION}' a={member('LINES_A')} b={cut}"
                " | ll-sample --seed 5 -n 12 | ll-tokenize -d --jsonl; " + STATUSES)


def sparse():
    """Rows with all logits, as sparse ones; and the likeliest token of a few."""
    first = "0*b + a"
    return (same(answers(), answers("-k 512", "-k 512 -b 2")) +
            same(answers("-k 5", "-b 2", expression=first).replace("--seed 5", "-t 0"),
                 answers("", "-k 3", expression=first).replace("--seed 5", "-t 0")))


def scored():
    """The perplexity of an ensemble from the text's own logits, and from all."""
    def perplexity(options):
        parts = [f'<(printf %s "$LINES_A" | ll-tokenize -l | ll-forward {options}{more})'
                 for more in ("", " --precision f32")]
        return (f"ll-mix -e 'log(0.3*softmax(a) + 0.7*softmax(b))' a={parts[0]} b={parts[1]} | ll-score --per-token |"
                " awk '{ printf \"%s %s %.4f\\n\", $1, $2, $4 }'")
    return same(perplexity("--all"), perplexity("--score"))


def recorded():
    """What two members were told the same way can be mixed again."""
    both = (f"ll-mix -e '{EXPRESSION}' a=<(printf %s \"$LINES_A\" | ll-tokenize -l | ll-forward -b 2 | tee a.lls)"
            f" b=<(printf %s \"$LINES_B\" | ll-tokenize -l | ll-forward -b 2 | tee b.lls)"
            " | ll-sample --seed 5 -n 12 | ll-tokenize -d --jsonl; " + STATUSES)
    return same(both, f"ll-mix -e '{EXPRESSION}' a=a.lls b=b.lls | ll-sample --seed 5 -n 12 | ll-tokenize -d --jsonl;"
                " " + STATUSES)


def ended(command, reason, count=5):
    run = shell(f"{command} | ll-cat -t --type end")
    ends = [line for line in run.stdout.decode().splitlines() if f"END     reason {reason}" in line]
    return [] if len(ends) == count and not run.stderr else [run.stdout.decode(), run.stderr.decode()]


def declined():
    return ended(answers().split(" | ll-sample")[0], "declined")


def into_file():
    return ended(answers().split(" | ll-sample")[0] + " >mix.lls; cat mix.lls", "complete")


def empty():
    nothing = "<(printf '' | ll-tokenize -l | ll-forward -j 1)"
    return [] if output(f"ll-mix -e a+b a={nothing} b={nothing} | ll-sample -t 0 | ll-tokenize -d; {STATUSES}") == \
        b"0\n" else ["not empty"]


def limited():
    return ended(answers().split(" | ll-tokenize -d")[0], "length")


def overflow():
    """Sequences that outgrow one member end in all, with its message, and the shortest goes on."""
    run = shell(answers("", "-c 31"))
    lines = run.stdout.decode().splitlines()
    told = run.stderr.decode().splitlines()
    errors = [line for line in lines if "context is full" in line]
    if not errors or len(errors) == 5 or len(lines) != 6 or len(errors) != len(told) or lines[-1] != "65":
        return lines + told
    return []


def refused():
    problems = []
    for command, text in (
            (f"ll-mix -e a+b a={member('LINES_A')} b={member('LINES_B', '--once')}", "b: nobody listens"),
            (f"ll-mix -e a+b a={member('LINES_A')} b=<(printf '' | ll-tokenize -l | ll-forward)", " ends before position"),
            (f"ll-mix -e a+b a={member('LINES_A')} b=<(ll-forward -m none.gguf <x)", "x: No such file")):
        run = shell(command + " | ll-sample --seed 1 -n 3 | ll-tokenize -d; exit ${PIPESTATUS[0]}")
        if run.returncode != DATA_ERROR or text.encode() not in run.stderr:
            problems.append(f"{command}: {run.returncode} {run.stderr.decode()}")
    return problems


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        found = [int(child) for child in f.read().split()]
    return found + [below for child in found for below in children(child)]


def named(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as f:
            return f.read().strip()
    except OSError:
        return ""


def death(name, which, wanted):
    """One process of a busy mix is killed: everything ends soon, and is no success."""
    command = ("ll-mix -e a+b a=<(yes one two | ll-tokenize -l | ll-forward -j 1) "
               "b=<(yes one two three | ll-tokenize -l | ll-forward -j 1)"
               " | ll-sample --seed 1 -n 50 | ll-tokenize -d -l >/dev/null; exit ${PIPESTATUS[0]}")
    with subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        end = time.monotonic() + LIMIT
        found = []
        while len(found) <= which and time.monotonic() < end:
            found = sorted(pid for pid in children(run.pid) if named(pid) == name)
            time.sleep(0.02)
        time.sleep(0.3)
        everybody = children(run.pid)
        os.kill(found[which], signal.SIGKILL)
        told = run.communicate(timeout=LIMIT)[1].decode()
        while any(named(pid).startswith("ll-") for pid in everybody) and time.monotonic() < end:
            time.sleep(0.05)
        left = [named(pid) for pid in everybody if named(pid).startswith("ll-")]
        lines = [line for line in told.splitlines() if line.startswith("ll-")]
        if run.returncode != wanted or left or len(lines) != (1 if name != "ll-tokenize" else len(lines)):
            return [f"ended with {run.returncode}, not {wanted}; left: {left}", told]
        return []


def main():
    return report([
        ("whatever the members' batches", batches()),
        ("and of a search", searched()),
        ("a member without weight has no effect", itself()),
        ("a mix of mixes", nested()),
        ("members of several stages, branches behind", joined_pipe()),
        ("sparse members", sparse()),
        ("scores of members", scored()),
        ("recordings of members", recorded()),
        ("nobody feeds: declined", declined()),
        ("into a file: complete", into_file()),
        ("no record at all", empty()),
        ("the limit of tokens", limited()),
        ("a sequence that overflows in one member", overflow()),
        ("what cannot be mixed", refused()),
        ("a member is killed", death("ll-forward", 0, DATA_ERROR)),
        ("another member is killed", death("ll-forward", 1, DATA_ERROR)),
        ("the mix is killed", death("ll-mix", 0, 128 + signal.SIGKILL)),
        ("the feeder is killed", death("ll-sample", 0, 128 + signal.SIGPIPE)),
    ])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.exit(main())
