"""Pipelines under a supervisor: each stage's status and messages, and faults at a moment.

    pipe = Pipe(["ll-tokenize -l", "ll-forward", "ll-sample --seed 1"], source=b"one\\n")
    pipe.kill(1)
    pipe.wait()
    problems = pipe.told_once() + pipe.left_nothing()

As a program it runs one pipeline and says what each stage ended with:

    pipes.py [--limit SECONDS] [--stdin FILE] STAGE...      (a stage is one argument)

A line for each stage: its status, negative for a signal, "hung" if it had to be ended; then
what was said on standard error.
"""
import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

# A pipe that hangs is found out after this long; one that works needs a moment. Generous, for
# a machine that does other things too.
LIMIT = 20


class Pipe:
    def __init__(self, stages, source=None, output=subprocess.DEVNULL, **options):
        """source: bytes written into the first stage, a file, or None: held open and empty."""
        self.directory = tempfile.TemporaryDirectory()
        self.names = [shlex.split(stage)[0] for stage in stages]
        self.errors = [os.path.join(self.directory.name, str(i)) for i in range(len(stages))]
        self.processes = []
        self.hung = set()
        self.feeding = None
        self.held = None
        self.start(stages, source, output, options)

    def start(self, stages, source, output, options):
        reader = source if hasattr(source, "fileno") else None
        for i, stage in enumerate(stages):
            last = i == len(stages) - 1
            process = subprocess.Popen(
                shlex.split(stage), stdin=reader or subprocess.PIPE,
                stdout=output if last else subprocess.PIPE, stderr=open(self.errors[i], "wb"),
                start_new_session=True, **options)
            if i > 0:
                reader.close()
            elif reader is None:
                self.held = process.stdin
            reader = process.stdout
            self.processes.append(process)
        if isinstance(source, bytes):
            self.feeding = threading.Thread(target=self.feed, args=(source,), daemon=True)
            self.feeding.start()

    def feed(self, source):
        try:
            self.held.write(source)
            self.held.close()
        except OSError:
            pass

    def kill(self, stage, number=signal.SIGKILL):
        try:
            self.processes[stage].send_signal(number)
        except ProcessLookupError:
            pass

    def wait(self, limit=LIMIT):
        """Waits for all; what still runs after the limit is hung, and ended."""
        end = time.monotonic() + limit
        for i, process in enumerate(self.processes):
            try:
                process.wait(max(0.05, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.hung.add(i)
        for i in self.hung:
            self.processes[i].kill()
            self.processes[i].wait()
        if self.held and not self.feeding:
            self.held.close()
        return self

    def status(self, stage):
        return "hung" if stage in self.hung else self.processes[stage].returncode

    def statuses(self):
        return [self.status(i) for i in range(len(self.processes))]

    def told(self):
        """What all stages said on standard error, in the order of the pipe."""
        lines = []
        for path in self.errors:
            with open(path, "rb") as file:
                lines += file.read().decode(errors="replace").splitlines()
        return lines

    def describe(self):
        return [f"{self.names[i]}: {self.status(i)}" for i in range(len(self.names))] + self.told()

    def problems(self, last=None, lines=None):
        """Hung stages, crashes, orphans; the last stage's status, the number of lines told."""
        found = [f"{self.names[i]} hung" for i in sorted(self.hung)]
        found += [f"{name} ended by signal {-status}" for name, status in
                  zip(self.names, self.statuses())
                  if status != "hung" and status < 0 and -status in CRASHES]
        found += [f"{name} ended with {status}" for name, status in
                  zip(self.names, self.statuses()) if status in (70, 99)]
        found += [f"orphan {name}" for name in self.orphans()]
        if last is not None and self.status(-1 % len(self.names)) not in as_set(last):
            found.append(f"the last stage ended with {self.status(-1 % len(self.names))}, not {last}")
        if lines is not None and len(self.told()) not in as_set(lines):
            found.append(f"{len(self.told())} lines on standard error, not {lines}")
        return found + self.describe() if found else []

    def started(self):
        """Processes that stages started, as (pid, name): each stage has a session of its own."""
        sessions = {process.pid for process in self.processes}
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
            try:
                with open(f"/proc/{entry}/stat") as file:
                    name, _, rest = file.read().rpartition(")")
            except OSError:
                continue
            state, session = rest.split()[0], int(rest.split()[3])
            if session in sessions and int(entry) != session and state != "Z":
                found.append((int(entry), name.partition("(")[2]))
        return found

    def find(self, name):
        """The process of this name that a stage starts, once it is there."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            for pid, found in self.started():
                if found == name:
                    return pid
        raise LookupError(f"no {name} was started")

    def orphans(self, limit=LIMIT):
        """Those that are still there when their parents have ended, and do not end soon."""
        end = time.monotonic() + limit
        while self.started() and time.monotonic() < end:
            time.sleep(0.01)
        return [name for _, name in self.started()]


CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL,
           signal.SIGSYS, signal.SIGTRAP}


def as_set(values):
    return values if isinstance(values, (set, range, tuple)) else {values}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--stdin", default=os.devnull)
    parser.add_argument("stages", nargs="+")
    given = parser.parse_args()
    with open(given.stdin, "rb") as source:
        pipe = Pipe(given.stages, source, output=None)
        pipe.wait(given.limit)
    print("\n".join(pipe.describe()), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
