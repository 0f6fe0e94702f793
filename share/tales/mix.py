"""All kinds of documents, and a mixture of them in given shares."""
from . import drill, guard, manual, skill, story, tool
from .draw import Draw
from .words import NAMES

KINDS = {
    "story": story.plain,
    "chat": story.chat,
    "skill": skill.skill,
    "manual": manual.manual,
    "tool": tool.tool,
    "guard": guard.guard,
    "drill": drill.drill,
    "recall": skill.recalls,
}
ASKED = tuple(kind for kind in KINDS if kind not in ("drill", "recall"))  # those of a test; recall is a part of skill
SHARES = {"story": 15, "chat": 27, "skill": 24, "manual": 13, "tool": 7, "guard": 7, "drill": 7}
# Of a vocabulary of 2,048 that was made of such text, the chat format's part counted.
BYTES_PER_TOKEN = {"story": 3.9, "chat": 3.6, "skill": 3.0, "manual": 3.2, "tool": 3.6, "guard": 4.3, "drill": 3.1, "recall": 3.0}


TALKS = ("chat", "skill", "manual")  # of which one conversation may have several
SORTS = ("wide", "free", "held")  # of documents that are not as the first training has them
LARGEST = 1200  # bytes: what is longer does not go on with another kind
SYSTEM = (
    "You are a helpful assistant.", "You are kind.", "Be brief.", "You are a small model.", "Help the user.", "You tell stories.",
    "You know ll.", "Answer in one sentence.", "Be polite.", "Your name is {name}.", "You talk with {name}.",
)


def one(kind, draw, held):
    doc = KINDS[kind](draw, held)
    for answer in doc.answers:
        answer.label = f"{kind}-{answer.label}"
    return doc


def document(kind, seed, number, sort=""):
    """Those held out are of one kind, with no system message of their own."""
    held = sort == "held"
    draw = Draw(f"{kind}/{seed}/{number}{sort and '/' + sort}", wide=sort == "wide", free=sort == "free")
    doc = one(kind, draw, held)
    if held or kind not in TALKS:
        return doc
    if doc.size() < LARGEST / 2 and draw.chance(0.15):
        other = one(draw.pick([each for each in TALKS if each != kind]), draw, held)
        if other.size() < LARGEST - doc.size():
            doc.go_on(other)
    if draw.chance(0.08):
        doc.system(draw.pick(SYSTEM).format(name=draw.pick(NAMES)))
    return doc


def documents(seed, shares=SHARES, sort=""):
    """Endless (kind, document, tokens); the kind that is furthest behind its share is next."""
    kinds = [kind for kind in KINDS if shares.get(kind, 0) > 0]
    rate = {kind: 1 / shares[kind] for kind in kinds}
    behind = dict.fromkeys(kinds, 0.0)
    count = dict.fromkeys(kinds, 0)
    while True:
        kind = min(kinds, key=behind.get)
        doc = document(kind, seed, count[kind], sort)
        tokens = doc.size() / BYTES_PER_TOKEN[kind]
        behind[kind] += tokens * rate[kind]
        count[kind] += 1
        yield kind, doc, tokens
