"""Choices at random, and what they weigh.

A Draw is made from a name, so that document 17 of seed 3 is the same wherever and whenever it
is written. It adds up -log(p) of every choice in nats, apart for what a user says and what is
answered: the sum is the entropy of a document, or above it where two ways lead to one text.
"""
import math
import random

LOG = [0.0, 0.0] + [math.log(n) for n in range(2, 4096)]


class Draw:
    """Random choices from the seed `name`, a text; prompt and answer are nats.

    A wide one has more to choose from (wide.py), a free one more than that (ways.py).
    """

    def __init__(self, name, wide=False, free=False):
        self.wide = wide or free
        self.free = free
        self.uniform = random.Random(name).random
        self.answering = False
        self.prompt = self.answer = 0.0

    def weigh(self, nats):
        if self.answering:
            self.answer += nats
        else:
            self.prompt += nats

    def below(self, n):
        """A whole number from 0 to n - 1."""
        if n < 2:
            return 0
        self.weigh(LOG[n] if n < 4096 else math.log(n))
        return int(self.uniform() * n)

    def whole(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, p):
        hit = self.uniform() < p
        self.weigh(-math.log(p if hit else 1 - p))
        return hit

    def some(self, items, n):
        """n different ones, in random order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(n)]

    def weighted(self, pairs):
        """Of (weight, item) pairs; the weights are whole numbers."""
        total = sum(weight for weight, _ in pairs)
        at = self.uniform() * total
        for weight, item in pairs:
            at -= weight
            if at < 0:
                break
        self.weigh(math.log(total / weight))
        return item
