"""A document: a text, or a conversation whose every answer can be checked.

The members of a record are those that ll-tokenize takes (ll-messages of the manual). Beside
them a document knows of each answer its label and, of a story, the world that it must tell of.
"""
import json

from .wide import framed

STARTS = frozenset("What Which How Who Where When Why Whose Write Tell Please Can Could Give Name Is Are Do Does I Spell "
    "Reverse Count Copy Repeat Explain Make Show Let Take Add Say Find".split())
FRAMED = 200  # bytes: what is longer is not put among other words
PER_CHAT = 110  # bytes: the system message that the chat format begins with
PER_MESSAGE = 12  # bytes: header and end of a message, special tokens counted as 4
TOOLS = 330  # bytes: what the chat format says of tools


class Answer:
    """What messages[at] of a conversation must be: the text `want`, or a story of `world`."""

    def __init__(self, at, label, want, world):
        self.at = at
        self.label = label
        self.want = want
        self.world = world


class Doc:
    def __init__(self, draw):
        self.draw = draw
        self.text = None
        self.world = None  # of a story that is a text
        self.head = 0  # how much of a text is its heading
        self.messages = []
        self.answers = []
        self.extra = {}  # tools, builtin_tools

    def user(self, text, typed=True):
        """What a user says; typed: by hand, so that now and then a capital or the last mark is missing."""
        if typed and self.draw.wide and len(text) < FRAMED and self.draw.chance(0.15):
            text = framed(self.draw, text, STARTS - {"I"})
        if typed and self.draw.chance(0.3 if self.draw.wide else 0.12):
            if text[-1] in ".?":
                text = text[:-1]
            if text.split(" ", 1)[0] in STARTS and self.draw.chance(0.6):
                text = text[0].lower() + text[1:]
        self.messages.append({"role": "user", "content": text})
        self.draw.answering = True

    def reply(self, text, label, world=None):
        self.answers.append(Answer(len(self.messages), label, text, world))
        self.messages.append({"role": "assistant", "content": text})
        self.draw.answering = False

    def go_on(self, other):
        """With the turns of another conversation."""
        for answer in other.answers:
            answer.at += len(self.messages)
        self.messages += other.messages
        self.answers += other.answers

    def system(self, text):
        self.messages.insert(0, {"role": "system", "content": text})
        for answer in self.answers:
            answer.at += 1

    def call(self, name, arguments, want, label):
        """A tool's call in the format's own form; `want` is the text that it is printed as."""
        self.answers.append(Answer(len(self.messages), label, want, None))
        call = {"type": "function", "function": {"name": name, "arguments": arguments}}
        self.messages.append({"role": "assistant", "tool_calls": [call]})
        self.draw.answering = False

    def tool(self, content):
        self.messages.append({"role": "ipython", "content": content})
        self.draw.answering = True

    def record(self):
        if self.text is not None:
            return {"text": self.text}
        return {"messages": self.messages, **self.extra}

    def line(self):
        return json.dumps(self.record(), ensure_ascii=False)

    def size(self):
        """Bytes of the prompt that this becomes, near enough to divide kinds by."""
        if self.text is not None:
            return len(self.text) + 8
        size = PER_CHAT
        for message in self.messages:
            size += PER_MESSAGE + len(message.get("content", ""))
            if "tool_calls" in message:
                size += len(str(message["tool_calls"])) - 60
        if "tools" in self.extra:
            size += TOOLS + len(json.dumps(self.extra["tools"], indent=4))
        return size
