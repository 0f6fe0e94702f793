"""Questions about the programs, with one-sentence answers."""
from . import facts, ways_facts, ways_manual
from .doc import Doc
from .story import some_way
from .words import ANIMALS, CITIES, COLOURS, Cast, a, made_up


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


DOUBLED = frozenset("begin chat distil drop forbid get run set".split())  # their last letter, before -ing


def gerund(phrase):
    """ "set the date" to "setting the date"."""
    verb, _, rest = phrase.partition(" ")
    if verb == "never":
        return "never " + gerund(rest)
    if verb in DOUBLED:
        verb += verb[-1]
    elif verb.endswith("e") and not verb.endswith("ee"):
        verb = verb[:-1]
    return f"{verb}ing {rest}"


# What is in no page; the answer owns to it.
UNKNOWN = "I do not know that. I tell stories and know ll."
STRANGE = (
    "What is the capital of {city}?", "Where is {city}?", "How far is it to {city}?", "Who lives in {city}?", "What can I see in {city}?",
    "How old is {name}?", "Who is {name}?", "Where does {name} live?", "What is the name of my {animal}?", "When was {name} born?",
    "Do you know {name}?", "What does {name} think about {city}?", "Who wrote the book about {name}?", "Is {name} at home?",
    "How heavy is a {thing}?", "What is a {thing}?", "How is a {thing} made?", "Who made the first {thing}?", "How much is a {thing}?",
    "Can I eat a {thing}?", "Why is the {thing} {colour}?", "What is the best {thing}?", "Where can I buy a {thing}?",
    "How many legs has a {animal}?", "How fast is a {animal}?", "What does a {animal} eat?", "Why do people like a {animal}?",
    "Can a {animal} fly?", "Why is the sky {colour}?", "Who was the first king of {city}?", "What happened in the year {year}?",
    "Who won in {year}?", "Which film is from {year}?", "What is the news?", "What time is it?", "How is the weather in {city}?",
    "Is there life on the moon?", "How does a plane fly?", "Who is the president?", "What do you think about {city}?",
    "Tell me a joke.", "Tell me a joke about a {animal}.", "Sing a song about {city}.", "Write a poem about {city}.",
    "Write a letter to {name}.", "Translate {thing} into French.", "How do you say {thing} in German?", "What is {thing} in Spanish?",
    "Help me with my {thing}.", "What shall I cook today?", "How do I cook a {animal}?", "Explain the {thing} to me.",
    "Write a program that draws a {thing}.", "What does {word} mean?", "What is {word}?", "Do you like {thing}s?", "What is love?",
    "What is the square root of {year}?", "What is {year} times {year}?", "Give me the history of {city}.",
    "Which language do they speak in {city}?", "Where did {name} put the {thing}?",
)


def strange(draw, held):
    """Something that it was never told, and what it says then."""
    cast = Cast(draw, held)
    cast.mode = None if cast.mode == "pair" else cast.mode
    way = some_way(draw, STRANGE, held, ways_manual.STRANGE)
    city, name, animal, thing, colour = draw.pick(CITIES), cast.name(), draw.pick(ANIMALS), cast.thing(), draw.pick(COLOURS)
    return way.format(
        city=city, name=name, animal=animal, thing=thing, colour=colour, an_animal=a(animal), a_thing=a(thing),
        word=made_up(draw), year=1800 + draw.below(230)), UNKNOWN


OF_PROGRAM = (
    "What does {} do?", "What is {}?", "What is {} for?", "What can {} do?", "What can I do with {}?", "Explain {}.", "When do I need {}?",
    "Why would I use {}?", "Do you know {}?", "{}: what is that?",
)
DOES = (
    "Which program {}?", "What {}?", "Which of the programs {}?", "What is the program that {}?", "Is there a program that {}?",
    "I need a program that {}.", "Tell me which program {}.",
)
WANTS = (
    "Which program can {}?", "How can I {}?", "I want to {}.", "How do I {}?", "What do I use to {}?", "I need to {}.",
    "Is there a program to {}?", "Which program do I need to {}?", "With which program can I {}?", "I would like to {}.", "Can I {}?",
    "What can {}?", "Which tool can {}?", "How to {}?", "What is the way to {}?", "Please {}.", "Can you {}?",
)


def filled(forms, **words):
    return tuple(form.format(**words) for form in forms)


def all_facts():
    """(label, answer, ways to ask, ways with choices); the last way to ask is held out of training."""
    made = []
    for program, (does, *wants) in facts.PROGRAMS.items():
        answer = f"{program} {does}."
        ways = [form.format(program) for form in OF_PROGRAM] + [form.format(does) for form in DOES]
        ways += [form.format(want) for want in wants for form in WANTS]
        many = filled(ways_manual.OF_PROGRAM, p=program) + filled(ways_manual.DOES, does=does)
        for want in wants:
            many += filled(ways_manual.WANTS, want=want, doing=gerund(want))
        made.append(("program", answer, ways + [f"Tell me about {program}."], many))
    for program, options in facts.OPTIONS.items():
        for option, text in options.items():
            answer = f"In {program}, {option} {third(text)}."
            made.append(("option", answer, (
                f"What does {option} do in {program}?", f"What is {option} in {program}?", f"What does {program} {option} do?",
                f"What is the option {option} of {program}?", f"What is {option} of {program} for?", f"What does {option} of {program} do?",
                f"What does the option {option} of {program} mean?", f"When do I need {option} of {program}?",
                f"What happens with {option} in {program}?", f"{program} {option}: what is that?", f"Tell me about {option} of {program}.", f"Explain {option} of {program}."),
                filled(ways_manual.OPTION, p=program, o=option)))
            made.append(("option", answer, (
                f"Which option of {program} {third(text)}?", f"How can {program} {text}?", f"How do I make {program} {text}?",
                f"I want {program} to {text}.", f"What is the option of {program} that {third(text)}?", f"How do I {text} with {program}?",
                f"Which option of {program} do I need to {text}?", f"Can {program} {text}?", f"Is there an option of {program} to {text}?",
                f"I want to {text} with {program}.", f"How to {text} with {program}?", f"Tell me how {program} can {text}.", f"With which option does {program} {text}?"),
                filled(ways_manual.OPTION_FOR, p=program, want=text, does=third(text), doing=gerund(text))))
    for status, (means, _) in facts.EXITS.items():
        answer = f"Exit status {status} means {means}."
        made.append(("exit", answer, (
            f"What does exit status {status} mean?", f"What is exit status {status}?", f"The exit status was {status}. What does that mean?", f"Why do I get exit status {status}?",
            f"What is the meaning of exit status {status}?", f"The program ended with status {status}. What is wrong?", f"Tell me about exit status {status}.",
            f"A program ended with {status}. Why?", f"Explain exit status {status}."), filled(ways_manual.STATUS, status=status)))
        made.append(("exit", answer, (f"Which exit status means {means}?", f"What exit status means {means}?", f"Which status is {means.removeprefix('that ')}?", f"What is the exit status for {means.removeprefix('that ')}?",
            f"Name the exit status that means {means}."), filled(ways_manual.STATUS_FOR, means=means, bare=means.removeprefix("that "))))
    for message, means in facts.MESSAGES.items():
        made.append(("message", means, (
            f"What does \"{message}\" mean?", f"It says: {message}. What is wrong?", f"What is wrong when it says \"{message}\"?", f"I see this message: {message}",
            f"What is the message \"{message}\"?", f"The program said: {message}. Why?", f"Why do I get \"{message}\"?", f"Explain the message \"{message}\"."),
            filled(ways_manual.MESSAGE, m=message)))
    for option, (program, what, value, _) in facts.DEFAULTS.items():
        made.append(("default", f"In {program}, {option} is {value} by default.", (
            f"What is the default of {option} in {program}?", f"What is the default {what} of {program}?", f"Which {what} has {program} by default?", f"What is the {what} of {program} by default?", f"How is {option} of {program} set by default?",
            f"What is the default of the {what} in {program}?",
            f"What does {program} take for {option} by default?", f"Tell me the default {what} of {program}."),
            filled(ways_manual.DEFAULT, p=program, o=option, what=what)))
    for answer, ways, _, _ in facts.MORE:
        made.append(("more", answer, ways, ways_facts.of(answer)))
    for answer, ways in facts.SMALL_TALK:
        made.append(("small-talk", answer, ways, ways_facts.of(answer)))
    return tuple(made)


FACTS = all_facts()
# What is asked most stands several times.
OFTEN = {"program": 5, "more": 2, "small-talk": 5}
DRAWN = tuple(fact for fact in FACTS for _ in range(OFTEN.get(fact[0], 1)))
OFTEN_FREE = {"program": 6, "exit": 2, "message": 3, "default": 3, "more": 6, "small-talk": 10}
DRAWN_FREE = tuple(fact for fact in FACTS for _ in range(OFTEN_FREE.get(fact[0], 1)))


def manual(draw, held=False):
    doc = Doc(draw)
    for _ in range(1 if held else draw.whole(1, 4)):
        if draw.chance(0.16 if draw.free else 0.12):
            ask, answer = strange(draw, held)
            doc.user(ask)
            doc.reply(answer, "unknown")
            continue
        label, answer, ways, many = draw.pick(DRAWN_FREE if draw.free else DRAWN)
        doc.user(some_way(draw, ways, held, many))
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
