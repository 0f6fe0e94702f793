"""Stories: a world of slots, told by the beats of a plot, and questions about it."""
from . import beats, plots
from .doc import Doc
from .more_lists import ALL_AT, ALL_HELPERS, MORE_LISTS
from .ways_story import OF_PLOT
from .wide import likeness, reworded, wider
from .words import ANIMALS, HELPERS, KIN, LOOKS, PLACES, Cast, a, cap

PLOTS = {**beats.PLOTS, **plots.PLOTS}
PLOT_NAMES = tuple(PLOTS)
NEEDS_THING = frozenset(name for name, plot in PLOTS.items() if any("{n}" in way for beat in plot["beats"] for way in beat))
KINDS = "kind happy brave quiet little funny clever gentle".split()

ANY = ("Tell me a story.", "Write a story.", "Write a short story.", "Please tell me a story.", "Make up a story.")

# A request that begins with one of these may as well begin with any of the others.
PLAIN_OPENERS = ("Write a story about ", "Tell me a story about ", "Please write about ", "Write about ")
OPENERS = PLAIN_OPENERS + (
    "Write a short story about ", "Please write a story about ", "Can you tell me a story about ", "I want a story about ",
    "I would like a story about ", "Write me a story about ", "Give me a short story about ", "Please tell me a story about ",
    "Could you write a story about ", "Tell a story about ", "Let me hear a story about ", "Think of a story about ",
    "Write a little story with ", "Now a story about ", "How about a story with ", "Story about ", "A story about ",
    "Tell us a story of ", "Do you know a story about ", "Write a tale about ", "Come up with a story about ",
)

# Slots that are one of a list.
LISTS = {
    "l": tuple(LOOKS),
    "l2": tuple(LOOKS),
    "place": tuple(place for place, _ in PLACES),
    "k": tuple(KIN),
    "k2": tuple(KIN),
    "kind": tuple(KINDS),
    "day": ("sunny day", "cold day", "warm day", "windy day", "quiet morning", "fine morning", "warm afternoon"),
    "spot": (
        "under a bench", "behind a tree", "in the grass", "under a leaf", "next to a rock", "behind the door",
        "in a hole", "under the stairs", "between two stones", "near the gate", "on a chair", "under a table"),
    "high": ("in a tree", "on a roof", "on a high wall", "on a high shelf", "on a pole", "in a nest"),
    "tool": ("a ladder", "a long stick", "a rope", "a high chair", "a net", "a hook"),
    "mend": ("glue", "tape", "string", "a nail", "wire", "a screw"),
    "mess": ("the mud", "a puddle", "the paint", "the soup", "the ink", "the milk"),
    "wash": ("soap and water", "warm water", "a wet cloth", "a sponge"),
    "food": ("a carrot", "bread", "an apple", "cheese", "a fish", "a cookie", "milk", "nuts", "corn", "a bone"),
    "animal": tuple(ANIMALS),
    "size": ("small", "little", "big", "white", "brown", "black", "young", "thin"),
    "need": ("hungry", "cold", "lost", "hurt", "wet", "thirsty", "tired", "sick"),
    "pet": ("Spot", "Lucky", "Buddy", "Coco", "Fluffy", "Rocky", "Daisy", "Pepper", "Bella", "Shadow"),
    "fear": (
        "the dark", "the water", "the storm", "the big slide", "the old house", "the big dog", "the deep snow",
        "the loud noise", "the tall bridge", "the black cat"),
    "dish": ("a cake", "bread", "a pie", "soup", "a pizza", "pancakes", "a salad", "cookies"),
    "part": ("flour", "milk", "butter", "salt", "sugar", "honey", "oil", "rice"),
    "weather": ("rain", "snow", "fog", "wind", "hail", "thunder"),
    "room": ("the kitchen", "the attic", "the cellar", "the hall", "the bedroom", "the big room"),
    "skill": (
        "swim", "ride a bike", "skate", "climb a tree", "jump rope", "dance", "ski", "catch a ball",
        "stand on one leg", "swing"),
}
ALL_LISTS = {slot: words + tuple(word for word in MORE_LISTS.get(slot, ()) if word not in words) for slot, words in LISTS.items()}
# Slots that others give.
MADE = {
    "o": lambda w: f"{w['l']} {w['n']}",
    "ao": lambda w: a(w["o"]),
    "p": lambda w: f"{w['l2']} {w['m']}",
    "ap": lambda w: a(w["p"]),
    "an": lambda w: a(w["n"]),
    "at": lambda w: ALL_AT[w["place"]],
    "H": lambda w: cap(w["h"]),
    "an_animal": lambda w: a(w["animal"]),
    "An_animal": lambda w: cap(a(w["animal"])),
}


class World(dict):
    """Who, what and where: a slot is drawn when it is first asked for."""

    def __init__(self, draw, cast):
        super().__init__()
        self.draw = draw
        self.cast = cast
        self.usual = False  # whom and what nobody asked for is often the same, and of the shorter lists

    def __missing__(self, slot):
        if slot in MADE:
            value = MADE[slot](self)
        elif slot in ("c", "f"):
            value = self.cast.usual_name() if self.usual else self.cast.name(self.get("n"))
        elif slot in ("n", "m"):
            value = self.cast.usual_thing() if self.usual else self.cast.thing()
        elif slot == "h":
            value = self.helper()
        else:
            value = self.listed(slot)
        self[slot] = value
        return value

    def is_free(self):
        return self.draw.free and not self.usual

    def helper(self):
        if self.draw.chance(0.5):
            return self.cast.usual_name() if self.usual else self.cast.name()
        value = self.draw.pick(ALL_HELPERS if self.is_free() else HELPERS) if self.draw.chance(0.7) else self.draw.pick(KIN)
        while value in (self.get("k"), self.get("k2")):
            value = self.draw.pick(KIN)
        return value

    def listed(self, slot):
        value = self.draw.pick(ALL_LISTS[slot] if self.is_free() else LISTS[slot])
        if slot in ("k", "k2"):
            while value in (self.get("k"), self.get("k2"), self.get("h")):
                value = self.draw.pick(KIN)
        return value


def new_world(draw, held):
    plot = draw.pick(PLOT_NAMES)
    cast = Cast(draw, held)
    world = World(draw, cast)
    world.plot = PLOTS[plot]
    world.name = plot
    if plot in NEEDS_THING:
        world["n"]
    elif held:
        cast.mode = "name"
    return world


def tell(world):
    world.usual = world.draw.wide
    return " ".join([world.draw.pick(beat).format_map(world) for beat in world.plot["beats"]])


def some_way(draw, ways, held, many=()):
    """The last way of each list is for tests alone; `many` as in wider()."""
    if held:
        return ways[-1]
    if draw.free:
        while True:
            way = wider(draw, ways[:-1], many)
            if not many or way in ways:  # the many have their own forms
                way = reworded(draw, way, ways[-1])
            if likeness(way) != likeness(ways[-1]):
                return way
    if draw.wide:
        return reworded(draw, wider(draw, ways[:-1]), ways[-1])
    return ways[draw.below(len(ways) - 1)]


class Slots(dict):
    """Remembers which slots a text, made of `template`, asks for."""

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.template = ""

    def __missing__(self, slot):
        self[slot] = self.world[slot]
        return self[slot]


def plain(draw, held=False):
    """A story as a text, most under a heading."""
    doc = Doc(draw)
    world = new_world(draw, held)
    named = Slots(world)
    head = ""
    if held or draw.chance(0.6):
        named.template = draw.pick(world.plot["heads"])
        head = named.template.format_map(named) + "\n\n"
    draw.answering = True
    doc.text = head + tell(world) + "\n"
    doc.head = len(head)
    doc.world = named
    return doc


def opened(draw, template):
    """A request with another beginning."""
    for opener in PLAIN_OPENERS:
        if template.startswith(opener):
            begin = draw.pick(OPENERS)
            question = begin.split(" ", 1)[0] in ("Can", "Could", "How", "Do") and template.count(".") == 1
            return begin + template[len(opener):-1] + ("?" if question else template[-1])
    return template


def chat(draw, held=False):
    """A story that was asked for, and questions about it."""
    doc = Doc(draw)
    world = new_world(draw, held)
    named = Slots(world)
    ways = world.plot["requests"] if held or not draw.chance(0.06) else ANY
    many = OF_PLOT.get(world.name, ()) if draw.free and ways is not ANY and draw.chance(0.5) else ()
    named.template = some_way(draw, ways, held, many)
    if not held:
        named.template = opened(draw, named.template)
    doc.user(named.template.format_map(named))
    doc.reply(tell(world), "story", named)
    count = draw.weighted(((3, 0), (3, 1), (3, 2), (2, 3)))
    for ways, answer in draw.some(world.plot["asked"], max(count, 1) if held else count):
        doc.user(some_way(draw, ways, held).format_map(world))
        doc.reply(answer.format_map(world), "question")
    return doc

