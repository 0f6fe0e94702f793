"""Ways to ask that are put together from parts: what a free draw chooses from, too.

MANY has, as MORE of wide.py, further ways to ask; a list is known by its first way. Of [a|b|c]
one is taken, which may be nothing, or have such a choice in it. What comes out as the last way of
a list, which is for tests alone, is thrown away.
"""
import re

from . import ways_question, ways_recall, ways_skill, ways_story, ways_tool

CHOICE = re.compile(r"\[([^][]*)\]")
MANY = {**ways_story.MANY, **ways_question.MANY, **ways_skill.MANY, **ways_recall.MANY, **ways_tool.MANY}


def spelled(draw, way):
    """With one of each choice, the innermost first."""
    while "[" in way:
        way = CHOICE.sub(lambda found: draw.pick(found[1].split("|")), way)
    return way
