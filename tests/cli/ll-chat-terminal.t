#!/usr/bin/env python3
"""ll-chat at a terminal: lines, commands, what is evaluated, what is kept.

A pseudo-terminal types. ll-chat runs from a folder of its own, where ll-forward is a shim that
keeps what was sent to it, so that the tests see which tokens went through the pipe.
"""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.environ["TESTS"])
from tap import report

LIMIT = 30
results = []
BIN = os.path.dirname(shutil.which("ll-chat"))


def check(name, *problems):
    results.append((name, [problem for problem in problems if problem]))


def same(name, got, wanted):
    check(name, got != wanted and f"wanted {wanted!r}\ngot {got!r}")


def has(name, text, *wanted):
    check(name, *[f"no {part!r} in {text!r}" for part in wanted if part not in text])


class Terminal:
    """ll-chat with a terminal of its own. Its prompt is what ends every answer."""

    def __init__(self, folder, *options, **environment):
        self.folder = folder
        self.sent = os.path.join(folder, "sent")
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 2000, 0, 0))

        def own():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        environment = dict(os.environ, HOME=folder, TERM="dumb", PATH=BIN + ":" + os.environ["PATH"],
                           **environment)
        environment.pop("XDG_STATE_HOME", None)
        self.process = subprocess.Popen([os.path.join(folder, "bin/ll-chat"), "-j", "1", *options], stdin=slave,
                                        stdout=slave, stderr=slave, preexec_fn=own, cwd=folder,
                                        env=environment)
        os.close(slave)
        self.greeting = self.until("> ")

    def until(self, end):
        """What is shown up to a prompt, as plain lines."""
        text, last = "", time.monotonic() + LIMIT
        while not text.endswith("\n" + end) and text != end:
            left = last - time.monotonic()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise TimeoutError(f"no {end!r}: {text!r}")
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            if not data:
                return text
            text += data.decode(errors="replace")
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "").replace("\a", "")
        return text[:-len(end)]

    def type(self, text, end="> "):
        """What is shown between a line and the next prompt."""
        os.write(self.master, text.encode() + b"\n")
        while True:
            lines = self.until(end).rstrip("\n").split("\n")
            if "\x1b" in text or "\x16" in text:
                return "\n".join(lines[1:])
            # The prompt of a line before may still come, by itself or in one with this line's.
            for i, line in enumerate(lines):
                if line.endswith(text):
                    return "\n".join(lines[i + 1:])

    def key(self, byte):
        os.write(self.master, byte)

    def end(self):
        os.write(self.master, b"\x04")
        rest = self.until("\0never")
        os.close(self.master)
        return self.process.wait(LIMIT), rest

    def turns(self):
        """(position, number of tokens) of each turn that was sent."""
        text = subprocess.run(["ll-cat", "-t", "--type", "tokens", "--full", self.sent], capture_output=True,
                              text=True, check=True).stdout
        found = re.findall(r"^(\d+) +(\d+) TOKENS +prompt last more(?: epoch \d+)?((?: \d+)*)", text, re.M)
        return [(int(position), len(ids.split())) for _, position, ids in found]


def make_folder():
    folder = tempfile.mkdtemp(prefix="ll-chat")
    os.mkdir(os.path.join(folder, "bin"))
    shutil.copy(shutil.which("ll-chat"), os.path.join(folder, "bin/ll-chat"))
    shim = os.path.join(folder, "bin/ll-forward")
    with open(shim, "w") as f:
        f.write(f'#!/bin/sh\ntee {folder}/sent | {BIN}/ll-forward "$@"\n')
    os.chmod(shim, 0o755)
    return folder


def read(*path):
    with open(os.path.join(*path)) as f:
        return f.read()


GREEDY = ("-t", "0", "-n", "6")


def commands(folder):
    chat = Terminal(folder, *GREEDY)
    has("the greeting", chat.greeting, "random.gguf, context 1024. /help lists the commands")
    first = chat.type("one two")
    check("a message is answered", not first.strip() and "nothing")
    second = chat.type("three")
    chat.type("/undo")
    same("/undo: the same message is answered in the same way", chat.type("three"), second)
    same("/retry at temperature 0 too", chat.type("/retry"), second)
    has("/tokens", chat.type("/tokens"), "answer of 6 tokens: one two", "of 1024 tokens")
    has("/stats", chat.type("/stats"), "last answer", "a second", "context")
    same("an unknown command is not sent", chat.type("/nonsense x"),
         "/nonsense: no such command: not sent. /help lists them; // begins a message with a slash.")
    same("nor a known one with too much", chat.type("/undo this"), "/undo takes nothing behind it.")
    same("nor with too little", chat.type("/save"), "/save needs a FILE.")
    has("/help", chat.type("/help"), "/system [TEXT]", "Ctrl-D")
    same("/reset", chat.type("/reset"), "A new conversation.")
    same("begins anew", chat.type("one two"), first)
    chat.type("/undo")
    same("nothing to take back", chat.type("/undo"), "There is nothing to take back.")
    same("nothing to retry", chat.type("/retry"), "There is no message to answer.")
    has("a control character of a name is harmless", chat.type("/load \x16\x1b[2J"), "?[2J: No such file")
    same("Ctrl-D ends with 0", chat.end()[0], 0)
    turns = chat.turns()
    position, length = turns[1]
    same("a turn sends what is new, behind what is held", position, turns[0][1] + 6 - 1)
    # The last token of the first answer was evaluated with the second message.
    same("/undo evaluates nothing of what is left", turns[2], (position + 1, length - 1))
    same("/retry evaluates one token", turns[3], (position + length - 1, 1))
    same("/reset shares what is the same", turns[4][0] + turns[4][1], turns[0][1])
    same("only messages were sent", len(turns), 5)


def many_lines(folder):
    chat = Terminal(folder, *GREEDY)
    os.write(chat.master, b'a \\\n')
    chat.until(". ")
    chat.type("b")
    for line in ('"""', "/reset", "", "c\\"):
        os.write(chat.master, line.encode() + b"\n")
        chat.until(". ")
    chat.type('"""')
    for line in ("```c", "int x;"):
        os.write(chat.master, line.encode() + b"\n")
        chat.until(". ")
    chat.type("```")
    chat.type("//etc/fstab")
    chat.type("/save lines.yaml")
    chat.end()
    text = read(folder, "lines.yaml")
    has("lines behind a backslash", text, "content: |-\n    a \n    b\n")
    has('lines between """, where nothing is a command', text, 'content: |-\n    /reset\n\n    c\\\n')
    has("lines between ```, which are part of it", text, "content: |-\n    ```c\n    int x;\n    ```\n")
    has("// sends one slash", text, 'content: /etc/fstab\n')


def ids_of(text):
    return subprocess.run(["ll-tokenize", "--no-bos", "--ids", "-p", text], capture_output=True, text=True,
                          check=True).stdout.split()


def cut_token(folder):
    """A stop string begins within a token: what is shown of that is what the next turn has before it."""
    same("a token of several letters", len(ids_of("the")), 1)
    for stop, shown in ("he", "t"), ("e", "th"):
        chat = Terminal(folder, *GREEDY, "--logit-bias-text", "the=1000", "--stop", stop)
        same(f"before {stop} it is shown", chat.type("one two"), shown)
        has("and that is the answer", chat.type("/tokens"), f"answer of {len(ids_of(shown))} tokens")
        chat.type("/save part.yaml")
        same("whose ids spell it", chat.type("/load part.yaml").count("\n"), 0)
        chat.type("/reset")
        chat.type("one two")
        chat.type("three")
        chat.end()
        begin, _ = chat.turns()[-1]
        same("the caches hold what came before", begin, sum(chat.turns()[-2]))
        sent = subprocess.run(["ll-cat", "-t", "--type", "tokens", "--full", chat.sent], capture_output=True,
                              text=True, check=True).stdout
        ids = re.findall(r"TOKENS .* epoch \d+ (.*)", sent)[-1].split()
        same("and the next turn begins with what was shown", ids[:len(ids_of(shown))], ids_of(shown))


def saved(folder):
    chat = Terminal(folder, *GREEDY, "-S", "Be brief.")
    chat.type("one two")
    chat.type("/save ~/c.yaml")
    third = chat.type("and three")
    chat.end()
    turns = chat.turns()
    chat = Terminal(folder, *GREEDY)
    same("/load", chat.type("/load c.yaml"), f"Loaded: 1 message, {sum(turns[0]) + 6} tokens.")
    same("a loaded conversation goes on as the other did", chat.type("and three"), third)
    same("its system message came with it", chat.type("/system"), "Be brief.")
    chat.end()
    same("its ids are those that were generated", sum(chat.turns()[0]), sum(turns[1]))
    chat = Terminal(folder, *GREEDY, "--logit-bias-text", "e=1000", "--stop", "ee")
    chat.type("one two")
    chat.type("/save cut.yaml")
    told = chat.type("/tokens")
    has("a stop string is no part of what was said", told, "answer of 0 tokens")
    same("nor of what is loaded", (chat.type("/load cut.yaml").count("\n"), chat.type("/tokens")), (0, told))
    chat.type("and three")
    chat.end()
    same("nor evaluated again", chat.turns()[1][0], chat.turns()[0][1])

    cut_token(folder)
    text = read(folder, "c.yaml")
    with open(os.path.join(folder, "edited.yaml"), "w") as f:
        f.write(re.sub(r"(role: assistant\n  content: ).*", r"\1edited", text))
    for name, content in (("notours", "precious\n"), ("alias.yaml", "messages: &a [*a]\n"),
                          ("order.yaml", "messages:\n- {role: assistant, content: x}\n"),
                          ("last.yaml", "messages:\n- {role: user, content: x}\n"),
                          ("ids.yaml", re.sub(r'ids: ".*"', 'ids: "99999999999"', text)),
                          ("key.yaml", "message: []\n")):
        with open(os.path.join(folder, name), "w") as f:
            f.write(content)
    with open(os.path.join(folder, "long.yaml"), "w") as f:
        f.write("messages:\n" + "- {role: user, content: what is it now}\n- {role: assistant, content: it}\n" * 6000)
    os.chmod(os.path.join(folder, "edited.yaml"), 0o600)
    os.symlink("edited.yaml", os.path.join(folder, "link.yaml"))
    chat = Terminal(folder, *GREEDY)
    has("a long conversation takes no longer than its length", chat.type("/load long.yaml"), "Loaded: 6000 messages")
    has("an edited answer is tokenized", chat.type("/load edited.yaml"), "1 answer was without ids of this text")
    has("/save through a link", chat.type("/save link.yaml"), "Saved: 1 message")
    same("the link is one still", os.readlink(os.path.join(folder, "link.yaml")), "edited.yaml")
    same("who may read the file does not change", os.stat(os.path.join(folder, "edited.yaml")).st_mode & 0o777, 0o600)
    for name, told in (("none.yaml", "No such file"), ("alias.yaml", "alias.yaml:1: anchors are not supported"),
                       ("order.yaml", "order.yaml:2: role: is not system, then user and assistant in turn"),
                       ("last.yaml", "the last message has no answer"),
                       ("ids.yaml", "ids: is not a list of ids of the vocabulary"),
                       ("key.yaml", "no conversation"), (".", "not loaded")):
        has(f"/load {name} is refused", chat.type("/load " + name), told, "not loaded")
    has("and the conversation is as it was", chat.type("/tokens"), "   1  answer of")
    has("/save overwrites nothing else", chat.type("/save notours"), "not saved")
    same("it is as it was", read(folder, "notours"), "precious\n")
    os.mkfifo(os.path.join(folder, "pipe"))
    has("/save waits for no reader of a pipe", chat.type("/save pipe"), "not saved")
    has("/save where it cannot", chat.type("/save none/x.yaml"), "No such file or directory: not saved")
    chat.end()


def context(folder):
    chat = Terminal(folder, "-t", "0", "-c", "64")
    full = chat.type("one")
    has("an answer stops before the context is full", full, "[The context of 64 tokens is full", "/undo", "/reset")
    has("a message without room is not sent", chat.type("two"), "no room for an answer: not sent", "/undo")
    chat.type("/system " + "x" * 40)
    has("nor is /retry", chat.type("/retry"), "no room for another: not sent", "/undo")
    check("which keeps the answer", "answer of 0 tokens" in chat.type("/tokens") and "it is gone")
    chat.type("/system -")
    chat.type("/undo")
    has("/undo makes room", chat.type("one"), "[The context of 64 tokens is full")
    same("that is no failure", chat.end()[0], 0)
    # Printable bytes are the first tokens, in their order; merges hold letters.
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    chat = Terminal(folder, "-t", "0", *(f"--banned-string={letter}" for letter in letters),
                    *(f"--logit-bias={i}=-inf" for i in [*range(256), *range(480, 512)] if chr(i + 33) not in letters))
    answer = chat.type("one")
    has("an answer of which no token is left says so", answer, "ll-sample: sequence 0, position", "no token is left")
    check("and not that the context is full", "context" in answer and answer)
    has("and the conversation goes on", chat.type("two"), "ll-sample: sequence 1, position", "no token is left")
    same("nor is that a failure", chat.end()[0], 0)
    chat = Terminal(folder, "-t", "0", "-n", "1", "-c", "128")
    has("it is said before", "\n".join(chat.type("one two three four five") for _ in range(5)), "of the 128 tokens of the context are",
        "/undo takes back")
    chat.end()


def holes(folder):
    """A vocabulary that has no token for a byte."""
    with open(os.environ["LL_MODEL"], "rb") as f:
        model = f.read()
    path = os.path.join(folder, "hole.gguf")
    token = struct.pack("<Q", 2) + "ð".encode()  # which stands for 0xf0
    with open(path, "wb") as f:
        f.write(model.replace(token, token[:8] + b"~~", 1))
    chat = Terminal(folder, *GREEDY, "-m", path)
    chat.type("one two")
    has("a message that has no tokens is not sent", chat.type("🦙"), "byte 0xf0 cannot be expressed", "not sent")
    has("nor is it a system message", chat.type("/system 🦙"), "byte 0xf0 cannot be expressed", "not set")
    same("there is none", chat.type("/system"), "There is no system message.")
    chat.type("/reset")
    has("also where no message is", chat.type("/system 🦙"), "not set")
    same("the conversation goes on", chat.end()[0], 0)


def interrupts(folder):
    chat = Terminal(folder, "-t", "0")
    whole, cut = 900, []
    # On a machine that does other things an answer may be over before it is stopped.
    for _ in range(5):
        os.write(chat.master, b"C\n")
        shown = b""
        while shown.find(b"\n") in (-1, len(shown) - 1):
            shown += os.read(chat.master, 100)
        # Where the next prompt was read already, nothing has to come.
        if not shown.endswith(b"> "):
            chat.key(b"\x03")
            chat.until("> ")
        cut.append(int(re.search(r"answer of (\d+) tokens: C", chat.type("/tokens"))[1]))
        if cut[-1] < whole:
            break
        chat.type("/undo")
    check("Ctrl-C stops an answer and keeps the conversation", cut[-1] >= whole and f"{cut} tokens")
    os.write(chat.master, b"half")
    time.sleep(0.2)
    chat.key(b"\x03")
    chat.until("> ")
    os.write(chat.master, b"a \\\n")
    chat.until(". ")
    chat.key(b"\x03")
    chat.until("> ")
    has("at the prompt it throws the message away", chat.type("/tokens"), "   1  answer of")
    check("nothing more was sent", "   2" in chat.type("/tokens") and "a second exchange")
    pid = chat.process.pid
    os.kill(pid, signal.SIGWINCH)
    has("a signal in between is none", chat.type("/tokens"), "   1  answer of")
    # What a shell does that stops it and lets it go on.
    mode = termios.tcgetattr(chat.master)
    mode[3] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(chat.master, termios.TCSANOW, mode)
    os.kill(pid, signal.SIGCONT)
    last = time.monotonic() + LIMIT
    while termios.tcgetattr(chat.master)[3] & (termios.ICANON | termios.ECHO) and time.monotonic() < last:
        time.sleep(0.01)
    check("lines are edited again after a stop", time.monotonic() >= last and "the terminal stays as it was")
    same("Ctrl-D ends it", chat.end()[0], 0)


def history(folder):
    path = os.path.join(folder, ".local/state/ll/history")
    check("the history is the user's alone", not os.path.exists(path) and "there is none",
          stat.S_IMODE(os.stat(path).st_mode) != 0o600 and "its mode is not 0600")
    with open(path, "w") as f:
        f.write("".join(f"line {i}\n" for i in range(3000)))
    chat = Terminal(folder, *GREEDY)
    chat.type("/tokens")
    shown = chat.type("\x1b[A\x1b[A")
    chat.type("/save up.yaml")
    chat.end()
    has("the arrow goes up into the last conversation's lines", read(folder, "up.yaml"), "line 2999")
    lines = read(path).splitlines()
    same("it is shortened", (len(lines) < 1100, lines[-1]), (True, "/save up.yaml"))
    same("and stays the user's alone", stat.S_IMODE(os.stat(path).st_mode), 0o600)
    chat = Terminal(folder, *GREEDY, "--no-history")
    chat.type("/tokens")
    chat.end()
    same("--no-history keeps nothing", read(path).splitlines(), lines)
    shutil.rmtree(os.path.join(folder, ".local"))
    with open(os.path.join(folder, ".local"), "w"):
        pass
    chat = Terminal(folder, *GREEDY)
    has("without its file a conversation goes on", chat.greeting, "no history", "/help")
    chat.end()
    os.unlink(os.path.join(folder, ".local"))
    os.makedirs(os.path.dirname(path))
    os.mkfifo(path)
    chat = Terminal(folder, *GREEDY)
    has("a pipe in its place is not waited for", chat.greeting, "history: is not a regular file: no history", "/help")
    chat.end()
    chat = Terminal(folder, *GREEDY)
    chat.type("ä🦙é")
    chat.type("/save u.yaml")
    chat.end()
    has("UTF-8 is typed as such", read(folder, "u.yaml"), "ä🦙é")
    chat = Terminal(folder, *GREEDY)
    chat.type("🦙" * 20)
    has("and shown in whole characters", chat.type("/tokens"), ": " + "🦙" * 12 + " ...")
    chat.end()


def main():
    folder = make_folder()
    try:
        for test in (commands, many_lines, saved, context, holes, interrupts, history):
            try:
                test(folder)
            except (TimeoutError, OSError, IndexError, subprocess.SubprocessError) as e:
                results.append((test.__name__, [repr(e)]))
    finally:
        shutil.rmtree(folder)
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
