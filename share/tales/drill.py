"""Drills in copying and recall, as plain text: what was said comes again, in another order.

The first time a word is anybody's guess; after that it stands in the text, behind the same
words. Without drills a small model learns late to look there.
"""
from .doc import Doc
from .skill import HAS, LIES, looks_of, said, spots_of
from .ways_skill import HAS_FREE, LIES_FREE
from .words import ANIMALS, COLOURS, Cast, a, cap, made_up

PAIRS = ("{k} {v}", "{k} has a {v}", "the {k} is {v}", "{k}: {v}", "{k} is in the {v}", "{k} - {v}")


def word(draw, cast):
    make = draw.below(5)
    if make == 0:
        return made_up(draw)
    if make == 1:
        return draw.pick(COLOURS + ANIMALS)
    return cast.name() if make == 2 else cast.thing()


def words(draw, cast, count):
    found = []
    while len(found) < count:
        one = word(draw, cast)
        if one not in found:
            found.append(one)
    return found


def again(draw, make, count, low, high):
    """What make(0), make(1), ... say, all of it in every round, each round in another order."""
    return [make(i) for _ in range(draw.whole(low, high)) for i in draw.some(range(count), count)]


def rows(draw, cast):
    row = draw.pick((", ", " ", "-", " and ")).join(words(draw, cast, draw.whole(3, 10)))
    return "\n".join([row] * draw.whole(2, 4))


def pairs(draw, cast):
    count = draw.whole(3, 8)
    keys, values = words(draw, cast, count), [word(draw, cast) for _ in range(count)]
    way = draw.pick(PAIRS)
    return draw.pick((", ", ". ", "\n")).join(again(draw, lambda i: way.format(k=keys[i], v=values[i]), count, 2, 4))


def owners(draw, cast):
    count = draw.whole(2, 5)
    looks, things = draw.some(looks_of(draw), count), [cast.thing() for _ in range(count)]
    names = [cast.name(thing) for thing in things]

    def tell(i):
        o = f"{looks[i]} {things[i]}"
        return said(draw, HAS, HAS_FREE).format(name=names[i], o=o, ao=a(o), Ao=cap(a(o)))

    return " ".join(again(draw, tell, count, 2, 3))


def places(draw, cast):
    count = draw.whole(2, 6)
    spots, things = draw.some(spots_of(draw), count), [cast.thing() for _ in range(count)]
    return " ".join(again(draw, lambda i: said(draw, LIES, LIES_FREE).format(thing=things[i], a=a(things[i]), spot=spots[i]), count, 2, 3))


def drill(draw, held=False):
    doc = Doc(draw)
    draw.answering = True
    doc.text = draw.pick((rows, pairs, owners, places))(draw, Cast(draw, held, 0.3)) + "\n"
    return doc
