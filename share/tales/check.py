"""Prompts for a test, and what was answered to them.

A record's id is kind/seed/number/answer, with /held behind it where names, things, pairs or
phrasings are such as training never has, and /wide or /free where the document is such: it can be
made again from its id, and so the answer that is wanted. A story is right if the recogniser takes
it, any other answer if it is the wanted text but for white space; calls in JSON are compared as
JSON.
"""
import json
import re

from . import mix, recognise
from .draw import Draw

RUN = 20  # words and marks: nearly always a token each
TAG = "<|python_tag|>"


class BadRecord(Exception):
    pass


def beginning(doc):
    """The heading of a text, or its first two words: one might begin a drill, too."""
    return doc.text[:doc.head] if doc.head else " ".join(doc.text.split(" ")[:2])


def prompt(kind, seed, number, sort):
    """A record for ll-batch, and the right answer."""
    doc = mix.document(kind, seed, number, sort)
    end = sort and "/" + sort
    name = f"{kind}/{seed}/{number}"
    if doc.text is not None:
        head = beginning(doc)
        return {"id": f"{name}/0{end}", "prompt": head}, doc.text[len(head):].lstrip(" ")
    which = Draw(f"{name}/which{end}").below(len(doc.answers))
    answer = doc.answers[which]
    record = {"id": f"{name}/{which}{end}", "messages": doc.messages[:answer.at], **doc.extra}
    return record, answer.want


def prompts(kinds, count, seed, sort=""):
    for number in range(count):
        for kind in kinds:
            yield prompt(kind, seed, number, sort)


def plain_form(text):
    text = " ".join(text.replace(TAG, "").split())
    if text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return text


def looked_up(name):
    """The document of an id, and which answer of it."""
    parts = str(name).split("/")
    sort = parts.pop() if parts[-1] in mix.SORTS else ""
    if len(parts) != 4 or parts[0] not in mix.ASKED or not all(part.isdecimal() for part in parts[1:]):
        raise BadRecord(f"'{name}' is not kind/seed/number/answer")
    doc = mix.document(parts[0], int(parts[1]), int(parts[2]), sort)
    which = int(parts[3])
    if which >= max(len(doc.answers), 1):
        raise BadRecord(f"'{name}': there is no answer {which}")
    return parts[0], doc, which


def judged(name, text):
    """The answer's label, and why it is refused or None."""
    kind, doc, which = looked_up(name)
    if doc.text is not None:
        begun = "" if doc.head else beginning(doc) + " "
        return kind, recognise.refused(begun + text.lstrip(), doc.world, doc.world.template, headed=not doc.head)
    answer = doc.answers[which]
    if answer.world is not None:
        return answer.label, recognise.refused(text, answer.world, answer.world.template)
    if plain_form(text) == plain_form(answer.want):
        return answer.label, None
    return answer.label, f"answer: not {json.dumps(answer.want, ensure_ascii=False)} but {json.dumps(text[:80], ensure_ascii=False)}"


class Tally:
    """How many answers of each label were accepted, and why the others were not."""

    def __init__(self):
        self.total, self.right, self.why = {}, {}, {}

    def add(self, label, reason):
        self.total[label] = self.total.get(label, 0) + 1
        self.right[label] = self.right.get(label, 0) + (reason is None)
        if reason is not None:
            key = (label, reason.split(":", 1)[0])
            self.why[key] = self.why.get(key, 0) + 1

    def lines(self):
        for label in sorted(self.total):
            total, right = self.total[label], self.right[label]
            why = "".join(f"  {reason} {n}" for (of, reason), n in sorted(self.why.items()) if of == label)
            yield f"{label}\t{right}\t{total}\t{100 * right / total:.1f}%{why}"
        total, right = sum(self.total.values()), sum(self.right.values())
        if total:
            yield f"all\t{right}\t{total}\t{100 * right / total:.1f}%"


def words_of(text):
    return re.findall(r"\w+|[^\w\s]", text)


def runs(text):
    words = words_of(text)
    return {tuple(words[at:at + RUN]) for at in range(len(words) - RUN + 1)}


def copied(texts, training):
    """Of the texts of 20 words and marks or more: how many have 20 in a row that training has, and how many there are."""
    wanted, long = {}, 0
    for number, text in enumerate(texts):
        found = runs(text)
        long += len(found) > 0
        for run in found:
            wanted.setdefault(run, []).append(number)
    starts = {run[:4] for run in wanted}
    hit = set()
    for text in training:
        words = words_of(text)
        for at in range(len(words) - RUN + 1):
            if tuple(words[at:at + 4]) in starts:
                hit.update(wanted.get(tuple(words[at:at + RUN]), ()))
    return len(hit), long


def texts_of(record):
    """All texts of a document of training."""
    if "text" in record:
        return [record["text"]]
    return [message["content"] for message in record["messages"] if message.get("content")]
