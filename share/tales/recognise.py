"""Tells whether a text is a story: sentence by sentence as some plot has them, with one world.

A plot's beats are matched in their order, each by any of its ways; a slot that was filled once
must be filled alike ever after. Names and things may be any words. A story stops where its
plot does, so it has an end, and what was lost was found.
"""
import functools
import re

from .more_lists import ALL_AT, ALL_HELPERS
from .story import ALL_LISTS, PLOTS
from .words import KIN, a, cap

NAME = "[A-Z][a-z]+"
PLACE_AT = {at: place for place, at in ALL_AT.items()}
SLOT = re.compile(r"\{(\w+)\}")
OWNS = re.compile(r"\{(c|f)\}(?: has|'s|, who has| with| owns) \{(ao|o|n|ap|p|m)\}")


def any_of(words):
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def pattern(slot):
    if slot in ("c", "f"):
        return NAME
    if slot in ("n", "m"):
        return "[a-z]+"
    if slot == "h":
        return f"the [a-z]+|{NAME}"
    if slot == "H":
        return f"The [a-z]+|{NAME}"
    if slot in ("o", "p"):
        return f"(?:{any_of(ALL_LISTS['l'])}) [a-z]+"
    if slot in ("ao", "ap"):
        return f"an? (?:{any_of(ALL_LISTS['l'])}) [a-z]+"
    if slot == "at":
        return any_of(PLACE_AT)
    if slot == "an_animal":
        return any_of(map(a, ALL_LISTS["animal"]))
    if slot == "An_animal":
        return any_of(cap(a(animal)) for animal in ALL_LISTS["animal"])
    return any_of(ALL_LISTS[slot])


PARTS = {"o": ("l", "n"), "ao": ("l", "n"), "p": ("l2", "m"), "ap": ("l2", "m")}


def unmade(slot, value):
    """The slots that a drawn text tells of."""
    if slot in PARTS:
        look, thing = value.split(" ")[-2:]
        return zip(PARTS[slot], (look, thing))
    if slot == "at":
        return (("place", PLACE_AT[value]),)
    if slot == "H":
        return (("h", value if value in KIN or not value.startswith("The ") else "the " + value[4:]),)
    if slot == "an":
        return (("n", value.split(" ", 1)[1]),)
    if slot in ("an_animal", "An_animal"):
        return (("animal", value.split(" ")[1]),)
    return ((slot, value),)


class Way:
    """One way to tell a beat, or to head a story, as a regular expression."""

    def __init__(self, text, end="(?: |$)"):
        pieces = SLOT.split(text)
        self.slots = pieces[1::2]
        made = re.escape(pieces[0])
        for slot, behind in zip(self.slots, pieces[2::2]):
            made += f"({pattern(slot)}){re.escape(behind)}"
        self.match = re.compile(made + end).match


@functools.cache
def ways_of(plot):
    return [[Way(way) for way in beat] for beat in PLOTS[plot]["beats"]]


@functools.cache
def heads_of(plot):
    return [Way(way, "\n\n") for way in PLOTS[plot]["heads"]]


def people(world):
    return [world[slot] for slot in ("c", "f", "h") if slot in world]


def is_sound(world):
    """Different roles are different ones."""
    who = people(world) + [world[slot] for slot in ("k", "k2") if slot in world]
    if len(set(who)) < len(who) or any(world.get(slot) in KIN for slot in ("c", "f")):
        return False
    if world.get("h", "").startswith("the ") and world["h"] not in ALL_HELPERS:
        return False
    return world.get("n") != world.get("m") or "n" not in world


def is_written(slot, value):
    """The article, which the expression leaves open."""
    return slot not in ("ao", "ap") or value == a(value.split(" ", 1)[1])


def joined(world, way, found, one_world):
    world = dict(world)
    for slot, value in zip(way.slots, found.groups()):
        if not is_written(slot, value):
            return None
        for base, part in unmade(slot, value):
            if world.setdefault(base, part) != part and one_world:
                return None
    return world if is_sound(world) or not one_world else None


class Parse:
    """The deepest that the beats of any plot reach into a text; headed: that may have a heading."""

    def __init__(self, text, one_world=True, headed=False):
        self.text = text
        self.one_world = one_world
        self.reached = 0
        self.plot = self.world = None
        self.over = False  # a whole story, and more behind it
        for self.name in PLOTS:
            if self.go_on(ways_of(self.name), 0, 0, {}) or headed and self.under_heading():
                break

    def under_heading(self):
        for way in heads_of(self.name):
            found = way.match(self.text)
            world = found and joined({}, way, found, self.one_world)
            if world is not None and self.go_on(ways_of(self.name), 0, found.end(), world):
                return True
        return False

    def go_on(self, beats, done, at, world):
        if at > self.reached:
            self.reached = at
        if done == len(beats):
            if at >= len(self.text):
                self.plot, self.world = self.name, world
                return True
            self.over = True
            return False
        for way in beats[done]:
            found = way.match(self.text, at)
            if found:
                grown = joined(world, way, found, self.one_world)
                if grown is not None and self.go_on(beats, done + 1, found.end(), grown):
                    return True
        return False


def owner(plot, world, thing):
    if thing == world.get("n"):
        return world["f" if plot in ("share", "sorry") else "c"]
    return world.get("f")


def misses(plot, world, wanted, template):
    """What of a request a story does not have; wanted: slots as they were asked for."""
    asked = {}
    for slot, value in wanted.items():
        asked.update(unmade(slot, value))
    fixed = "help" in template or any(slot in asked for slot in ("animal", "fear", "dish", "skill", "m"))
    things = [(world.get("l"), world.get("n")), (world.get("l2"), world.get("m"))]
    for slot, value in asked.items():
        if slot in ("c", "f", "h"):
            if value not in people(world) or fixed and world.get(slot) != value:
                return f"request: {value} is not who was asked for"
        elif slot in ("n", "m"):
            if value not in (world.get("n"), world.get("m")):
                return f"request: there is no {value}"
            look = asked.get("l" if slot == "n" else "l2")
            if look is not None and (look, value) not in things:
                return f"request: the {value} is not {look}"
        elif slot not in ("l", "l2") and world.get(slot) != value:
            return f"request: {value} is not {slot} of the story"
    for who, what in OWNS.findall(template):
        thing = asked["n" if what in ("ao", "o", "n") else "m"]
        if owner(plot, world, thing) != asked[who]:
            return f"request: the {thing} is not that of {asked[who]}"
    return None


def refused(text, wanted=None, template="", headed=False):
    """Why a text is no story, or not the one that was asked for; None if it is."""
    text = text.strip()
    if not text:
        return "nothing: the text is empty"
    parse = Parse(text, headed=headed)
    if parse.plot is not None:
        return misses(parse.plot, parse.world, wanted or {}, template)
    if Parse(text, one_world=False, headed=headed).plot is not None:
        return "world: people or things change" + at_word(text, parse.reached)
    if parse.over and parse.reached < len(text):
        return "end: the story has one, and goes on" + at_word(text, parse.reached)
    if parse.reached >= len(text):
        return "end: there is none"
    return "grammar: no such sentence" + at_word(text, parse.reached)


def at_word(text, at):
    return f" at \"{text[at:at + 40]}\""
