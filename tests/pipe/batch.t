#!/usr/bin/env python3
"""ll-batch: the pipe as one command, which goes on where a run that was killed left off."""
import fcntl
import gzip
import json
import os
import pty
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.environ["TESTS"])
from tap import report

LIMIT = 60
# A sanitizer keeps what was freed; here that would be taken for a leak.
FRUGAL = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0")
SAMPLING = "-n 6 --seed 3 -b 4 -j 1"
results = []


def run(command, data=b"", **options):
    done = subprocess.run(["sh", "-c", command], input=data, capture_output=True, timeout=LIMIT,
                          **options)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").splitlines()


def put(name, data):
    with open(name, "wb") as file:
        file.write(data)


def get(name):
    with open(name, "rb") as file:
        return file.read()


def test(name, problem):
    results.append((name, [problem] if problem else []))


def equal(name, got, wanted):
    test(name, "" if got == wanted else f"wanted {str(wanted)[:1000]}\ngot    {str(got)[:1000]}")


def records(count, bad=True):
    out = []
    for i in range(count):
        record = {"id": f"r{i}", "prompt": f"Once upon a time {i}"}
        if i % 7 == 2:
            record["n"] = 3
        if i % 5 == 1:
            del record["id"]
        if i % 11 == 4 and bad:
            record["colour"] = "red"
        out.append(json.dumps(record) + "\n" + ("\n" if i % 13 == 5 else ""))
    return "".join(out).encode()


def as_the_pipe():
    put("in.jsonl", records(40))
    status, _, told = run(f"ll-batch {SAMPLING} in.jsonl -o out.jsonl")
    line = run(f"ll-batch {SAMPLING} in.jsonl -x -o piped.jsonl")[1].decode()
    test("a name that begins with a dash stays one", "" if b" --jsonl -- -in " in run("ll-batch -x -- -in")[1] else "no --")
    test("-x prints a pipe", "" if line.count(" | ") == 3 and line.endswith("> piped.jsonl\n") else line)
    piped, _, told_there = run(line)
    equal("the same answers as that pipe", get("out.jsonl"), get("piped.jsonl"))
    equal("the same status and messages", (status, told), (piped, told_there))
    equal("each record has its answers", len(get("out.jsonl").splitlines()), 40 + 2 * 5)
    equal("stdin and stdout", run(f"ll-batch {SAMPLING} <in.jsonl")[1].replace(b"standard input:", b"in.jsonl:"),
          get("out.jsonl"))
    put("in.gz", gzip.compress(get("in.jsonl")))
    equal("gzip", run(f"ll-batch {SAMPLING} in.gz")[1].replace(b"in.gz", b"in.jsonl"), get("out.jsonl"))
    options = ("--chat -S 'Be brief.' --date '1 Jan 2026' --chat-format llama3.2 -c 200 --precision f32 --kv-type q8_0 -t 2 --top-k 9 "
               "--top-p 0.8 --min-p 0.1 --stop zz --stop yy --logprobs 2 -n 3 --seed 4 -j 1")
    piped = run(run(f"ll-batch {options} -x")[1].decode() + "\n", b'{"prompt": "Hi"}\n')
    equal("every option goes to its stage", run(f"ll-batch {options}", b'{"prompt": "Hi"}\n')[1], piped[1])
    asked = run("ll-batch -n 3", b'{"prompt": "Hi", "logprobs": 2}\n')[1]
    equal("logprobs of a record", [len(p["top"]) for p in json.loads(asked)["logprobs"]], [2, 2, 2])
    test("and it answers", "" if piped[0] == 0 and b'"logprobs"' in piped[1] else str(piped))


def again():
    whole = get("out.jsonl")
    status, _, told = run(f"ll-batch {SAMPLING} in.jsonl -o out.jsonl")
    test("run again: nothing is done twice", "" if get("out.jsonl") == whole else "the file changed")
    test("run again: what failed is told", "" if status == 65 and len(told) == 1 and "--retry" in told[0]
         else f"{status} {told}")
    cuts = [0, 1, 3, 7, len(whole) - 1] + [random.Random(1).randrange(len(whole)) for _ in range(12)]
    wrong = []
    for cut in cuts:
        put("part.jsonl", whole[:cut])
        run(f"ll-batch {SAMPLING} in.jsonl -o part.jsonl")
        if get("part.jsonl") != whole:
            wrong.append(cut)
    test("a file cut anywhere is made whole, with the same bytes", f"not when cut at {wrong}" if wrong else "")
    put("in.jsonl", get("in.jsonl") + b'{"id": "new", "prompt": "more"}\n')
    run(f"ll-batch {SAMPLING} in.jsonl -o out.jsonl")
    test("records that were added are answered", "" if get("out.jsonl").startswith(whole) and
         [json.loads(line)["id"] for line in get("out.jsonl")[len(whole):].splitlines()] == ["new"]
         else str(get("out.jsonl")[len(whole):]))
    put("in.jsonl", get("in.jsonl").replace(b', "colour": "red"', b""))
    status, _, told = run(f"ll-batch {SAMPLING} in.jsonl -o out.jsonl --retry")
    lines = [json.loads(line) for line in get("out.jsonl").splitlines()]
    test("--retry: what was mended is answered, once", "" if status == 0 and not told and
         not any("error" in a for a in lines) and len({(a["line"], a.get("sample")) for a in lines}) == len(lines) == 53
         else f"{status} {told} {len(lines)}")
    put("kept.jsonl", b'{"id":1,"line":1,"error":{}}\n')
    os.chmod("kept.jsonl", 0o600)
    os.symlink("kept.jsonl", "link.jsonl")
    equal("--retry: through a link", run(f"ll-batch {SAMPLING} -o link.jsonl --retry", b'{"id":1,"prompt":"x"}\n')[0], 0)
    equal("--retry: the link and the file's mode stay", (os.readlink("link.jsonl"), os.stat("kept.jsonl").st_mode & 0o777,
          b"error" in get("kept.jsonl")), ("kept.jsonl", 0o600, False))
    run("ll-batch -m none.gguf -o made.jsonl --retry", b'{"prompt":"x"}\n')
    equal("--retry: a file that was made stays away after a failure", os.path.exists("made.jsonl"), False)
    equal("--retry: nothing to do", run(f"ll-batch {SAMPLING} in.jsonl -o out.jsonl --retry")[0], 0)
    before = get("out.jsonl")
    equal("all done: 0, no model is opened", run("LL_MODEL=none.gguf ll-batch in.jsonl -o out.jsonl"), (0, b"", []))
    equal("and the file is as it was", get("out.jsonl"), before)
    put("bom.jsonl", b"\xef\xbb\xbf" + b'{"id": 1, "prompt": "a"}\r\n{"id": 2, "prompt": "b"}\r\n')
    for _ in range(2):
        run(f"ll-batch {SAMPLING} bom.jsonl -o bom.out")
    equal("a byte order mark, again", [json.loads(line)["id"] for line in get("bom.out").splitlines()], [1, 2])


def children_of(pid):
    """Processes in the group of a batch's stages: those that name the folder's file in argv."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                if b"LL_BATCH_TEST=%d" % pid in file.read():
                    found.append(int(entry))
        except OSError:
            pass
    return found


def killed():
    put("in.jsonl", records(150))
    run(f"ll-batch {SAMPLING} in.jsonl -o whole.jsonl")
    whole = get("whole.jsonl")
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        for extra in ("", "--unordered"):
            if os.path.exists("out.jsonl"):
                os.unlink("out.jsonl")
            runs, wrong = 0, []
            environment = dict(os.environ, LL_BATCH_TEST=str(os.getpid()))
            for size in (1, 4000, 9000, 14000):
                process = subprocess.Popen(["sh", "-c", f"exec ll-batch {SAMPLING} {extra} in.jsonl -o out.jsonl"],
                                           env=environment, stderr=subprocess.DEVNULL)
                end = time.monotonic() + LIMIT
                while process.poll() is None and time.monotonic() < end:
                    if os.path.exists("out.jsonl") and os.path.getsize("out.jsonl") >= size:
                        process.send_signal(number)
                        break
                    time.sleep(0.002)
                runs += process.wait() < 0
                end = time.monotonic() + 5
                while children_of(os.getpid()) and time.monotonic() < end:
                    time.sleep(0.01)
                if children_of(os.getpid()):
                    wrong.append(f"stages outlived it: {children_of(os.getpid())}")
                data = get("out.jsonl")
                if data and not data.endswith(b"\n"):
                    wrong.append("half a line")
                for line in data.splitlines():
                    json.loads(line)
            run(f"ll-batch {SAMPLING} {extra} in.jsonl -o out.jsonl")
            same = get("out.jsonl") == whole if not extra else \
                sorted(get("out.jsonl").splitlines()) == sorted(whole.splitlines())
            if not same:
                wrong.append("not the answers of a run that nobody killed")
            if not runs:
                wrong.append("it was never killed")
            test(f"killed by {number} {extra}", "\n".join(wrong))


def refusals():
    answer = b'{"id":"a","line":1,"text":"x","finish":"eos"}\n'
    put("in.jsonl", b'{"id": "a", "prompt": "x"}\n{"id": "b", "prompt": "y"}\n')
    for name, content, message in (
            ("prose", b"Dear diary,\ntoday\n", "out2.jsonl:1: is no answer"),
            ("prose without a newline", b"Dear diary", "does not end with an answer"),
            ("prose behind answers", answer + b"Dear diary", "does not end with an answer"),
            ("other JSON", answer + b'{"a": 1}\n', "out2.jsonl:2: is no answer"),
            ("records", get("in.jsonl"), "out2.jsonl:1: is no answer"),
            ("samples that are missing", b'{"id":"s","line":3,"sample":0,"n":2,"text":""}\n' + answer,
             "out2.jsonl:1: line 3 has 1 of its 2 samples")):
        put("out2.jsonl", content)
        status, _, told = run("ll-batch in.jsonl -o out2.jsonl --retry")
        test(f"an output that is {name}: left as it is", "" if status == 65 and message in told[0] and
             len(told) == 1 and get("out2.jsonl") == content else f"{status} {told} {get('out2.jsonl')}")
    # As far as models of one vocabulary differ, only what ll-forward takes shows in the answers.
    other = os.path.join(os.getcwd(), "other.gguf")
    subprocess.run([os.environ["TESTS"] + "/mkgguf.py", "--preset", "test", "--seed", "9", other], check=True)
    with_option = run(f"ll-batch -m other.gguf {SAMPLING} in.jsonl")[:2]
    test("-m holds for every stage, whatever LL_MODEL is", "" if with_option == run(
        f"ll-batch {SAMPLING} in.jsonl", env=dict(os.environ, LL_MODEL=other))[:2] else str(with_option))
    put("out2.jsonl", b"")
    with open("out2.jsonl", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        status, _, told = run("ll-batch in.jsonl -o out2.jsonl")
        equal("an output that another batch writes", (status, told),
              (73, ["ll-batch: out2.jsonl: another batch writes it"]))
    for command, wanted, message in (
            ("ll-batch none.jsonl -o new.jsonl", 66, "ll-batch: none.jsonl: No such file"),
            ("ll-batch . -o new.jsonl", 66, "ll-batch: .: is a directory"),
            ("ll-batch -m none.gguf in.jsonl -o new.jsonl", 66, "ll-tokenize: none.gguf: No such file"),
            ("ll-batch in.jsonl -o none/out.jsonl", 73, "ll-batch: none/out.jsonl: No such file"),
            ("ll-batch -n 4 in.jsonl >/dev/full", 74, "ll-batch: standard output: No space left"),
            ("ll-batch -n 4 in.jsonl -o /dev/full", 74, "ll-batch: /dev/full: No space left"),
            ("ll-batch a b", 64, "one file only"), ("ll-batch --retry in.jsonl", 64, "--retry has no effect without"),
            ("ll-batch -t nonsense in.jsonl -o new.jsonl", 64, "ll-batch: --temperature: 'nonsense'"),
            ("ll-batch --seed nonsense in.jsonl -o new.jsonl", 64, "ll-sample: --seed: 'nonsense'"),
            ("ll-batch -b 0 in.jsonl -o new.jsonl", 64, "ll-forward: --batch: '0' is not"),
            ("gzip -c in.jsonl | head -c 30 | ll-batch -n 2 -o new.jsonl", 65, "standard input: gzip: the data is cut short")):
        status, _, told = run(command)
        test(f"{command}: {wanted}", "" if status == wanted and message in told[0] else f"{status} {told}")
        test("  and no file is left", "" if not os.path.exists("new.jsonl") else "new.jsonl is there")
    status, _, told = run("{ head -n 1 in.jsonl; until [ -s new.jsonl ]; do sleep 0.01; done; rm new.jsonl; cat in.jsonl; } |"
                          "ll-batch -n 2 -o new.jsonl")
    equal("an output that is removed ends the batch", (status, told[:1], os.path.exists("new.jsonl")),
          (74, ["ll-batch: new.jsonl: was removed while it was written"], False))
    put("long", b"".join(b'{"id": "%s%d", "prompt": "a"}\n' % (b"x" * 1000, n) for n in range(100)))
    equal("a pipe whose reader goes ends the batch", run("mkfifo pipe; head -c 1 pipe >/dev/null & "
          "timeout 60 ll-batch -b 16 -n 1 long -o pipe; echo $?")[1:], (b"141\n", []))
    put("empty", b"")
    equal("no records: no answers", run("ll-batch empty -o new.jsonl")[0], 0)
    os.unlink("new.jsonl")


def stages_of(parent, name):
    """The processes of this name that a batch started, in the order of the pipe."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                command, _, rest = file.read().rpartition(")")
        except OSError:
            continue
        if command.partition("(")[2] == name and int(rest.split()[1]) == parent and rest.split()[0] != "Z":
            found.append(int(entry))
    return sorted(found)


def stage_killed():
    """A stage that is killed ends the batch; what was answered stays, and the rest comes later."""
    put("in.jsonl", records(150, bad=False))
    os.unlink("whole.jsonl")
    run(f"ll-batch {SAMPLING} -n 60 in.jsonl -o whole.jsonl")
    for name in ("ll-forward", "ll-sample", "ll-tokenize"):
        if os.path.exists("out.jsonl"):
            os.unlink("out.jsonl")
        process = subprocess.Popen(["sh", "-c", f"exec ll-batch {SAMPLING} -n 60 in.jsonl -o out.jsonl"],
                                   stderr=subprocess.PIPE)
        end = time.monotonic() + LIMIT
        while time.monotonic() < end and process.poll() is None and not (
                os.path.exists("out.jsonl") and os.path.getsize("out.jsonl")):
            time.sleep(0.002)
        stages = stages_of(process.pid, name)
        if stages:
            os.kill(stages[-1], signal.SIGKILL)
        told = process.communicate(timeout=LIMIT)[1]
        status = process.returncode
        run(f"ll-batch {SAMPLING} -n 60 in.jsonl -o out.jsonl")
        test(f"{name} is killed", "" if stages and status in (65, 70) and told.count(b"\n") <= 2 and b"was killed" in told and
             sorted(get("out.jsonl").splitlines()) == sorted(get("whole.jsonl").splitlines()) else f"{stages} {status} {told}")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def abandoned():
    """The stages of a batch that is killed end with it, even one that is in the middle of a long step."""
    os.mkdir("own")
    shutil.copy(shutil.which("ll-batch"), "own/ll-batch")
    put("own/ll-forward", b"#!/bin/sh\necho $$ >own/pid.new && mv own/pid.new own/pid && exec sleep 600\n")
    os.chmod("own/ll-forward", 0o755)
    process = subprocess.Popen(["own/ll-batch", "in.jsonl"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + LIMIT
    while not os.path.exists("own/pid") and time.monotonic() < end:
        time.sleep(0.01)
    stage = int(get("own/pid"))
    process.kill()
    process.wait()
    while is_running(stage) and time.monotonic() < end:
        time.sleep(0.01)
    test("the stages of a batch that is killed end with it", "ll-forward goes on" if is_running(stage) else "")


def memory():
    measure = ("python3 -c 'import resource, subprocess, sys; subprocess.check_call(sys.argv[1:]);"
               " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' ")
    peaks = []
    for count in (300, 3000):
        put("in.jsonl", b"".join(b'{"id": %d, "prompt": "number %d"}\n' % (i, i) for i in range(count)))
        peaks.append(int(run(measure + "ll-batch -b 32 -n 2 --seed 1 -j 1 in.jsonl -o /dev/null", env=FRUGAL)[1]))
        equal(f"{count} records through -b 32", len(run("ll-batch -b 32 -n 2 --seed 1 in.jsonl")[1].splitlines()), count)
    test("ten times the records in the same memory", "" if peaks[1] < 1.25 * peaks[0] + 4096 else f"{peaks} KB")


def shared():
    system = "You are a careful classifier of short lines. " * 12
    put("in.jsonl", b"".join(json.dumps({"messages": [{"role": "user", "content": f"{i}"}]}).encode() + b"\n"
                             for i in range(60)))
    run(f"ll-batch -S '{system}' -n 1 --seed 1 -b 8 -v in.jsonl -o shared.jsonl 2>told")
    positions = int(re.search(rb"(\d+) positions evaluated", get("told"))[1])
    prompts = [json.loads(line)["prompt_tokens"] for line in get("shared.jsonl").splitlines()]
    most = min(prompts) + 20 * len(prompts)
    test("a shared system prompt is evaluated once", "" if positions <= most and len(prompts) == 60 else
         f"{positions} positions for {sum(prompts)} tokens of prompts; at most {most} wanted")


def watched(command, columns):
    """Its status, and the lines that it writes over each other on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(["sh", "-c", command], stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 4096)
        except OSError:
            data = b""
        if not data:
            break
        shown += data
    return process.wait(), shown.decode().strip().split("\r")


def terminal():
    put("in.jsonl", records(60, bad=False))
    if os.path.exists("out.jsonl"):
        os.unlink("out.jsonl")
    run(f"head -n 20 in.jsonl >few.jsonl; ll-batch {SAMPLING} few.jsonl -o out.jsonl")
    # ll-sample tells the terminal its seed only where it drew one.
    status, parts = watched(f"ll-batch {SAMPLING} -b 1 -n 400 in.jsonl -o out.jsonl", 80)
    test("progress on a terminal", "" if status == 0 and re.fullmatch(
        r"ll-batch: \d+ of 60 records", parts[0].strip()) and re.fullmatch(
        r"ll-batch: 60 of 60 records, [\d.]+/s, [\d.]+ tokens/s *", parts[-1]) else f"{status} {parts}")
    test("with the time that is left", "" if any(re.search(r", \d+:\d\d left", p) for p in parts) else str(parts))
    os.unlink("out.jsonl")
    _, parts = watched(f"ll-batch {SAMPLING} -b 1 -n 400 in.jsonl -o out.jsonl", 32)
    test("cut to a narrow one until the end", "" if len(parts) > 2 and max(map(len, parts[:-1])) == 31 < len(parts[-1]) else str(parts))
    test("and none elsewhere", "" if run(f"ll-batch {SAMPLING} few.jsonl")[2] == [] else "something is told")


def main():
    random.seed(1)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        as_the_pipe()
        again()
        killed()
        refusals()
        stage_killed()
        abandoned()
        memory()
        shared()
        terminal()
        os.chdir("/")
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
