"""Questions about the programs, with one-sentence answers."""
from . import facts
from .doc import Doc
from .story import some_way


def third(phrase):
    """ "set the date" to "sets the date"."""
    verb, _, rest = phrase.partition(" ")
    if verb in ("search",):
        verb += "es"
    elif verb == "never":
        return "never samples" + rest.removeprefix("sample")
    else:
        verb += "s"
    return f"{verb} {rest}"


def all_facts():
    """(label, answer, ways to ask); the last way is held out of training."""
    made = []
    for program, (does, *wants) in facts.PROGRAMS.items():
        answer = f"{program} {does}."
        ways = [f"What does {program} do?", f"What is {program}?", f"What is {program} for?"]
        ways += [form.format(want) for want in wants for form in ("Which program can {}?", "How can I {}?", "I want to {}.")]
        made.append(("program", answer, ways + [f"Tell me about {program}."]))
    for program, options in facts.OPTIONS.items():
        for option, text in options.items():
            answer = f"In {program}, {option} {third(text)}."
            made.append(("option", answer, (
                f"What does {option} do in {program}?", f"What is {option} in {program}?", f"What does {program} {option} do?",
                f"What is the option {option} of {program}?", f"Explain {option} of {program}.")))
            made.append(("option", answer, (
                f"Which option of {program} {third(text)}?", f"How can {program} {text}?", f"How do I make {program} {text}?",
                f"I want {program} to {text}.", f"With which option does {program} {text}?")))
    for status, (means, _) in facts.EXITS.items():
        answer = f"Exit status {status} means {means}."
        made.append(("exit", answer, (
            f"What does exit status {status} mean?", f"What is exit status {status}?", f"The exit status was {status}. What does that mean?",
            f"A program ended with {status}. Why?", f"Explain exit status {status}.")))
        made.append(("exit", answer, (f"Which exit status means {means}?", f"What is the exit status for {means.removeprefix('that ')}?",
            f"Name the exit status that means {means}.")))
    for message, means in facts.MESSAGES.items():
        made.append(("message", means, (
            f"What does \"{message}\" mean?", f"It says: {message}. What is wrong?", f"Why do I get \"{message}\"?", f"Explain the message \"{message}\".")))
    for option, (program, what, value, _) in facts.DEFAULTS.items():
        made.append(("default", f"In {program}, {option} is {value} by default.", (
            f"What is the default of {option} in {program}?", f"What is the default {what} of {program}?", f"Which {what} has {program} by default?",
            f"What does {program} take for {option} by default?", f"Tell me the default {what} of {program}.")))
    for answer, ways, _, _ in facts.MORE:
        made.append(("more", answer, ways))
    for answer, ways in facts.SMALL_TALK:
        made.append(("small-talk", answer, ways))
    return tuple(made)


FACTS = all_facts()


def manual(draw, held=False):
    doc = Doc(draw)
    for _ in range(1 if held else draw.whole(1, 4)):
        label, answer, ways = draw.pick(FACTS)
        doc.user(some_way(draw, ways, held))
        doc.reply(answer, label)
    return doc


def untrue(pages):
    """What the facts say that the manual pages do not: texts."""
    wrong = []

    def must(page, holds, what):
        if page not in pages or not holds(pages[page]):
            wrong.append(f"{page}: no {what}")

    for program in facts.PROGRAMS:
        must(program + ".1", bool, "such page")
    for program, options in facts.OPTIONS.items():
        for option in options:
            must(program + ".1", lambda page: option in page.options, f"option {option}")
    for status, (_, program) in facts.EXITS.items():
        must(program + ".1", lambda page: status in page.statuses, f"exit status {status}")
    for option, (program, _, _, words) in facts.DEFAULTS.items():
        must(program + ".1", lambda page: option in page.options and words in page.text, f"'{words}'")
    for _, _, page, words in facts.MORE:
        must(page, lambda page: words in page.text, f"'{words}'")
    return wrong
