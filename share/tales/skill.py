"""Small skills whose answers a program can check, and recall of what was said before.

Numbers are from 0 to 20, sums to 40, differences not below 0; one pair of numbers in ten is
held out. Lists have 2 to 5 items, words that are spelled 3 to 8 letters.
"""
from zlib import crc32

from .doc import Doc
from .story import some_way
from .words import ANIMALS, COLOURS, LOOKS, NEW_THINGS, RARE_THINGS, THINGS, Cast, a, cap, made_up

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
FRUIT = "apple pear plum peach lemon berry fig grape melon cherry nut egg cake cookie carrot onion bean leaf".split()
WORDS = THINGS + ANIMALS + FRUIT
RARE_WORDS = [word for word in RARE_THINGS if len(word) <= 8]
SPOTS = ("on the table", "under the bed", "in the box", "on the chair", "by the door", "in the bag", "on the shelf", "near the window")
ORDINALS = ("first", "second", "third")


def is_held_sum(x, y):
    return crc32(f"{x},{y}".encode()) % 10 == 0


def numbers(draw, held):
    while True:
        x, y = draw.below(21), draw.below(21)
        if is_held_sum(x, y) == held:
            return x, y


def add(draw, held):
    x, y = numbers(draw, held)
    ask = draw.pick(("What is {x} + {y}?", "{x} + {y} = ?", "What is {x} plus {y}?", "How much is {x} + {y}?", "{x} + {y}", "{x}+{y}", "{x} plus {y}", "Compute {x} + {y}.", "What is the sum of {x} and {y}?", "Add {x} and {y}."))
    return ask.format(x=x, y=y), f"{x} + {y} = {x + y}"


def subtract(draw, held):
    y, x = sorted(numbers(draw, held))
    ask = draw.pick(("What is {x} - {y}?", "{x} - {y} = ?", "What is {x} minus {y}?", "How much is {x} - {y}?", "{x} - {y}", "{x}-{y}", "{x} minus {y}", "Compute {x} - {y}.", "Subtract {y} from {x}.", "Take {y} from {x}."))
    return ask.format(x=x, y=y), f"{x} - {y} = {x - y}"


def word_sum(draw, held):
    name = Cast(draw, held).name()
    x, y = numbers(draw, held)
    fruit = draw.pick(("apples", "pears", "plums", "nuts", "eggs", "cakes", "pens", "coins"))
    if x < y or draw.below(2):
        return f"{name} has {x} {fruit} and gets {y} more. How many {fruit} does {name} have now?", f"{x} + {y} = {x + y}. {name} has {x + y} {fruit}."
    return f"{name} has {x} {fruit} and gives away {y}. How many {fruit} does {name} have now?", f"{x} - {y} = {x - y}. {name} has {x - y} {fruit}."


def bigger(draw, held):
    x, y = numbers(draw, held)
    while x == y:
        x, y = numbers(draw, held)
    if draw.below(2):
        return some_way(draw, (f"Which is bigger, {x} or {y}?", f"Which number is bigger: {x} or {y}?", f"Is {x} or {y} bigger?", f"What is bigger, {x} or {y}?", f"Which one is bigger: {x} or {y}?", f"{x} or {y}: which is bigger?", f"Of {x} and {y}, which is bigger?"), held), f"{max(x, y)} is bigger than {min(x, y)}."
    return some_way(draw, (f"Which is smaller, {x} or {y}?", f"Which number is smaller: {x} or {y}?", f"Is {x} or {y} smaller?", f"What is smaller, {x} or {y}?", f"Which one is smaller: {x} or {y}?", f"{x} or {y}: which is smaller?", f"Of {x} and {y}, which is smaller?"), held), f"{min(x, y)} is smaller than {max(x, y)}."


def counting(draw, held):
    x = draw.below(17)
    n = draw.whole(3, 4)
    if x >= n and draw.below(2):
        return some_way(draw, (f"Count down from {x}, {n} steps.", f"Go down {n} steps from {x}.", f"From {x}, count down {n} steps.", f"Count {n} steps down from {x}.", f"Count backwards {n} steps from {x}.", f"Starting at {x}, count down {n} steps."), held), ", ".join(str(x - i) for i in range(n + 1)) + "."
    return some_way(draw, (f"Count on from {x}, {n} steps.", f"Go up {n} steps from {x}.", f"From {x}, count on {n} steps.", f"Count {n} steps up from {x}.", f"Count {n} steps from {x}.", f"Starting at {x}, count on {n} steps."), held), ", ".join(str(x + i) for i in range(n + 1)) + "."


def calendar(draw, held):
    cycle, what = draw.pick(((DAYS, "day"), (MONTHS, "month")))
    at = draw.below(len(cycle))
    if draw.below(2):
        other = cycle[(at + 1) % len(cycle)]
        ask = some_way(draw, (f"Which {what} comes after {cycle[at]}?", f"What {what} comes after {cycle[at]}?", f"Name the {what} after {cycle[at]}.", f"What comes after {cycle[at]}?", f"Tell me the {what} after {cycle[at]}.", f"Which {what} is after {cycle[at]}?", f"What is the next {what} after {cycle[at]}?", f"Which {what} follows {cycle[at]}?"), held)
        return ask, f"{other} comes after {cycle[at]}."
    other = cycle[at - 1]
    ask = some_way(draw, (f"Which {what} comes before {cycle[at]}?", f"What {what} comes before {cycle[at]}?", f"Name the {what} before {cycle[at]}.", f"What comes before {cycle[at]}?", f"Tell me the {what} before {cycle[at]}.", f"Which {what} is before {cycle[at]}?", f"What is the {what} before {cycle[at]}?", f"Which {what} is just ahead of {cycle[at]}?"), held)
    return ask, f"{other} comes before {cycle[at]}."


def items(draw, held, low=2, high=5):
    count = draw.whole(low, high)
    cast = Cast(draw, False, 0.3)
    if held:
        return draw.some(NEW_THINGS, 1) + draw.some(WORDS, count - 1)
    if draw.below(3) == 0:
        return [cast.name() for _ in range(count)]
    if draw.below(4) == 0:
        return [made_up(draw) for _ in range(count)]
    return draw.some(RARE_WORDS + WORDS if draw.below(2) else WORDS, count)


def copy(draw, held):
    row = ", ".join(items(draw, held))
    return some_way(draw, (f"Copy this list: {row}", f"Repeat: {row}", f"Say this again: {row}", f"Repeat this list: {row}", f"Copy: {row}", f"Please repeat this: {row}", f"Say this list again: {row}", f"Write the same list: {row}", f"Give me this list again: {row}", f"Write this list once more: {row}"), held), row + "."


def reverse(draw, held):
    row = items(draw, held, 3)
    ask = some_way(draw, ("Reverse this list: {}", "Say this list from last to first: {}", "Turn this list around: {}", "Reverse: {}", "Please reverse this list: {}", "Give this list backwards: {}", "Write these from last to first: {}", "Say these in the other order: {}", "Reverse the order of this list: {}", "Write this list in reverse: {}"), held)
    return ask.format(", ".join(row)), ", ".join(reversed(row)) + "."


def count(draw, held):
    row = items(draw, held)
    ask = some_way(draw, ("How many items are in this list: {}?", "Count these: {}", "How many words are there: {}?", "How many are there: {}?", "How many items are there: {}?", "How many items does this list have: {}?", "Count the items: {}", "Tell me how many these are: {}", "Give the number of items: {}"), held)
    return ask.format(", ".join(row)), f"There are {len(row)}."


def nth(draw, held):
    row = items(draw, held, 3)
    at = draw.whole(0, 3)
    name, item = (ORDINALS[at], row[at]) if at < 3 else ("last", row[-1])
    ask = some_way(draw, ("What is the {n} item: {row}?", "Which item is {n} in this list: {row}?", "Name the {n} of these: {row}", "What is the {n} word of this list: {row}?", "Which is the {n} of these: {row}?", "Tell me the {n} item of this list: {row}", "What comes {n} in this list: {row}?", "Say the {n} item: {row}", "Give me the {n} one of {row}."), held)
    return ask.format(n=name, row=", ".join(row)), f"The {name} item is {item}."


def one_word(draw, held):
    if held:
        return draw.pick(NEW_THINGS)
    return made_up(draw) if draw.below(3) == 0 else draw.pick(RARE_WORDS if draw.below(2) else WORDS)


def spell(draw, held):
    word = one_word(draw, held)
    ask = some_way(draw, (f"Spell {word}.", f"Spell the word {word}.", f"How do you spell {word}?", f"Can you spell {word}?", f"Please spell {word}.", f"Spell out {word}.", f"How is {word} spelled?", f"Say the letters of {word}.", f"Which letters make {word}?"), held)
    return ask, "-".join(word) + "."


def backwards(draw, held):
    word = one_word(draw, held)
    ask = some_way(draw, (f"Reverse the word {word}.", f"Write {word} backwards.", f"Turn the word {word} around.", f"Spell {word} backwards.", f"Please reverse {word}.", f"Reverse {word}.", f"Say the word {word} backwards.", f"How do you write {word} backwards?", f"What is {word} in reverse?"), held)
    return ask, "-".join(word) + " is " + "-".join(word[::-1]) + "."


def letter(draw, held):
    word = one_word(draw, held)
    which, at = draw.pick((("first", 0), ("last", -1)))
    return some_way(draw, (f"What is the {which} letter of {word}?", f"Which letter is {which} in {word}?", f"Tell me the {which} letter of {word}.", f"Which is the {which} letter of {word}?", f"Name the {which} letter of the word {word}.", f"What letter comes {which} in {word}?", f"Give the {which} letter of {word}."), held), f"The {which} letter of {word} is {word[at]}."


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
    return some_way(draw, (f"Is {word} in this list: {', '.join(row)}?", f"Look at this list: {', '.join(row)}. Is {word} in it?", f"Is {word} one of these: {', '.join(row)}?", f"Is there {word} in this list: {', '.join(row)}?", f"Here is a list: {', '.join(row)}. Is {word} there?", f"{', '.join(row)}: is {word} in this list?", f"Does this list have {word}: {', '.join(row)}?"), held), answer


SKILLS = {
    "add": (add, 6), "subtract": (subtract, 6), "word-sum": (word_sum, 4), "bigger": (bigger, 3), "counting": (counting, 2),
    "calendar": (calendar, 4), "copy": (copy, 5), "reverse": (reverse, 4), "count": (count, 4), "nth": (nth, 5),
    "spell": (spell, 4), "backwards": (backwards, 3), "letter": (letter, 3), "is-in": (is_in, 3),
}
CHOICES = tuple((weight, (name, make)) for name, (make, weight) in SKILLS.items())


# What is said most is the first, which stands twice.
HAS = ("{name} has {ao}.", "{name} has {ao}.", "{Ao} is what {name} has.", "The {o} is {name}'s.")
LIES = ("The {thing} is {spot}.", "The {thing} is {spot}.", "There is {a} {spot}.")


def own(draw, held):
    """Who has what: the sentences, and (phrasings, answer) of what can be asked."""
    cast = Cast(draw, held, 0.3)
    told, asked = [], []
    look = draw.some(COLOURS, 4)
    for i in range(draw.whole(2, 4)):
        thing = cast.thing()
        name = cast.name(thing)
        o = f"{look[i]} {thing}"
        told.append(draw.pick(HAS).format(name=name, o=o, ao=a(o), Ao=cap(a(o))))
        asked.append(((f"Who has the {thing}?", f"Who has {a(o)}?", f"Whose is the {thing}?", f"Tell me who has the {thing}.", f"Who owns the {thing}?", f"Whose thing is the {thing}?", f"Who is the one with the {thing}?", f"To whom does the {thing} belong?"), f"{name} has the {thing}."))
        asked.append(((f"What does {name} have?", f"What is {name}'s thing?", f"Tell me what {name} has.", f"What does {name} own?", f"Name the thing of {name}.", f"What is it that {name} has?", f"Which thing does {name} have?"), f"{name} has {a(o)}."))
        asked.append(((f"What colour is the {thing}?", f"Which colour has the {thing}?", f"Which colour is the {thing}?", f"What is the colour of the {thing}?", f"Of what colour is the {thing}?", f"Tell me the colour of the {thing}."), f"The {thing} is {look[i]}."))
        asked.append(((f"Which thing is {look[i]}?", f"What is {look[i]}?", f"Which of the things is {look[i]}?", f"Tell me what is {look[i]}.", f"Name the {look[i]} thing."), f"The {thing} is {look[i]}."))
    return told, asked


def lie(draw, held):
    """Where things are."""
    cast = Cast(draw, held)
    told, asked = [], []
    spots = draw.some(SPOTS, 4)
    for i in range(draw.whole(2, 4)):
        thing = cast.thing()
        told.append(draw.pick(LIES).format(thing=thing, a=a(thing), spot=spots[i]))
        asked.append(((f"Where is the {thing}?", f"Where can I find the {thing}?", f"Tell me where the {thing} is.", f"Where do I find the {thing}?", f"Where does the {thing} lie?", f"Do you know where the {thing} is?", f"In which spot is the {thing}?"), f"The {thing} is {spots[i]}."))
        asked.append(((f"What is {spots[i]}?", f"Which thing is {spots[i]}?", f"Tell me what is {spots[i]}.", f"What can I find {spots[i]}?", f"Name the thing {spots[i]}."), f"The {thing} is {spots[i]}."))
    return told, asked


def give(draw, held):
    """One gives a thing to another: who has it now?"""
    cast = Cast(draw, held, 0.3)
    thing, other = cast.thing(), cast.thing()
    one, two = cast.name(thing), cast.name(other)
    o, p = f"{draw.pick(LOOKS)} {thing}", f"{draw.pick(LOOKS)} {other}"
    told = [f"{one} has {a(o)}.", f"{two} has {a(p)}."]
    given = draw.pick((f"{one} gives the {thing} to {two}.", f"{two} gets the {thing} from {one}."))
    asked = [
        ((f"Who has the {thing} now?", f"Who has the {o} now?", f"Tell me who has the {thing} now.", f"Whose is the {thing} now?", f"Who holds the {thing} now?"), f"{two} has the {thing} now."),
        ((f"Who had the {thing} first?", f"Who had the {o} first?", f"Tell me who had the {thing} first.", f"Who was first to have the {thing}?", f"Whose was the {thing} at first?"), f"{one} had the {thing} first."),
        ((f"Who gave the {thing} away?", f"Who gave away the {o}?", f"Who gave the {thing}?", f"Tell me who gave the {thing} away.", f"Which one gave away the {thing}?"), f"{one} gave the {thing} to {two}."),
        ((f"Who has the {other}?", f"Who has the {p}?", f"Tell me who has the {other}.", f"Who owns the {other}?", f"Whose is the {other}?"), f"{two} has the {other}."),
    ]
    return told + [given], asked


RECALLS = ((3, ("own", own)), (2, ("lie", lie)), (1, ("give", give)))


def recall(draw, held, doc):
    label, make = draw.weighted(RECALLS)
    told, asked = make(draw, held)
    if label != "give":
        told = draw.some(told, len(told))
    first = True
    for ways, answer in draw.some(asked, draw.whole(1, 3)):
        ask = some_way(draw, ways, held)
        doc.user(" ".join(told) + " " + ask if first else ask)
        doc.reply(answer, f"recall-{label}")
        first = False


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
