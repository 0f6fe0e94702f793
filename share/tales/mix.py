"""All kinds of documents, and a mixture of them in given shares."""
from . import drill, guard, manual, skill, story, tool
from .draw import Draw

KINDS = {
    "story": story.plain,
    "chat": story.chat,
    "skill": skill.skill,
    "manual": manual.manual,
    "tool": tool.tool,
    "guard": guard.guard,
    "drill": drill.drill,
}
ASKED = tuple(kind for kind in KINDS if kind != "drill")  # whose answers can be checked
SHARES = {"story": 17, "chat": 26, "skill": 25, "manual": 10, "tool": 8, "guard": 4, "drill": 10}
# Of a vocabulary of 2,048 that was made of such text, the chat format's part counted.
BYTES_PER_TOKEN = {"story": 3.9, "chat": 3.6, "skill": 3.0, "manual": 3.2, "tool": 3.6, "guard": 4.3, "drill": 3.1}


def document(kind, seed, number, held=False):
    return KINDS[kind](Draw(f"{kind}/{seed}/{number}{'/held' if held else ''}"), held)


def documents(seed, shares=SHARES):
    """Endless (kind, document, tokens); the kind that is furthest behind its share is next."""
    kinds = [kind for kind in KINDS if shares.get(kind, 0) > 0]
    rate = {kind: 1 / shares[kind] for kind in kinds}
    behind = dict.fromkeys(kinds, 0.0)
    count = dict.fromkeys(kinds, 0)
    while True:
        kind = min(kinds, key=behind.get)
        doc = document(kind, seed, count[kind])
        tokens = doc.size() / BYTES_PER_TOKEN[kind]
        behind[kind] += tokens * rate[kind]
        count[kind] += 1
        yield kind, doc, tokens
