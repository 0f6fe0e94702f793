"""A document: a text, or a conversation whose every answer can be checked.

The members of a record are those that ll-tokenize takes (ll-messages of the manual). Beside
them a document knows of each answer its label and, of a story, the world that it must tell of.
"""
import json

from .frames import framed_free
from .wide import framed

STARTS = frozenset("What Which How Who Where When Why Whose Write Tell Please Can Could Give Name Is Are Do Does I Spell "
    "Reverse Count Copy Repeat Explain Make Show Let Take Add Say Find".split())
# More of them, for free draws; none of them is a name.
FREE_STARTS = STARTS | frozenset("Hey Hi Hello Now And Ok Okay So Good Well Dear Quick Next One My Our We You In On At For From With Without If When "
    "While Before After The This That These Those It It's There Here Once Let's What's Who's Where's How's Whom Should Would Was Were Did Has "
    "Have Had Must Shall Come Think Use Get Set Turn Look Search Buy Phone Ring Play Wake Send Put Change Switch Check Start Begin Go Read Create "
    "Invent Share Compose Imagine Describe Draw Some Any Another No Not Only Just Try Work Solve Calculate Compute Subtract Sum Order List Pick "
    "Choose Someone Somebody Everyone Nobody Don't Never Of To By As Between Speak Type Print Guess Answer Thanks Thank Help Sorry Excuse Oh "
    "I'm I'd I've I'll Alright Maybe Perhaps Story Weather Price Time Backwards Google Keep Bring Fetch Call Starting Given Suppose".split())
I_WORDS = frozenset("I I'm I'd I've I'll".split())
FRAMED = 200  # bytes: what is longer is not put among other words
PER_CHAT = 110  # bytes: the system message that the chat format begins with
PER_MESSAGE = 12  # bytes: header and end of a message, special tokens counted as 4
TOOLS = 330  # bytes: what the chat format says of tools


def typed_by_hand(draw, text):
    """With words around it if the draw is wide; now and then the last mark is missing, and a capital."""
    if draw.wide and not draw.free and len(text) < FRAMED and draw.chance(0.15):
        text = framed(draw, text, STARTS - {"I"})
    if draw.chance(0.3 if draw.wide else 0.12):
        if text[-1] in ".?":
            text = text[:-1]
        if text.split(" ", 1)[0] in STARTS and draw.chance(0.6):
            text = text[0].lower() + text[1:]
    return text


def typed_free(draw, text):
    """With more words around it; some are typed without a thought of marks and capitals, or begin loud."""
    text = text.strip()
    if len(text) < FRAMED and text[-1] != "!" and draw.chance(0.2):
        small = text[0].lower() + text[1:] if text.split(" ", 1)[0] in FREE_STARTS - I_WORDS else text
        text = framed_free(draw, text, small)
    first = text.split(" ", 1)[0]
    how = draw.weighted(((4, "bare"), (1, "loud"), (35, "well")))
    if how == "well":
        return typed_by_hand(draw, text).rstrip()
    if how == "loud":
        return first.upper() + text[len(first):] if first in STARTS else text
    if first.rstrip(",!.:") in FREE_STARTS and "\n" not in text:
        text = text[0].lower() + text[1:]
    return text.rstrip(".?! ") or text


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
        if typed:
            text = typed_free(self.draw, text) if self.draw.free else typed_by_hand(self.draw, text)
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
