"""More ways to ask, and more names and things: what a draw that is wide chooses from, too.

MORE has further ways of what story.py, skill.py, tool.py and facts.py ask; a list is known by
its first way. FORMS makes one question into others, FRAMES puts words before or behind. The
last way of a list, which is for tests alone, is never made.
"""
import re

from .ways import MANY, spelled

MORE = {
    # sums
    "What is {x} + {y}?": (
        "{x} and {y} make what?", "{x} and {y} together", "what's {x}+{y}", "What's {x} + {y}?", "calculate {x} + {y}", "Work out {x} plus {y}.",
        "How much do {x} and {y} make?", "Add {y} to {x}.", "If I add {x} and {y}, what do I get?", "{x} + {y} is what?", "Put {x} and {y} together.",
        "The sum of {x} and {y}?", "What do you get from {x} plus {y}?", "Solve {x} + {y}", "{x} + {y} ="),
    "What is {x} - {y}?": (
        "{x} less {y}", "what's {x}-{y}", "What's {x} - {y}?", "calculate {x} - {y}", "Work out {x} minus {y}.", "What is left of {x} without {y}?",
        "Take away {y} from {x}.", "If I take {y} from {x}, what is left?", "{x} - {y} is what?", "The difference of {x} and {y}?",
        "What is {x} less {y}?", "Solve {x} - {y}", "What is the difference between {x} and {y}?", "{x} - {y} ="),
    "{name} has {x} {fruit} and gets {y} more. How many {fruit} does {name} have now?": (
        "{name} has {x} {fruit}. {name} gets {y} more. How many {fruit} has {name}?", "{name} had {x} {fruit} and got {y} more. How many are there now?",
        "{name} has {x} {fruit}, then finds {y} more. How many {fruit} does {name} have?", "If {name} has {x} {fruit} and buys {y} more, how many does {name} have?",
        "{name} has {x} {fruit}. A friend gives {name} {y}. How many {fruit} are that?", "There are {x} {fruit} in the bag of {name}. {name} puts {y} more in. How many are in it?",
        "{name} picks {x} {fruit} and then {y}. How many {fruit} does {name} have in all?"),
    "{name} has {x} {fruit} and gives away {y}. How many {fruit} does {name} have now?": (
        "{name} has {x} {fruit}. {name} gives {y} away. How many {fruit} are left?", "{name} had {x} {fruit} and lost {y}. How many are left?",
        "{name} has {x} {fruit} and eats {y}. How many {fruit} does {name} have?", "If {name} has {x} {fruit} and sells {y}, how many are left?",
        "{name} has {x} {fruit}. {y} are taken away. How many has {name} now?", "From {x} {fruit}, {name} uses {y}. How many are left?",
        "{name} has {x} {fruit}, but {y} are gone. How many {fruit} does {name} still have?"),
    # numbers
    "Which is bigger, {x} or {y}?": (
        "Which is larger, {x} or {y}?", "Is {x} bigger than {y}?", "What is more, {x} or {y}?", "Which is greater: {x} or {y}?", "bigger: {x} or {y}",
        "Tell me the bigger one of {x} and {y}.", "Which of {x} and {y} is bigger?", "Name the larger number: {x} or {y}?", "Which number is greater, {x} or {y}?",
        "{x} and {y}, which is more?", "The bigger number of {x} and {y}?", "Which of the two is larger, {x} or {y}?", "What is the larger of {x} and {y}?"),
    "Which is smaller, {x} or {y}?": (
        "Is {x} smaller than {y}?", "What is less, {x} or {y}?", "Which is less: {x} or {y}?", "smaller: {x} or {y}", "Tell me the smaller one of {x} and {y}.",
        "Which of {x} and {y} is smaller?", "Name the smaller number: {x} or {y}?", "Which number is less, {x} or {y}?", "{x} and {y}, which is less?",
        "The smaller number of {x} and {y}?", "Which of the two is smaller, {x} or {y}?", "What is the smaller of {x} and {y}?"),
    "Count down from {x}, {n} steps.": (
        "Count backward from {x}, {n} steps.", "Count down {n} steps from {x}.", "{n} steps down from {x}", "Begin at {x} and go down {n} steps.", "Start at {x} and count down {n} steps.",
        "Go back {n} steps from {x}.", "Give me {n} steps down from {x}.", "From {x} go {n} steps down.", "Start with {x} and take {n} steps back."),
    "Count on from {x}, {n} steps.": (
        "Count up from {x}, {n} steps.", "Count up {n} steps from {x}.", "{n} steps up from {x}", "Begin at {x} and go up {n} steps.", "Start at {x} and count {n} steps.",
        "Count forward {n} steps from {x}.", "Give me {n} steps up from {x}.", "From {x} go {n} steps up.", "Start with {x} and take {n} steps on."),
    # days and months
    "Which {what} comes after {at}?": (
        "after {at} comes what?", "What {what} is it after {at}?", "If today is {at}, which {what} is next?", "What comes next after {at}?", "The {what} after {at}?", "Which {what} is next to come after {at}?",
        "Say the {what} that comes after {at}.", "What is the {what} after {at}?", "Name the next {what} after {at}.", "It is {at}. What is the next {what}?",
        "Which one comes right after {at}?", "What {what} is right after {at}?", "Give me the {what} that follows {at}."),
    "Which {what} comes before {at}?": (
        "before {at} comes what?", "What {what} is it before {at}?", "If now is {at}, which {what} was last?", "The {what} before {at}?", "Say the {what} that comes before {at}.",
        "Name the last {what} before {at}.", "It is {at}. What was the {what} before?", "Which one comes right before {at}?", "What {what} is right before {at}?", "Which {what} was before {at}?",
        "Give me the {what} that is ahead of {at}.", "Which {what} leads to {at}?", "What {what} stands just before {at}?"),
    # lists
    "Copy this list: {row}": (
        "Write this again: {row}", "Repeat after me: {row}", "Say: {row}", "Say the same: {row}", "Type this list: {row}", "Give the list back: {row}", "Repeat these words: {row}",
        "Copy these words: {row}", "Write down: {row}", "Say these words again: {row}", "The same list again: {row}", "Copy exactly: {row}", "Once more: {row}"),
    "Reverse this list: {}": (
        "Reverse these words: {}", "List these backwards: {}", "Backwards: {}", "Write this list the other way round: {}", "Begin with the last and end with the first: {}",
        "Put these in reverse order: {}", "In reverse order: {}", "Say this list in reverse order: {}", "Flip this list: {}", "Turn these around: {}", "From last to first: {}",
        "Go through this list from the end: {}", "Write these words backwards: {}", "What is this list backwards: {}?"),
    "How many items are in this list: {}?": (
        "How many words are in this list: {}?", "Count the words: {}", "How long is this list: {}?", "Say how many: {}", "What is the number of items in {}?", "Count: {}",
        "How many things are these: {}?", "How many do I have here: {}?", "Count this list: {}", "The number of words here: {}", "How many is that: {}?", "{}: how many are these?", "Give the count of this list: {}"),
    "What is the {n} item: {row}?": (
        "Which word is {n}: {row}?", "The {n} of {row}?", "Take the {n} item of this list: {row}", "Find the {n} word: {row}", "Pick the {n} of these: {row}", "What is {n} in the list {row}?",
        "In the list {row}, which is the {n}?", "{row}: what is the {n} one?", "Which one is {n}: {row}?", "What do I find {n} in this list: {row}?", "Name the {n} word: {row}", "The {n} item, please: {row}"),
    "Is {word} in this list: {row}?": (
        "Can you find {word} in this list: {row}?", "Do you see {word} here: {row}?", "{word}: is it in {row}?", "Is {word} part of this list: {row}?", "Is {word} among these: {row}?",
        "The list is {row}. Is {word} in it?", "Find {word} in this list: {row}", "Are these with {word}: {row}?", "I have {row}. Do I have {word}?", "Does {row} have {word} in it?",
        "Is the word {word} here: {row}?"),
    # letters
    "Spell {word}.": (
        "How do I spell {word}?", "What letters are in {word}?", "Spell {word} for me.", "Write {word} letter by letter.", "Say {word} letter by letter.", "spelling of {word}",
        "What is the spelling of {word}?", "How is {word} written?", "Which letters are in the word {word}?", "Give me the letters of {word}.", "The letters of {word}?", "Take {word} apart into letters.",
        "Letter by letter: {word}", "With which letters do I write {word}?"),
    "Reverse the word {word}.": (
        "Write the word {word} in reverse.", "{word} backwards", "{word} in reverse", "Spell the word {word} backwards.", "What is {word} backwards?", "How is {word} spelled backwards?", "Turn {word} around.", "Give me {word} backwards.",
        "Flip the word {word}.", "Write {word} the other way round.", "Say {word} in reverse.", "{word} from the last letter to the first", "Read {word} backwards.", "What do you get when {word} is reversed?"),
    "What is the {which} letter of {word}?": (
        "{which} letter of {word}", "The {which} letter of {word}?", "What letter is {which} in {word}?", "Which letter has {word} {which}?", "Say the {which} letter of {word}.", "With which letter is {word} {which}?",
        "What is the {which} letter in the word {word}?", "Find the {which} letter of {word}.", "Which is the {which} letter in {word}?", "{word}: what is the {which} letter?", "Can you name the {which} letter of {word}?"),
    # who has what, what lies where
    "Who has the {thing}?": (
        "Who is the owner of the {thing}?", "Who has got the {thing}?", "Who got the {thing}?", "Which of them has the {thing}?", "Whose {thing} is it?", "With whom is the {thing}?", "Name the owner of the {thing}.",
        "Which person has the {thing}?", "Say who has the {thing}.", "Who does the {thing} belong to?", "The {thing} is whose?", "Who keeps the {o}?", "Who does have the {o}?"),
    "What does {name} have?": (
        "What has {name} got?", "What has {name}?", "What thing does {name} have?", "What belongs to {name}?", "Say what {name} has.", "What is it that {name} owns?", "{name} has what?", "What do we know that {name} has?",
        "Which thing is {name}'s?", "What is in the hands of {name}?", "Which thing belongs to {name}?"),
    "What colour is the {thing}?": (
        "What color is the {thing}?", "Which color is the {thing}?", "The {thing} has which colour?", "Say the colour of the {thing}.", "What is the color of the {thing}?", "Name the colour of the {thing}.",
        "What colour does the {thing} have?", "How is the {thing} coloured?", "The colour of the {thing}?"),
    "Which thing is {look}?": (
        "What thing is {look}?", "Which one is {look}?", "Which is the {look} one?", "What do you see that is {look}?", "Find the {look} one.", "Say which thing is {look}.", "Is there something {look}?", "What has the colour {look}?"),
    "Where is the {thing}?": (
        "Where did I put the {thing}?", "Where can the {thing} be found?", "Where to find the {thing}?", "At what place is the {thing}?", "Find the {thing}.", "Can you see where the {thing} is?", "Where should I look for the {thing}?",
        "I look for the {thing}. Where is it?", "The {thing} is where?", "Where was the {thing} put?", "Say where the {thing} is."),
    "What is {spot}?": ("What do I see {spot}?", "What lies {spot}?", "What did I put {spot}?", "What can you see {spot}?", "Say what is {spot}.", "Which thing lies {spot}?", "What was put {spot}?", "Is there something {spot}?"),
    "Who has the {thing} now?": ("Where is the {thing} now?", "Who is the owner of the {thing} now?", "Now who has the {thing}?", "Who has got the {thing} now?", "At the end, who has the {thing}?", "Who has the {thing} in the end?", "Who got the {thing}?"),
    "Who had the {thing} first?": ("Who had the {thing} before?", "Who was the first owner of the {thing}?", "First, who had the {thing}?", "At the start, who had the {thing}?", "Who owned the {thing} before?", "Whose {thing} was it first?"),
    "Who gave the {thing} away?": ("From whom is the {thing}?", "Who did give the {thing} away?", "Say who gave the {thing} away.", "Who let go of the {thing}?", "Who handed over the {thing}?"),
    "Who has the {other}?": ("Who has got the {other}?", "Who is the owner of the {other}?", "Which of them has the {other}?", "Who does the {other} belong to?", "Who keeps the {p}?", "Say who has the {other}."),
    # stories
    "Write a story about {c} and {ao}.": (
        "{c}, {ao}: tell a story.", "A story with {c} and {ao}", "Story: {c} and {ao}", "I'd like a story about {c} and {ao}.", "Tell me about {c} and {ao}.", "What happened to {c} and {ao}?", "Let {c} have {ao} in a story.",
        "{c} and {ao}", "story about {c}", "A story about a child called {c} and {ao}", "Please write something about {c} and {ao}.", "Tell the tale of {c} and {ao}.", "a story where {c} has {ao}",
        "Can I have a story about {c} with {ao}?", "Write a bedtime story about {c} and {ao}.", "Once there was {c}, who had {ao}. Go on.", "Tell me of {c} and the {o}.", "I know {c}. {c} has {ao}. Can you tell a story?",
        "My friend {c} has {ao}. Write a story about {c}.", "Let us hear about {c}, {h} and {ao}."),
    "Write a story about {c}, {f} and {ao}.": (
        "{c}, {f} and {ao}: tell a story.", "A story with {c}, {f} and {ao}", "I'd like a story about {c} and {f}.", "Tell me about {c} and {f}.", "What did {c} and {f} do with {ao}?", "{c} and {f}", "story about {c} and {f}",
        "Can I have a story about {c} and {f}?", "Please tell a story in which {c} meets {f}.", "Write of {c} and {f}, who are friends.", "A tale of two friends: {c} and {f}", "Tell me a bedtime story about {c} and {f}.",
        "My friends are {c} and {f}. Write a story about us.", "There are {c} and {f} and {ao}. What happens?"),
    "Write a story about {c} and a {size} {animal}.": (
        "A story about {c} and {an_animal}", "{c} and {an_animal}", "story with {an_animal}", "Tell me about {c} and {an_animal}.", "I'd like a story about {an_animal} and {c}.", "Can I have a story about {an_animal}?",
        "{c} meets {an_animal}. What happens?", "What happened when {c} found {an_animal}?", "{c} has found {an_animal}. Tell me more."),
    "Write a story about {c}, who is afraid of {fear}.": (
        "{c} fears {fear}. Tell a story.", "A story about {c}, who fears {fear}", "{c} is scared of {fear}. Write a story.", "Write about a child called {c}, who is scared of {fear}.", "How did {c}, who was afraid of {fear}, become brave?",
        "Can I have a story about {c}, who is afraid of {fear}?", "A brave child named {c} and {fear}"),
    "Write a story about {c}, who wants to make {dish}.": (
        "{c} wants to make {dish}. Tell a story.", "{c} and {f} make {dish}. Write a story.", "A story about {c} and {dish}", "How did {c} make {dish}?", "Tell me how {c} and {f} made {dish}.", "story about {dish}", "Can I have a story in which {c} makes {dish}?"),
    "Write a story about {c}, who wants to {skill}.": (
        "How did {c} learn to {skill}?", "A story about {c}, who learns to {skill}", "{c} learns to {skill}. Tell a story.", "Write about a child named {c}, who can not {skill}.", "Can I have a story about {c}, who wants to {skill}?", "{h} teaches {c} to {skill}. Tell a story."),
    "Who helped {c}?": ("Who was the helper of {c}?", "Who came to help {c}?", "Who was kind to {c}?", "From whom did {c} get help?", "Who gave {c} a hand?", "Which one helped {c}?"),
    "Where was {c}?": ("At what place was {c}?", "Where in the story was {c}?", "What was the place?", "Where did the story happen?", "{c} was where?"),
    "Where did {c} go?": ("Where was {c} going?", "What place did {c} go to?", "To what place did {c} go?", "{c} went where?", "Say where {c} went."),
    "What did {c} have?": ("What thing did {c} have?", "What was {c}'s?", "What belonged to {c}?", "{c} had what?", "Say what {c} had.", "What did {c} own?"),
    "Who had the {n}?": ("Who owned the {n}?", "Who was it who had the {n}?", "Who had the {o}?", "Which one had the {n}?", "Say who had the {n}.", "Who was the one with the {n}?"),
    "Whose {n} was it?": ("Who did the {n} belong to?", "The {n} was whose?", "Who was the owner of the {n}?", "Whose was the {o}?"),
    "How did the {n} look?": ("What did the {n} look like?", "Say how the {n} looked.", "What colour or size was the {n}?", "How was the {n}?", "What do we know of the {n}?"),
    "Where were they?": ("Where was it?", "Where did they meet?", "What was the place?", "Where did the story happen?"),
    "Who was the friend of {c}?": ("Who was {c}'s friend?", "What is the name of {c}'s friend?", "With whom was {c}?", "Who else was there with {c}?", "Say who the friend of {c} was."),
    "What did {f} have?": ("What thing did {f} have?", "What was {f}'s?", "What belonged to {f}?", "{f} had what?", "What did {f} own?"),
    "What did {c} lose?": ("What was lost?", "What could {c} not find?", "Which thing was gone?", "What did they look for?"),
    "Where was the {n}?": ("At what place was the {n}?", "Where did the {n} turn up?", "Where had the {n} been?", "Where was it?"),
    "Where did the {n} get stuck?": ("Where was the {n} stuck?", "At what place was the {n}?", "Where did the {n} hang?"),
    "What did {h} use?": ("With what did {h} get the {n} down?", "What did {h} take?", "What helped to get the {n} down?"),
    "What broke?": ("Which thing was broken?", "What was it that broke?", "What did {c} break?"),
    "What did they use to fix the {n}?": ("How was the {n} fixed?", "What was used to fix the {n}?"),
    "What fell into {mess}?": ("Which thing got dirty?", "Which thing fell into {mess}?", "What was dirty?"),
    "Where did the {n} fall?": ("What did the {n} fall into?", "How did the {n} get dirty?", "Into what did the {n} fall?"),
    "Who took the {n}?": ("By whom was the {n} taken?", "What animal took the {n}?", "Who was it that took the {n}?"),
    "What did the {animal} eat?": ("What was given to the {animal}?", "What food was it?", "What did the {animal} get?"),
    # tools
    "What is the weather in {city}?": ("weather in {city}", "How will the weather be in {city}?", "Does it rain in {city}?", "Weather of {city}, please.", "Can you check the weather in {city}?", "Do I need a coat in {city}?"),
    "What time is it in {city}?": ("time in {city}", "What is the time now in {city}?", "Can you tell me the time in {city}?", "Is it late in {city}?", "Which time is it in {city}?"),
    "How much is the {item}?": ("price of the {item}", "Is the {item} expensive?", "How much for the {item}?", "How much money is the {item}?", "Can you tell me the price of the {item}?", "What do I pay for the {item}?"),
    "Wake me at {time}.": ("alarm at {time}", "Wake me up at {time}.", "Can you wake me at {time}?", "Get me up at {time}.", "I need an alarm for {time}."),
    "Call {name}.": ("Phone {name}.", "I need to call {name}.", "Could you call {name}?", "Ring {name}.", "Let me talk to {name}.", "call {name} now"),
    "Play {song}.": ("Could you play {song}?", "Start {song}.", "Play me {song}.", "I would like to hear {song}.", "Sing {song}."),
    "Make the light {colour}.": ("Change the light to {colour}.", "light: {colour}", "Switch the light to {colour}.", "The light should be {colour}.", "I would like the light {colour}."),
    "Where is my {item}?": ("Where did I leave my {item}?", "I lost my {item}.", "Look for my {item}.", "Have you seen my {item}?", "Where can my {item} be?", "Please look for the {item}."),
    "Buy {count} of this: {item}.": ("Can you buy {count} of this: {item}?", "I want {count} of this: {item}.", "I would like to have {count} of this: {item}", "{count} of this, please: {item}.", "We need {count} pieces of this: {item}.", "Shop for {count} of this: {item}."),
    "Add {a} and {b} with the tool.": ("Let the tool add {a} and {b}.", "With the tool: {a} + {b}", "Ask the tool for {a} + {b}.", "Use the tool for the sum of {a} and {b}."),
    "Send {to} this text: {text}": ("Message {to}: {text}", "Please tell {to}: {text}", "Let {to} know: {text}", "A message to {to}: {text}", "Can you write {to} this: {text}", "To {to}: {text}", "Write this to {to}: {text}"),
    "Search the web for {}.": ("search {}", "Can you look for {} on the web?", "Search for {}.", "I want to read about {} on the web.", "What is on the web about {}?", "Web search: {}"),
    "Ask Wolfram: {}": ("Wolfram: {}", "Ask Wolfram Alpha for {}.", "Can Wolfram compute {}?", "What does Wolfram say to {}?", "With Wolfram: {}"),
    # small talk
    "Hello!": ("hi", "hello", "hey", "Hi", "Hey", "HELLO", "hi there", "Good evening!", "Good afternoon!", "good morning", "Hello, how are you?", "Hello my friend.", "Greetings!", "Hi, I am here.", "Hello, model!", "Hello again!", "yo", "hello?", "Hiya!"),
    "Who are you?": (
        "who are you", "what are you", "What is your name?", "what's your name?", "Are you a model?", "Are you a human?", "Are you a robot?", "Tell me about yourself.", "What kind of model are you?", "What do you do?", "what can you do", "help",
        "How can you help me?", "What can I ask you?", "What can I do with you?", "Can you help me?", "Say who you are.", "What is this model?", "What are you good at?"),
    "Thank you!": ("thanks", "thank you", "Thank you.", "Great, thanks!", "That is very nice of you.", "Well done!", "Very good!", "Nice, thank you!", "Cool, thanks.", "Good job!", "I thank you.", "thx", "Perfect, thank you."),
    "Bye!": ("bye", "goodbye", "Good night!", "See you later!", "See you tomorrow.", "I have to go.", "Good night.", "So long!", "That is all. Bye."),
    "What is the meaning of life?": ("How old are you?", "Where do you live?", "Do you like me?", "how are you", "How are you today?", "What's up?", "Where are you?", "Who made you?", "Do you sleep?", "What is your favourite colour?", "What day is it today?", "Can you see me?", "What am I thinking?"),
    "What is ll?": ("what is ll", "What can ll do?", "Why should I use ll?", "What are these programs?", "Can you explain ll to me?", "Is ll a program?", "What do I do with ll?"),
}

# What a question becomes: an expression, and what can stand for it.
FORMS = tuple((re.compile(f"^{found}$"), made) for found, made in (
    (r"What is (?!it\b)(.*)\?", (r"Can you tell me what \1 is?", r"I want to know what \1 is.", r"What's \1?", r"Do you know what \1 is?", r"Say what \1 is.")),
    (r"How do I (.*)\?", (r"How can I \1?", r"How could I \1?", r"How should I \1?", r"What must I do to \1?", r"Can you tell me how to \1?", r"I do not know how to \1.", r"Is there a way to \1?")),
    (r"Which (.*)\?", (r"Tell me which \1.", r"Do you know which \1?", r"Can you tell me which \1?", r"I want to know which \1.", r"Say which \1.")),
    (r"What does (.*) do\?", (r"What is \1 used for?", r"What is the use of \1?", r"What does \1 do for me?", r"What happens with \1?", r"I want to know what \1 does.")),
    (r"Where (was|were|is|are) (.*)\?", (r"Can you tell me where \2 \1?", r"I want to know where \2 \1.", r"Say where \2 \1.")),
    (r"Who (.*)\?", (r"Do you know who \1?", r"Can you tell me who \1?", r"Say who \1.", r"I want to know who \1.", r"Which person \1?")),
    (r"What (got|fell|broke|was) (.*)\?", (r"Do you know what \1 \2?", r"Which thing was it that \1 \2?")),
))
FRAMES = (  # {q} is the question, {Q} with the capital that it had
    "Please: {Q}", "Hey, {q}", "Hello! {Q}", "Hi! {Q}", "Now {q}", "And {q}", "Ok, {q}", "So, {q}", "Tell me: {Q}", "I ask you: {Q}", "My question is: {Q}", "One more: {Q}", "Next: {Q}", "{Q} Thank you.",
    "{Q} Please.", "Hi, {q}", "Hello, {q}", "Good. {Q}", "Can you do this: {Q}", "Well, {q}", "Dear model, {q}", "Quick: {Q}",
)

# The first syllable and the last of a word; the middle is of other words.
HEADS = "b c d f g h j k l m n p qu r s t v w x y z bl br ch cl cr dr fl fr gl gr kn ph pl pr sc sh sl sm sn sp st sw th tr tw wh wr str thr a e i o u".split()
LONGEST = 10


def wider(draw, ways, many=()):
    """One of these ways or, if the draw is wide, of all that there are; `many` has choices, for a free draw."""
    many = (many or MANY.get(ways[0], ())) if draw.free else ()
    if many and draw.chance(0.8):
        return spelled(draw, draw.pick(many))
    return draw.pick(tuple(ways) + MORE.get(ways[0], ()) if draw.wide else ways)


def likeness(way):
    """What is left of a phrasing where marks, blanks and capitals do not count."""
    return "".join(re.findall(r"\w", way)).lower()


def reworded(draw, way, never):
    """Another form of a question, or itself; `never` is not made."""
    if draw.chance(0.25):
        for found, made in FORMS:
            if found.match(way):
                other = found.sub(draw.pick(made), way)
                return way if other == never else other
    return way


def framed(draw, text, starts):
    """A question among other words; `starts` are words that lose their capital behind others."""
    small = text[0].lower() + text[1:] if text.split(" ", 1)[0] in starts else text
    return draw.pick(FRAMES).format(q=small, Q=text)


def blended(draw, words):
    """A word made of the beginning of one and the end of another, or of a syllable and an end."""
    while True:
        one, other = draw.pick(words).lower(), draw.pick(words).lower()
        begin = draw.pick(HEADS) if draw.chance(0.4) else one[:draw.whole(1, 4)]
        word = begin + other[-draw.whole(1, 4):]
        if draw.chance(0.2):
            word += draw.pick(words).lower()[-draw.whole(1, 3):]
        if 3 <= len(word) <= LONGEST and any(letter in "aeiouy" for letter in word):
            return word
