"""Small skills whose answers a program can check, and recall of what was said before.

Numbers are from 0 to 20, sums to 40, differences not below 0; one pair of numbers in ten is
held out. Lists have 2 to 5 items, words that are spelled 3 to 8 letters, or 10 if the draw is
wide.
"""
from zlib import crc32

from .doc import Doc
from .more_lists import MORE_LISTS, MORE_SPOTS
from .story import some_way
from .ways_skill import HAS_FREE, LIES_FREE
from .wide import wider
from .words import ANIMALS, COLOURS, LOOKS, MORE_SHORT, NEW_THINGS, RARE_THINGS, THINGS, Cast, a, cap, listed, made_up

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
FRUIT = "apple pear plum peach lemon berry fig grape melon cherry nut egg cake cookie carrot onion bean leaf".split()
WORDS = THINGS + ANIMALS + FRUIT
RARE_WORDS = [word for word in RARE_THINGS if len(word) <= 8]
SPOTS = ("on the table", "under the bed", "in the box", "on the chair", "by the door", "in the bag", "on the shelf", "near the window")
FREE_LOOKS = tuple(dict.fromkeys(LOOKS + list(MORE_LISTS["l"])))
ORDINALS = ("first", "second", "third")
STEPS = {3: "three", 4: "four", 5: "five"}


def is_held_sum(x, y):
    return crc32(f"{x},{y}".encode()) % 10 == 0


def numbers(draw, held):
    while True:
        x, y = draw.below(21), draw.below(21)
        if is_held_sum(x, y) == held:
            return x, y


def add(draw, held):
    x, y = numbers(draw, held)
    ask = wider(draw, ("What is {x} + {y}?", "{x} + {y} = ?", "What is {x} plus {y}?", "How much is {x} + {y}?", "{x} + {y}", "{x}+{y}", "{x} plus {y}", "Compute {x} + {y}.", "What is the sum of {x} and {y}?", "Add {x} and {y}."))
    return ask.format(x=x, y=y), f"{x} + {y} = {x + y}"


def subtract(draw, held):
    y, x = sorted(numbers(draw, held))
    ask = wider(draw, ("What is {x} - {y}?", "{x} - {y} = ?", "What is {x} minus {y}?", "How much is {x} - {y}?", "{x} - {y}", "{x}-{y}", "{x} minus {y}", "Compute {x} - {y}.", "Subtract {y} from {x}.", "Take {y} from {x}."))
    return ask.format(x=x, y=y), f"{x} - {y} = {x - y}"


GETS = "{name} has {x} {fruit} and gets {y} more. How many {fruit} does {name} have now?"
GIVES = "{name} has {x} {fruit} and gives away {y}. How many {fruit} does {name} have now?"


def word_sum(draw, held):
    name = Cast(draw, held).name()
    x, y = numbers(draw, held)
    fruit = draw.pick(("apples", "pears", "plums", "nuts", "eggs", "cakes", "pens", "coins"))
    if x < y or draw.below(2):
        ask = wider(draw, (GETS,))
        return ask.format(name=name, x=x, y=y, fruit=fruit), f"{x} + {y} = {x + y}. {name} has {x + y} {fruit}."
    ask = wider(draw, (GIVES,))
    return ask.format(name=name, x=x, y=y, fruit=fruit), f"{x} - {y} = {x - y}. {name} has {x - y} {fruit}."


def bigger(draw, held):
    x, y = numbers(draw, held)
    while x == y:
        x, y = numbers(draw, held)
    if draw.below(2):
        return some_way(draw, ("Which is bigger, {x} or {y}?", "Which number is bigger: {x} or {y}?", "Is {x} or {y} bigger?", "What is bigger, {x} or {y}?", "Which one is bigger: {x} or {y}?", "{x} or {y}: which is bigger?", "Of {x} and {y}, which is bigger?"), held).format(x=x, y=y), f"{max(x, y)} is bigger than {min(x, y)}."
    return some_way(draw, ("Which is smaller, {x} or {y}?", "Which number is smaller: {x} or {y}?", "Is {x} or {y} smaller?", "What is smaller, {x} or {y}?", "Which one is smaller: {x} or {y}?", "{x} or {y}: which is smaller?", "Of {x} and {y}, which is smaller?"), held).format(x=x, y=y), f"{min(x, y)} is smaller than {max(x, y)}."


def counting(draw, held):
    x = draw.below(17)
    n = steps = draw.whole(3, 5 if draw.free else 4)
    if draw.free and draw.chance(0.3):
        steps = STEPS[n]
    if x >= n and draw.below(2):
        return some_way(draw, ("Count down from {x}, {n} steps.", "Go down {n} steps from {x}.", "From {x}, count down {n} steps.", "Count {n} steps down from {x}.", "Count backwards {n} steps from {x}.", "Starting at {x}, count down {n} steps."), held).format(n=steps, x=x), ", ".join(str(x - i) for i in range(n + 1)) + "."
    return some_way(draw, ("Count on from {x}, {n} steps.", "Go up {n} steps from {x}.", "From {x}, count on {n} steps.", "Count {n} steps up from {x}.", "Count {n} steps from {x}.", "Starting at {x}, count on {n} steps."), held).format(n=steps, x=x), ", ".join(str(x + i) for i in range(n + 1)) + "."


def calendar(draw, held):
    cycle, what = draw.pick(((DAYS, "day"), (MONTHS, "month")))
    at = draw.below(len(cycle))
    if draw.below(2):
        other = cycle[(at + 1) % len(cycle)]
        ask = some_way(draw, ("Which {what} comes after {at}?", "What {what} comes after {at}?", "Name the {what} after {at}.", "What comes after {at}?", "Tell me the {what} after {at}.", "Which {what} is after {at}?", "What is the next {what} after {at}?", "Which {what} follows {at}?"), held).format(at=cycle[at], what=what)
        return ask, f"{other} comes after {cycle[at]}."
    other = cycle[at - 1]
    ask = some_way(draw, ("Which {what} comes before {at}?", "What {what} comes before {at}?", "Name the {what} before {at}.", "What comes before {at}?", "Tell me the {what} before {at}.", "Which {what} is before {at}?", "What is the {what} before {at}?", "Which {what} is just ahead of {at}?"), held).format(at=cycle[at], what=what)
    return ask, f"{other} comes before {cycle[at]}."


def rare_words(draw):
    return RARE_WORDS + MORE_SHORT if draw.free else RARE_WORDS


def items(draw, held, low=2, high=5):
    count = draw.whole(low, high)
    cast = Cast(draw, False, 0.3)
    if held:
        return draw.some(NEW_THINGS, 1) + draw.some(WORDS, count - 1)
    if draw.below(3) == 0:
        return [cast.name() for _ in range(count)]
    if draw.below(4) == 0:
        return [made_up(draw) for _ in range(count)]
    return draw.some(rare_words(draw) + WORDS if draw.below(2) else WORDS, count)


def in_a_row(draw, row):
    """A list as it is written in a question; in a free one now and then without commas, or with "and"."""
    if draw.free and draw.chance(0.3):
        return draw.pick((" ".join(row), listed(row), "; ".join(row), " - ".join(row)))
    return ", ".join(row)


def copy(draw, held):
    row = ", ".join(items(draw, held))
    return some_way(draw, ("Copy this list: {row}", "Repeat: {row}", "Say this again: {row}", "Repeat this list: {row}", "Copy: {row}", "Please repeat this: {row}", "Say this list again: {row}", "Write the same list: {row}", "Give me this list again: {row}", "Write this list once more: {row}"), held).format(row=row), row + "."


def reverse(draw, held):
    row = items(draw, held, 3)
    ask = some_way(draw, ("Reverse this list: {}", "Say this list from last to first: {}", "Turn this list around: {}", "Reverse: {}", "Please reverse this list: {}", "Give this list backwards: {}", "Write these from last to first: {}", "Say these in the other order: {}", "Reverse the order of this list: {}", "Write this list in reverse: {}"), held)
    return ask.format(in_a_row(draw, row)), ", ".join(reversed(row)) + "."


def count(draw, held):
    row = items(draw, held)
    ask = some_way(draw, ("How many items are in this list: {}?", "Count these: {}", "How many words are there: {}?", "How many are there: {}?", "How many items are there: {}?", "How many items does this list have: {}?", "Count the items: {}", "Tell me how many these are: {}", "Give the number of items: {}"), held)
    return ask.format(in_a_row(draw, row)), f"There are {len(row)}."


def nth(draw, held):
    row = items(draw, held, 3)
    at = draw.whole(0, 3)
    name, item = (ORDINALS[at], row[at]) if at < 3 else ("last", row[-1])
    ask = some_way(draw, ("What is the {n} item: {row}?", "Which item is {n} in this list: {row}?", "Name the {n} of these: {row}", "What is the {n} word of this list: {row}?", "Which is the {n} of these: {row}?", "Tell me the {n} item of this list: {row}", "What comes {n} in this list: {row}?", "Say the {n} item: {row}", "Give me the {n} one of {row}."), held)
    return ask.format(n=name, row=in_a_row(draw, row)), f"The {name} item is {item}."


def one_word(draw, held):
    if held:
        return draw.pick(NEW_THINGS)
    return made_up(draw) if draw.below(3) == 0 else draw.pick(rare_words(draw) if draw.below(2) else WORDS)


def spell(draw, held):
    word = one_word(draw, held)
    ask = some_way(draw, ("Spell {word}.", "Spell the word {word}.", "How do you spell {word}?", "Can you spell {word}?", "Please spell {word}.", "Spell out {word}.", "How is {word} spelled?", "Say the letters of {word}.", "Which letters make {word}?"), held).format(word=word)
    return ask, "-".join(word) + "."


def backwards(draw, held):
    word = one_word(draw, held)
    ask = some_way(draw, ("Reverse the word {word}.", "Write {word} backwards.", "Turn the word {word} around.", "Spell {word} backwards.", "Please reverse {word}.", "Reverse {word}.", "Say the word {word} backwards.", "How do you write {word} backwards?", "What is {word} in reverse?"), held).format(word=word)
    return ask, "-".join(word) + " is " + "-".join(word[::-1]) + "."


def letter(draw, held):
    word = one_word(draw, held)
    which, at = draw.pick((("first", 0), ("last", -1)))
    return some_way(draw, ("What is the {which} letter of {word}?", "Which letter is {which} in {word}?", "Tell me the {which} letter of {word}.", "Which is the {which} letter of {word}?", "Name the {which} letter of the word {word}.", "What letter comes {which} in {word}?", "Give the {which} letter of {word}."), held).format(which=which, word=word), f"The {which} letter of {word} is {word[at]}."


def is_in(draw, held):
    row = items(draw, held, 3)
    cast = set(row)
    if draw.below(2):
        word = draw.pick(row)
    else:
        word = draw.pick(WORDS)
        while word in cast:
            word = draw.pick(WORDS)
    answer = f"Yes, {word} is in the list." if word in cast else f"No, {word} is not in the list."
    return some_way(draw, ("Is {word} in this list: {row}?", "Look at this list: {row}. Is {word} in it?", "Is {word} one of these: {row}?", "Is there {word} in this list: {row}?", "Here is a list: {row}. Is {word} there?", "{row}: is {word} in this list?", "Does this list have {word}: {row}?"), held).format(row=in_a_row(draw, row), word=word), answer


SKILLS = {
    "add": (add, 6), "subtract": (subtract, 6), "word-sum": (word_sum, 4), "bigger": (bigger, 3), "counting": (counting, 2),
    "calendar": (calendar, 4), "copy": (copy, 5), "reverse": (reverse, 4), "count": (count, 4), "nth": (nth, 5),
    "spell": (spell, 4), "backwards": (backwards, 3), "letter": (letter, 3), "is-in": (is_in, 3),
}
CHOICES = tuple((weight, (name, make)) for name, (make, weight) in SKILLS.items())


# What is said most is the first, which stands twice.
HAS = ("{name} has {ao}.", "{name} has {ao}.", "{Ao} is what {name} has.", "The {o} is {name}'s.")
LIES = ("The {thing} is {spot}.", "The {thing} is {spot}.", "There is {a} {spot}.")


def said(draw, ways, free):
    """One of the ways to say something, or of the free ones, too."""
    return draw.pick(ways + free if draw.free else ways)


def looks_of(draw):
    return FREE_LOOKS if draw.free and draw.chance(0.3) else COLOURS


def spots_of(draw):
    return SPOTS + MORE_SPOTS if draw.free else SPOTS


# What can be asked of them: ways to ask, and the answer.
WHO_HAS = ("Who has the {thing}?", "Who has {ao}?", "Whose is the {thing}?", "Tell me who has the {thing}.", "Who owns the {thing}?", "Whose thing is the {thing}?", "Who is the one with the {thing}?", "To whom does the {thing} belong?"), "{name} has the {thing}."
HAS_WHAT = ("What does {name} have?", "What is {name}'s thing?", "Tell me what {name} has.", "What does {name} own?", "Name the thing of {name}.", "What is it that {name} has?", "Which thing does {name} have?"), "{name} has {ao}."
COLOUR = ("What colour is the {thing}?", "Which colour has the {thing}?", "Which colour is the {thing}?", "What is the colour of the {thing}?", "Of what colour is the {thing}?", "Tell me the colour of the {thing}."), "The {thing} is {look}."
WHICH = ("Which thing is {look}?", "What is {look}?", "Which of the things is {look}?", "Tell me what is {look}.", "Name the {look} thing."), "The {thing} is {look}."
LIES_WHERE = ("Where is the {thing}?", "Where can I find the {thing}?", "Tell me where the {thing} is.", "Where do I find the {thing}?", "Where does the {thing} lie?", "Do you know where the {thing} is?", "In which spot is the {thing}?"), "The {thing} is {spot}."
WHAT_LIES = ("What is {spot}?", "Which thing is {spot}?", "Tell me what is {spot}.", "What can I find {spot}?", "Name the thing {spot}."), "The {thing} is {spot}."
HAS_NOW = ("Who has the {thing} now?", "Who has the {o} now?", "Tell me who has the {thing} now.", "Whose is the {thing} now?", "Who holds the {thing} now?"), "{two} has the {thing} now."
HAD_FIRST = ("Who had the {thing} first?", "Who had the {o} first?", "Tell me who had the {thing} first.", "Who was first to have the {thing}?", "Whose was the {thing} at first?"), "{one} had the {thing} first."
GAVE = ("Who gave the {thing} away?", "Who gave away the {o}?", "Who gave the {thing}?", "Tell me who gave the {thing} away.", "Which one gave away the {thing}?"), "{one} gave the {thing} to {two}."
HAS_OTHER = ("Who has the {other}?", "Who has the {p}?", "Tell me who has the {other}.", "Who owns the {other}?", "Whose is the {other}?"), "{two} has the {other}."


def own(draw, held):
    """Who has what: the sentences, and (question, its words) of what can be asked."""
    cast = Cast(draw, held, 0.3)
    told, asked = [], []
    looks = draw.some(looks_of(draw), 4)
    for i in range(draw.whole(2, 4)):
        thing = cast.thing()
        name = cast.name(thing)
        o = f"{looks[i]} {thing}"
        words = {"name": name, "thing": thing, "look": looks[i], "o": o, "ao": a(o), "Ao": cap(a(o))}
        told.append(said(draw, HAS, HAS_FREE).format_map(words))
        asked += [(question, words) for question in (WHO_HAS, HAS_WHAT, COLOUR, WHICH)]
    return told, asked


def lie(draw, held):
    """Where things are."""
    cast = Cast(draw, held)
    told, asked = [], []
    spots = draw.some(spots_of(draw), 4)
    for i in range(draw.whole(2, 4)):
        thing = cast.thing()
        words = {"thing": thing, "a": a(thing), "spot": spots[i]}
        told.append(said(draw, LIES, LIES_FREE).format_map(words))
        asked += [(question, words) for question in (LIES_WHERE, WHAT_LIES)]
    return told, asked


def give(draw, held):
    """One gives a thing to another: who has it now?"""
    cast = Cast(draw, held, 0.3)
    thing, other = cast.thing(), cast.thing()
    one, two = cast.name(thing), cast.name(other)
    looks = FREE_LOOKS if draw.free else LOOKS
    o, p = f"{draw.pick(looks)} {thing}", f"{draw.pick(looks)} {other}"
    words = {"one": one, "two": two, "thing": thing, "other": other, "o": o, "p": p}
    told = [f"{one} has {a(o)}.", f"{two} has {a(p)}."]
    given = draw.pick((f"{one} gives the {thing} to {two}.", f"{two} gets the {thing} from {one}."))
    return told + [given], [(question, words) for question in (HAS_NOW, HAD_FIRST, GAVE, HAS_OTHER)]


RECALLS = ((3, ("own", own)), (2, ("lie", lie)), (1, ("give", give)))


def recall(draw, held, doc):
    label, make = draw.weighted(RECALLS)
    told, asked = make(draw, held)
    if label != "give":
        told = draw.some(told, len(told))
    first = True
    for (ways, answer), words in draw.some(asked, draw.whole(1, 3)):
        ask = some_way(draw, ways, held).format_map(words)
        doc.user(" ".join(told) + " " + ask if first else ask)
        doc.reply(answer.format_map(words), f"recall-{label}")
        first = False


def recalls(draw, held=False):
    """A document of recall alone."""
    doc = Doc(draw)
    for _ in range(draw.whole(1, 2)):
        recall(draw, held, doc)
    return doc


def skill(draw, held=False):
    doc = Doc(draw)
    if draw.chance(0.4):
        recall(draw, held, doc)
    for _ in range(draw.whole(0 if doc.answers else 1, 4)):
        label, make = draw.weighted(CHOICES)
        ask, answer = make(draw, held)
        doc.user(ask)
        doc.reply(answer, label)
    return doc
