"""All kinds of documents, and a mixture of them in given shares."""
from . import guard, manual, skill, story, tool
from .draw import Draw

KINDS = {
    "story": story.plain,
    "chat": story.chat,
    "skill": skill.skill,
    "manual": manual.manual,
    "tool": tool.tool,
    "guard": guard.guard,
}
SHARES = {"story": 20, "chat": 30, "skill": 25, "manual": 12, "tool": 8, "guard": 5}
BYTES_PER_TOKEN = 3.6  # of a vocabulary of 2,048 that was made of such text


def document(kind, seed, number, held=False):
    return KINDS[kind](Draw(f"{kind}/{seed}/{number}{'/held' if held else ''}"), held)


def documents(seed, shares=SHARES):
    """Endless; the kind that is furthest behind its share of the bytes is next."""
    kinds = [kind for kind in KINDS if shares.get(kind, 0) > 0]
    rate = {kind: 1 / shares[kind] for kind in kinds}
    behind = dict.fromkeys(kinds, 0.0)
    count = dict.fromkeys(kinds, 0)
    while True:
        kind = min(kinds, key=behind.get)
        doc = document(kind, seed, count[kind])
        behind[kind] += doc.size() * rate[kind]
        count[kind] += 1
        yield kind, doc
