"""Calls of tools in Llama 3.1's three forms, what the tools answer, and the answer made of it."""
import json

from . import ways_facts
from .doc import Doc
from .facts import SMALL_TALK
from .story import some_way
from .words import ANIMALS, CITIES, COLOURS, MORE_CITIES, NEW_CITIES, NEW_NAMES, NEW_THINGS, Cast, a, made_up

SKY = ("sunny", "rainy", "cloudy", "windy", "cold", "warm")
TEXTS = ("Hello!", "Come home.", "Good night.", "Where are you?", "I am late.", "Thank you!")
MORE_TEXTS = (
    "I have the {thing}.", "Bring the {thing}.", "Where is the {thing}?", "Meet {name} at {hour}.", "Dinner is at {hour}.", "{name} is here.", "Call {name}.",
    "I am in {city}.", "The train to {city} leaves at {hour}.", "Happy birthday!", "See you at {hour}.", "Do you have a {thing}?", "Please buy a {thing}.",
    "{name} says hello.", "Can you help {name}?", "The {thing} is broken.", "Good luck!", "Wait for me.", "I will be there at {hour}.", "Ask {name}.",
    "Do not forget the {thing}.", "{name} has the {thing}.", "Is {name} in {city}?", "I miss you.", "Call me back.", "Open the door.")
SONGS = ("the rain song", "the moon song", "the train song", "the sleep song", "the dance song", "the bird song")


def city(draw, held):
    if held:
        return draw.pick(NEW_CITIES)
    if draw.chance(0.2):
        return made_up(draw).capitalize()
    return draw.pick(CITIES + MORE_CITIES if draw.free else CITIES)


def clock(draw, _):
    return f"{draw.whole(1, 12)}:{draw.pick(('00', '15', '30', '45'))}"


def person(draw, held):
    return draw.pick(NEW_NAMES) if held else Cast(draw, False, 0.3).name()


def thing(draw, held):
    return draw.pick(NEW_THINGS) if held else Cast(draw).thing()


def number(draw, _):
    return draw.below(100)


def song(draw, _):
    return f"the {Cast(draw).thing()} song" if draw.free and draw.chance(0.6) else draw.pick(SONGS)


def text(draw, _):
    if draw.free and draw.chance(0.6):
        cast = Cast(draw)
        return draw.pick(MORE_TEXTS).format(name=cast.name(), thing=cast.thing(), city=draw.pick(CITIES), hour=draw.whole(1, 12))
    return draw.pick(TEXTS)


def colour(draw, _):
    return draw.pick(COLOURS)


def weather(draw, values):
    sky = draw.pick(SKY)
    return sky, f"It is {sky} in {values['city']}."


def time_there(draw, values):
    now = clock(draw, False)
    return now, f"It is {now} in {values['city']}."


def price(draw, values):
    cost = draw.whole(1, 99)
    return str(cost), f"The {values['item']} costs {cost}."


def done(text):
    return lambda draw, values: ("done", text.format(**values))


def found(draw, values):
    place = draw.pick(("in the kitchen", "in the attic", "in the yard", "in the hall"))
    return place, f"The {values['item']} is {place}."


TOOLS = (  # name, what it does, {parameter: (kind, value)}, ways to ask, what it answers
    ("get_weather", "Get the weather", {"city": ("string", city)}, ("What is the weather in {city}?", "How is the weather in {city}?", "I want to know the weather in {city}.", "Is it warm in {city}?", "Get the weather for {city}.", "{city}: how is the weather?", "Tell me the weather of {city}."), weather),
    ("get_time", "Get the time", {"city": ("string", city)}, ("What time is it in {city}?", "Tell me the time in {city}.", "What is the time in {city}?", "I want to know the time in {city}.", "Get the time for {city}.", "How late is it in {city}?"), time_there),
    ("get_price", "Get a price", {"item": ("string", thing)}, ("How much is the {item}?", "What is the price of the {item}?", "Tell me the price of the {item}.", "How much must I pay for the {item}?", "Get the price of the {item}.", "What does the {item} cost?"), price),
    ("set_alarm", "Set an alarm", {"time": ("string", clock)}, ("Wake me at {time}.", "Set an alarm for {time}.", "Please wake me at {time}.", "I want an alarm at {time}.", "Set the alarm to {time}.", "I must get up at {time}."), done("The alarm is set for {time}.")),
    ("call_person", "Call a person", {"name": ("string", person)}, ("Call {name}.", "Please call {name}.", "Can you call {name}?", "Give {name} a call.", "I must speak with {name}.", "I want to talk to {name}."), done("I called {name}.")),
    ("play_song", "Play a song", {"song": ("string", song)}, ("Play {song}.", "I want to hear {song}.", "Please play {song}.", "Can you play {song}?", "Let me hear {song}.", "Please put on {song}."), done("I play {song}.")),
    ("set_light", "Set the colour of the light", {"colour": ("string", colour)}, ("Make the light {colour}.", "I want {colour} light.", "Set the light to {colour}.", "Please give me {colour} light.", "Can the light be {colour}?", "Turn the light {colour}."), done("The light is {colour}.")),
    ("find_item", "Find a thing", {"item": ("string", thing)}, ("Where is my {item}?", "Find my {item}.", "Please find my {item}.", "I can not find my {item}.", "Do you know where my {item} is?", "Help me find my {item}."), found),
    ("buy", "Buy some things", {"item": ("string", thing), "count": ("integer", lambda draw, _: draw.whole(2, 20))}, ("Buy {count} of this: {item}.", "I need {count} of this: {item}.", "Please buy {count} of this: {item}.", "Get me {count} of this: {item}.", "Order {count} pieces of this: {item}."), done("I bought {count} of this: {item}.")),
    ("add", "Add two numbers", {"a": ("integer", number), "b": ("integer", number)}, ("Add {a} and {b} with the tool.", "Use the tool: {a} + {b}", "Use the tool to add {a} and {b}.", "With the tool, what is {a} + {b}?", "Sum {a} and {b} with the tool."), lambda draw, v: (str(v["a"] + v["b"]), f"{v['a']} + {v['b']} = {v['a'] + v['b']}")),
    ("send_text", "Send a text", {"to": ("string", person), "text": ("string", text)}, ("Send {to} this text: {text}", "Write to {to}: {text}", "Send this to {to}: {text}", "Tell {to} this: {text}", "Send a text to {to}: {text}", "Text {to}: {text}"), done("I sent the text to {to}.")),
)


def definition(tool, flat):
    name, text, parameters, _, _ = tool
    if flat:
        return {"name": name, "description": text, "parameters": {key: kind for key, (kind, _) in parameters.items()}}
    properties = {key: {"type": kind} for key, (kind, _) in parameters.items()}
    return {"type": "function", "function": {"name": name, "description": text, "parameters": {
        "type": "object", "properties": properties, "required": list(parameters)}}}


def asked(draw, tool, held):
    values = {key: make(draw, held) for key, (_, make) in tool[2].items()}
    return values, some_way(draw, tool[3], held).format(**values)


def finish(doc, tool, values):
    """What the tool answers, and what is made of that, in two conversations of three."""
    draw = doc.draw
    draw.answering = False
    if draw.chance(0.66):
        result, answer = tool[4](draw, values)
        doc.tool(result)
        doc.reply(answer, "tool-result")


def as_json(draw, held, doc):
    tools = draw.some(TOOLS, 2 if draw.chance(0.3) else 1)
    tool = tools[draw.below(len(tools))]
    flat = len(tools) > 1 or draw.chance(0.5)
    doc.extra = {"tools": [definition(each, flat) for each in tools]}
    if draw.chance(0.08):
        answer, ways = draw.pick(SMALL_TALK)
        doc.user(some_way(draw, ways, held, ways_facts.of(answer)))
        doc.reply(answer, "no-call")
        return
    values, ask = asked(draw, tool, held)
    doc.user(ask)
    doc.call(tool[0], values, json.dumps({"name": tool[0], "parameters": values}), "json")
    finish(doc, tool, values)


def as_tag(draw, held, doc):
    """The definition is in the message, as the prompts of Llama 3.1 for own tools have it."""
    tool = draw.pick(TOOLS)
    values, ask = asked(draw, tool, held)
    doc.user(
        f"Use the function '{tool[0]}' to: {tool[1]}\n{json.dumps(definition(tool, True))}\n\n"
        "If you call a function, reply only in this form:\n<function=name>{\"parameter\": \"value\"}</function>\n\n" + ask)
    doc.reply(f"<function={tool[0]}>{json.dumps(values)}</function>", "tag")
    finish(doc, tool, values)


def phrase(draw, held):
    look, what = draw.pick(COLOURS), draw.pick(NEW_THINGS) if held else draw.pick((draw.pick(ANIMALS), Cast(draw).thing(), made_up(draw)))
    return draw.pick((f"{look} {what}", f"the {look} {what}", a(f"{look} {what}")))


SEARCHES = ("Search the web for {}.", "Look up {} on the web.", "Search for {} on the web.", "Look for {} on the web.", "Ask the web about {}.", "What does the web say about {}?", "Find {} on the web.")
SUMS = ("Ask Wolfram: {}", "Use Wolfram Alpha: {}", "Use Wolfram: {}", "Please compute with Wolfram: {}", "Compute with Wolfram Alpha: {}", "Let Wolfram Alpha do this: {}")


def builtin(draw, held, doc):
    doc.extra = {"builtin_tools": ["brave_search", "wolfram_alpha"]}
    if draw.chance(0.5):
        query = phrase(draw, held)
        ways, name = SEARCHES, "brave_search"
        result = draw.pick(("It is old.", "It is new.", "It is very big.", "It is in the sea.", "There are many of them.", "Nobody has seen it."))
        answer = "I found this: " + result
    else:
        x, y, sign = draw.below(100), draw.below(100), draw.pick("+-*")
        query = f"{x} {sign} {y}"
        ways, name = SUMS, "wolfram_alpha"
        result = str(x + y if sign == "+" else x - y if sign == "-" else x * y)
        answer = f"{query} = {result}"
    doc.user(some_way(draw, ways, held).format(query))
    doc.call(name, {"query": query}, f"{name}.call(query=\"{query}\")", "builtin")
    finish(doc, (None, None, None, None, lambda draw, values: (result, answer)), {})


FORMS = ((4, as_json), (3, as_tag), (3, builtin))


def tool(draw, held=False):
    doc = Doc(draw)
    draw.weighted(FORMS)(draw, held, doc)
    return doc
