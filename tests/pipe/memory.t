#!/usr/bin/env python3
"""Memory and descriptors that run out, and memory that must not grow.

Each program is run with its first allocation failing, its second, ... : it writes what it
should, or ends with 71 and one line. Then the same for a stage in a pipe, where the status must
reach the end.
"""
import os
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.environ["TESTS"])
from pipes import Pipe
from tap import report

LIMIT = 20
NO_MEMORY, IO_ERROR = 71, 74
SPACES = 4500, 5000, 6000, 8000, 12000, 20000, 40000  # kilobytes
RUNS = 48  # of each program; where it allocates more often, only some of the allocations fail
# A sanitizer keeps what was freed; here that would be taken for a leak.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"
MODEL = os.environ["LL_MODEL"]
FOLDERS = os.path.join(os.environ["TESTS"], "data", "containers")
SHIM = os.path.join(os.environ["TESTS"], "preload", "failalloc.c")

PROGRAMS = [
    "ll-tokenize text", "ll-tokenize --chat -l text", "ll-tokenize --ids text",
    "ll-tokenize text -o out", "ll-tokenize -d samples.lls", "ll-embed --once one.lls",
    "ll-forward --once -j 2 one.lls", "ll-forward -L 0-2 --dtype f16 -j 2 states.lls",
    "ll-forward --once -k 5 one.lls", "ll-forward --precision f32 --all one.lls",
    "ll-sample --seed 1 logits.lls",
    "ll-sample --seed 1 --stop xx --top-k 5 --logprobs 3 logits.lls",
    "ll-cat logits.lls", "ll-cat -t logits.lls", "ll-cat -t <logits.lls", "ll-cat --json logits.lls",
    "ll-cat --canonical logits.lls", "ll-cat --npy logits.lls", "ll-cat --verify logits.lls",
    "ll-diff logits.lls logits.lls", f"ll-info --tensors {MODEL}", f"ll-info --json {MODEL}",
    f"ll-info {FOLDERS}/hf-shards", f"ll-info {FOLDERS}/meta-2c", f"ll-info --tensors {FOLDERS}/f8",
    "ll-chat -n 2 -j 1 -t 0",
    "ll-tokenize --jsonl records", "ll-tokenize --jsonl --ids records.gz",
    "ll-tokenize -d --jsonl answered.lls", "ll-batch -n 2 -j 1 --seed 1 records",
    "ll-train-bpe -n 268 --min-count 1 text -o out", "ll-train-bpe -n 520 -q --ranks text",
    "ll-plot log.jsonl", "ll-quantize -q -j 1 Q8_0", "ll-pool --json hidden.lls",
    "ll-score --json scored.lls", "ll-tokenize -d --calls samples.lls", "ll-topk -k 3 logits.lls",
    "ll-mix -e a a=logits.lls", "ll-lens states.lls",
]
STAGES = ["ll-tokenize text", "ll-embed", "ll-forward -L 0-1 -j 2", "ll-forward -L 2- -j 1",
          "ll-sample --seed 1 -n 3", "ll-tokenize -d"]


def build_shim():
    """The path of the library that makes allocations fail, or None and why, if that is odd."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    built = subprocess.run(compiler + ["-shared", "-fPIC", "-O1", "-o", "failalloc.so", SHIM],
                           capture_output=True)
    if built.returncode:
        return None, "no shared library of failing allocations can be built"
    path = os.path.abspath("failalloc.so")
    # Under a sanitizer, which has an allocator of its own, it counts nothing.
    if count_allocations("ll-tokenize text", path) < 10:
        print("# these programs have another allocator: its failures are left out")
        return None, None
    return path, None


def start(command, **environment):
    """Runs it to its end. Its input is a text, or behind the last word <FILE."""
    words, _, name = command.partition(" <")
    with open(name or "text", "rb") as source:
        return subprocess.run(words.split(), stdin=source, capture_output=True, timeout=LIMIT,
                              env=dict(os.environ, **environment))


def run_whole(command, shim):
    """How often it allocates, and what it writes."""
    with open("count", "w"):
        pass
    done = start(command, LD_PRELOAD=shim, COUNT_ALLOC="count")
    with open("count") as file:
        return int(file.read() or 0) if done.returncode == 0 else 0, done.stdout


def count_allocations(command, shim):
    return run_whole(command, shim)[0]


def failing(command, shim, at, more, whole):
    """What is wrong when this allocation (and more after it) fails."""
    try:
        done = start(command, LD_PRELOAD=shim, FAIL_ALLOC=str(at), FAIL_MORE=str(more))
    except subprocess.TimeoutExpired:
        return ["hung"]
    told = done.stderr.decode(errors="replace").splitlines()
    if done.returncode == 0 and not told:
        return [] if done.stdout == whole else ["status 0, but it did not write the same"]
    if done.returncode == NO_MEMORY and len(told) == 1 and told[0].startswith(command.split()[0]):
        return []
    return [f"status {done.returncode}: {told[:3]}"]


def torture(command, shim):
    total, whole = run_whole(command, shim)
    problems = [] if total else ["it fails, or allocates nothing"]
    for more in 0, 10**9:
        for at in range(1, total + 1, max(1, 2 * total // RUNS)):
            problems += [f"allocation {at} of {total}, {more} more: {wrong}"
                         for wrong in failing(command, shim, at, more, whole)]
    return problems


def run_in_pipe(stage, instead):
    """The pipe with another command in this stage's place, at its end."""
    stages = list(STAGES)
    stages[stage] = instead
    with open(os.devnull) as source:
        return Pipe(stages, source).wait()


def torture_in_pipe(stage, shim):
    """One stage of a pipe fails: its line is the only one, its status comes out."""
    problems = []
    run_in_pipe(stage, f"env LD_PRELOAD={shim} COUNT_ALLOC=count {STAGES[stage]}")
    with open("count") as file:
        total = int(file.read())
    # The last ones are those of the return path.
    last = max(1, total - 24)
    for at in [*range(1, last, max(1, total // 12)), *range(last, total + 1)]:
        pipe = run_in_pipe(stage, f"env LD_PRELOAD={shim} FAIL_ALLOC={at} {STAGES[stage]}")
        failed = pipe.status(stage) != 0
        wrong = pipe.problems(NO_MEMORY if failed else 0, 1 if failed else 0)
        problems += [f"allocation {at}:"] + wrong if wrong else []
    return problems


def limited(stage, limit, values, statuses):
    """One stage has little of something. What the dynamic linker lacks is not its affair."""
    problems = []
    for value in values:
        pipe = run_in_pipe(stage, f"sh -c 'ulimit {limit} {value} && exec {STAGES[stage]}'")
        if pipe.status(stage) in (126, 127):
            continue
        failed = pipe.status(stage) != 0
        wrong = pipe.problems(statuses if failed else 0, 1 if failed else 0)
        problems += [f"ulimit {limit} {value}:"] + wrong if wrong else []
    return problems


def peak_of_forward(lines):
    """The peak resident size in KB of a head that had this many prompts to answer."""
    source = b"".join(b"This is prompt %d.\n" % i for i in range(lines))
    measure = ("python3 -c 'import resource, subprocess, sys;"
               " code = subprocess.call(sys.argv[1:]);"
               " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open(\"peak\", \"w\"));"
               " sys.exit(code)' ")
    pipe = Pipe(["ll-tokenize -l", measure + "ll-forward -b 8 -j 1", "ll-sample --seed 1 -n 4",
                 "ll-tokenize -d -l"], source, output=open("answers", "wb")).wait(60)
    with open("answers", "rb") as file:
        text = file.read()
    problems = pipe.problems(0, 0)
    if text.count(b"\n") < lines:
        problems.append(f"{lines} prompts, but {len(text.splitlines())} lines")
    with open("peak") as file:
        return int(file.read()), problems


def flat():
    few, problems = peak_of_forward(200)
    many, more = peak_of_forward(2000)
    problems += more
    # The last of a pipe, a MiB, is taken into memory when its writer is gone.
    if many > few + 4096:
        problems.append(f"{few} KB with 200 sequences, {many} KB with 2000")
    return problems


def prepare():
    for line in ("echo one two >text", "ll-tokenize -p 'one two three' >one.lls",
                 "ll-embed --once one.lls >states.lls", "ll-forward --once one.lls >logits.lls",
                 "ll-sample -n 1 --seed 1 logits.lls >samples.lls",
                 "ll-forward --hidden one.lls >hidden.lls", "ll-forward --score one.lls >scored.lls",
                 """printf '%s\\n' '{"id":"a","prompt":"one","n":2,"stop":["zz"],"limit":3}' """
                 """'{"messages":[{"role":"user","content":"x"}],"seed":4}' >records""",
                 "gzip <records >records.gz", """echo '{"step":1,"loss":2,"eval_loss":3}' >log.jsonl""",
                 "ll-tokenize --jsonl records | ll-forward | ll-sample -n 2 --seed 1 --logprobs 1 >answered.lls"):
        subprocess.run(line, shell=True, check=True)


def main():
    results = []
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        prepare()
        results.append(("2000 sequences through -b 8, in the memory of 200", flat()))
        shim, why_not = build_shim()
        if shim:
            for command in PROGRAMS:
                results.append((f"allocations fail: {command}", torture(command, shim)))
            for stage, name in enumerate(STAGES):
                results.append((f"allocations fail in a pipe: {name}", torture_in_pipe(stage, shim)))
            for stage, name in enumerate(STAGES):
                results.append((f"little address space: {name}",
                                limited(stage, "-v", SPACES, {NO_MEMORY})))
        elif why_not:
            results.append((f"allocations fail # SKIP {why_not}", []))
        for stage, name in enumerate(STAGES):
            results.append((f"few descriptors: {name}",
                            limited(stage, "-n", range(3, 15), {NO_MEMORY, IO_ERROR})))
        os.chdir("/")
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
