"""Stories of two friends, of animals, of fear and of making things. Slots as in beats.py."""

from .beats import LOOK, WENT, WHAT, WHERE, WHO_HELPED

PLOTS = {}

FRIENDS = (  # f is with c in all of these
    "{c} and {f} were friends.",
    "There were two friends, {c} and {f}.",
    "{c} had a friend. The friend was {f}.",
    "Once upon a time, there were two children, {c} and {f}.",
    "{c} and {f} lived in the same street.",
)
MEET = (
    "One {day}, {c} and {f} met {at}.",
    "One {day}, {c} and {f} went to {place}.",
    "It was a {day}, and {c} and {f} played {at}.",
    "They liked to play {at}.",
)
END = (
    "From that day on, {c} and {f} were best friends.",
    "{c} and {f} laughed and went home together.",
    "And {c} and {f} were happy.",
    "\"You are a good friend, {f},\" said {c}.",
    "{c} and {f} played until it was dark.",
)
THEY = (("Where were they?", "Where were {c} and {f}?", "At which place were they?", "Tell me where they were.", "In which place were they?"), "They were {at}.")
FRIEND = (("Who was the friend of {c}?", "Who was with {c}?", "Name the friend of {c}.", "What was the name of the friend of {c}?", "Which friend did {c} have?"), "The friend of {c} was {f}.")
HAD = (("What did {f} have?", "Which thing did {f} have?", "What was it that {f} had?", "Name the thing of {f}.", "Tell me what {f} had."), "{f} had {ao}.")
WHO_HAD = (("Who had the {n}?", "Who had {ao}?", "Tell me who had the {n}.", "Who in the story had {ao}?", "Which child had the {n}?"), "{f} had the {n}.")
WHOSE = (("Whose {n} was it?", "Whose {n} is this?", "Whose was the {n}?", "Who owned the {n}?", "To whom did the {n} belong?"), "It was {f}'s {n}.")
FRIEND_REQUESTS = (
    "Write a story about {c}, {f} and {ao}.",
    "Write a story about {c} and {f}.",
    "Write a story about {c} and {f} with {ao}.",
    "Write a story about two friends, {c} and {f}.",
    "{c} and {f} are friends. {f} has {ao}. Write a story.",
    "Tell me a story about {c} and {f}. {f} has {ao}.",
    "Please write about {c} and {f} and {ao}.",
    "Write a story about {c} and {f} {at}, with {ao}.",
    "Invent a story on {f}, {c} and {ao}.",
)

PLOTS["share"] = {
    "beats": (
        FRIENDS, MEET,
        ("{f} had {ao}, and {c} had nothing to play with.", "{f} had {ao}. {c} wanted to have it, too.",
         "{c} saw the {o} that {f} had. {c} wanted it so much."),
        ("\"May I have your {n}?\" asked {c}. \"No, the {n} is mine,\" said {f}.",
         "\"Can I play with the {n}?\" asked {c}, but {f} said no.",
         "{c} asked for the {n}, but {f} did not want to share."),
        ("{c} was sad and walked away. Now {f} was alone.", "{c} sat down and said nothing. {f} did not like that.",
         "{c} began to cry, and {f} felt bad."),
        ("\"I am sorry,\" said {f}. \"We can share the {n}.\"", "{f} came to {c} and said, \"Let us share the {n}.\"",
         "{f} gave the {n} to {c}. \"Now it is your turn,\" said {f}."),
        ("They played with the {o} together.", "{c} played with the {n}, and then {f} did.", "With two, the {n} was even more fun."),
        END,
    ),
    "requests": FRIEND_REQUESTS,
    "heads": ("{c}, {f} and the {o}", "{f}'s {o}", "{f} shares the {n}"),
    "asked": (
        THEY, FRIEND, HAD, WHO_HAD, WHOSE, LOOK,
        (("What did {c} want?", "What did {c} ask for?", "Which thing did {c} want?"), "{c} wanted the {o}."),
        (("Who was sad?", "Who wanted the {n}?", "Who asked for the {n}?"), "It was {c}."),
        (("What did {f} do in the end?", "How did it end?", "What happened at last?"), "{f} shared the {n} with {c}."),
    ),
}

PLOTS["sorry"] = {
    "beats": (
        FRIENDS,
        ("{f} had {ao}. {f} loved the {n}.", "{f} had {ao}, and it was the best {n} of all.", "{k} gave {f} {ao}."),
        MEET,
        ("{c} played with the {n}, and it broke.", "Then {c} dropped the {n}, and it broke.", "{c} ran with the {n}, fell down and broke it."),
        ("\"My {n} is broken!\" said {f}, and {f} was sad.", "{f} saw the {n} and began to cry.", "{f} was angry. \"Look at my {n}!\" said {f}."),
        ("\"I am so sorry, {f},\" said {c}.", "{c} said sorry to {f}.", "{c} felt bad and said, \"I am sorry.\""),
        ("{c} got {mend} and fixed the {n}.", "With {mend}, {c} made the {n} as good as new.", "They took {mend} and fixed the {o}."),
        ("\"Thank you, {c},\" said {f}. \"I am not angry.\"", "{f} smiled and hugged {c}.", "\"Now the {n} is good again,\" said {f}."),
        END,
    ),
    "requests": FRIEND_REQUESTS,
    "heads": ("{c} says sorry", "{f}'s {o}", "{c}, {f} and the {n}"),
    "asked": (
        THEY, FRIEND, HAD, WHO_HAD, WHOSE, LOOK,
        (("What did {c} break?", "What was it that {c} broke?", "Which thing did {c} break?"), "{c} broke the {o}."),
        (("Who said sorry?", "Who broke the {n}?", "Who was sorry?"), "It was {c}."),
        (("What did {c} use to fix the {n}?", "How did {c} fix the {n}?", "With what was the {n} fixed?"), "{c} used {mend}."),
    ),
}

PLOTS["swap"] = {
    "beats": (
        FRIENDS,
        ("{c} had {ao}, and {f} had {ap}.", "{c} had {ao}. {f} had {ap}.", "{c} came with {ao}, and {f} came with {ap}."),
        MEET,
        ("{c} liked the {m} more than the {n}.", "{c} looked at the {m}. \"I like your {m},\" said {c}.", "\"Your {m} is so nice,\" said {c} to {f}."),
        ("And {f} liked the {n} of {c}.", "\"And I like your {n},\" said {f}.", "{f} wanted to play with the {n}."),
        ("\"Let us swap,\" said {c}.", "So {c} and {f} swapped.", "\"You take mine, and I take yours,\" said {f}."),
        ("Now {c} had the {p}, and {f} had the {o}.", "{c} took the {m}, and {f} took the {n}.", "{f} gave {c} the {m} and got the {n}."),
        END,
    ),
    "requests": (
        "Write a story about {c} and {f}. {c} has {ao}, and {f} has {ap}.",
        "Tell a story in which {c} and {f} swap {ao} and {ap}.",
        "Write about {c} with {ao} and {f} with {ap}.",
        "Give me a story: {c} with {ao} meets {f} with {ap}.",
    ),
    "heads": ("The {o} and the {p}", "{c} and {f} swap", "{c}'s {n} and {f}'s {m}"),
    "asked": (
        THEY, FRIEND,
        (("What did {c} have first?", "What did {f} get?", "What did {f} have in the end?"), "It was the {o}."),
        (("What did {f} have first?", "What did {c} get?", "What did {c} have in the end?"), "It was the {p}."),
        (("Who had the {n} first?", "Who got the {m}?", "Who had the {m} in the end?"), "It was {c}."),
        (("Who had the {m} first?", "Who got the {n}?", "Who had the {n} in the end?"), "It was {f}."),
    ),
}

PLOTS["animal"] = {
    "beats": (
        ("{c} was a {kind} child who loved animals.", "Once there was a {kind} child named {c}.", "{c} wanted to have a pet."),
        ("One {day}, {c} went to {place}.", "One {day}, {c} walked alone {at}.", "It was a {day}, and {c} played {at}."),
        ("There {c} saw a {size} {animal}.", "There was a {size} {animal} all alone.", "{c} found a {size} {animal}."),
        ("The {animal} was {need}.", "The poor {animal} was {need}.", "\"You are {need}, little {animal},\" said {c}."),
        ("{c} gave the {animal} {food} and called for {h}.", "{c} had {food} for the {animal}. Then {c} called {h}.",
         "\"Here is {food} for you,\" said {c}. Then {c} went to get {h}."),
        ("{H} helped to take the {animal} home.", "{H} came and helped the {animal}.", "\"I know what to do,\" said {h}, and {h} helped the {animal}."),
        ("Soon the {animal} was well again.", "After some days, the {animal} was well and happy.", "The {animal} slept, and then it was well."),
        ("{c} named the {animal} {pet}.", "\"Your name is {pet},\" said {c}.", "{c} and {h} named the {animal} {pet}."),
        ("{pet} and {c} were friends from then on.", "{c} and {pet} played every day.", "Now {c} had a friend, and the friend was {pet}."),
    ),
    "requests": (
        "Write a story about {c} and a {size} {animal}.",
        "Tell me a story about {c} and {an_animal}.",
        "Write about {c}, {h} and a {size} {animal}.",
        "Write a story about {an_animal}.",
        "Write a story about a {size} {animal} and {c}.",
        "{c} finds a {size} {animal}. Write a story.",
        "Please tell how {c} helped {an_animal} {at}.",
        "Write a story about {c} and {an_animal} named {pet}.",
        "Make up a tale of {c} and {an_animal}.",
    ),
    "heads": ("{c} and the {animal}", "The {size} {animal}", "{c} and {pet}"),
    "asked": (
        WHERE, WENT, WHO_HELPED,
        (("What did {c} find?", "Which animal did {c} see?", "What kind of animal was it?"), "It was a {size} {animal}."),
        (("How was the {animal}?", "What was wrong with the {animal}?", "Why was the {animal} sad?"), "The {animal} was {need}."),
        (("What did {c} give the {animal}?", "What did the {animal} get?", "Which food was for the {animal}?"), "The {animal} got {food}."),
        (("What was the name of the {animal}?", "Who was {pet}?", "How did {c} call the {animal}?"), "The {animal} was {pet}."),
    ),
}

PLOTS["afraid"] = {
    "beats": (
        ("{c} was a {kind} child, but {c} was afraid of {fear}.", "Once there was a child named {c}. {c} was afraid of {fear}.",
         "{c} was not afraid of much, but {c} was afraid of {fear}."),
        ("One {day}, {c} and {h} were {at}.", "One {day}, {c} went to {place} with {h}.", "It was a {day}, and {c} was {at} with {h}."),
        ("Then {c} began to shake. \"I am afraid of {fear},\" said {c}.", "\"Help, I am afraid!\" said {c}.", "{c} cried and held on to {h}."),
        ("\"I am with you, {c},\" said {h}.", "{H} took the hand of {c}.", "\"You can be brave,\" said {h} to {c}.", "{H} gave {c} {ao} to hold."),
        ("{c} took a deep breath and held the hand of {h}.", "{c} shut both eyes and counted to ten.", "{H} sang a song, and {c} sang along."),
        ("Soon {c} was not afraid of {fear} any more.", "Now {fear} did not look so bad.", "\"It is not so bad,\" said {c} about {fear}."),
        ("\"You are very brave, {c},\" said {h}.", "{H} was proud of {c}.", "{c} laughed, and {h} laughed, too."),
        ("From that day on, {c} was brave.", "At home, {c} told {k} about it.", "That night, {c} slept well."),
    ),
    "requests": (
        "Write a story about {c}, who is afraid of {fear}.",
        "Tell me how {h} helped {c}, who was afraid of {fear}.",
        "Write a story about a child who is afraid of {fear}.",
        "{c} is afraid of {fear}. Write a story.",
        "Write a story about {c} and {h} {at}. {c} is afraid of {fear}.",
        "Write of a child named {c} who fears {fear}.",
    ),
    "heads": ("{c} is afraid of {fear}", "Brave {c}", "{c} and {h}"),
    "asked": (
        (("Who was afraid?", "Who was brave in the end?", "Who felt fear?"), "It was {c}."),
        (("What was {c} afraid of?", "What was bad for {c}?", "What made {c} afraid?"), "{c} was afraid of {fear}."),
        WHO_HELPED, WHERE,
    ),
}

PLOTS["make"] = {
    "beats": (
        ("{c} wanted to make {dish} for {k}.", "It was a big day for {k}, and {c} wanted to make {dish}.", "\"I will make {dish} for {k},\" said {c}."),
        ("{c} looked in the kitchen, but there was no {part}.", "But {c} had no {part}.", "\"Oh no, there is no {part},\" said {c}."),
        ("{c} went to {place} to get some, but there was none.", "{c} ran to {place}, but they had no {part}.", "So {c} went to {place} to look for {part}."),
        ("There {c} met {f}. \"What do you need?\" asked {f}.", "{f} was there and asked, \"Why are you sad, {c}?\"", "{f} saw {c} {at}. \"Can I help?\" asked {f}."),
        ("\"I need {part},\" said {c}.", "{c} told {f} about {k} and the {part}.", "\"I want to make {dish}, but I have no {part},\" said {c}."),
        ("\"I have {part} at home,\" said {f}, and {f} gave it to {c}.", "{f} ran home and came back with the {part}.", "\"Here, take my {part},\" said {f}."),
        ("They went to the kitchen and made {dish} together.", "So {c} and {f} made {dish}.", "{c} made {dish}, and {f} helped."),
        ("{k} was so happy and hugged {c}.", "\"This is so good!\" said {k}.", "{k} ate with {c} and {f}, and all were happy."),
    ),
    "requests": (
        "Write a story about {c}, who wants to make {dish}.",
        "Tell me a story about {c}, {f} and {dish}.",
        "Write about {c}, who makes {dish} for {k}.",
        "Write a story about {c} and {dish}.",
        "{c} makes {dish} for {k}. Write a story.",
        "Please write how {f} helped {c} to make {dish}.",
        "A story, please: {c} and {f} make {dish}.",
    ),
    "heads": ("{c} makes {dish}", "No {part}", "{c} and {f}"),
    "asked": (
        (("What did {c} want to make?", "What did they make?", "Which dish is it about?"), "{c} made {dish}."),
        (("Who was it for?", "For whom did {c} make {dish}?", "Who got {dish}?"), "It was for {k}."),
        (("What did {c} need?", "What was missing?", "What did {c} not have?"), "There was no {part}."),
        (("Who had {part}?", "Who gave {c} the {part}?", "From whom did {c} get the {part}?"), "{f} had {part}."),
        (("Who helped {c}?", "Tell me who helped {c}.", "By whom was {c} helped?"), "{f} helped {c}."),
        WENT,
    ),
}

PLOTS["rain"] = {
    "beats": (
        ("{c} had {ao} and wanted to go to {place}.", "\"I will take my {o} to {place},\" said {c}.", "{c} wanted to play with {ao} {at}."),
        ("But there was {weather}.", "But when {c} looked out, there was {weather}.", "\"No, there is {weather},\" said {k}."),
        ("{c} sat by the window with the {n} and was sad.", "{c} put the {n} down and was sad.", "\"Now I can not play with my {n},\" said {c}."),
        ("Then {f} came to the door.", "Then {f} came in.", "After some time, {f} came to see {c}."),
        ("\"We can play in {room},\" said {f}.", "{f} said, \"Let us go to {room}.\"", "{f} had an idea. They went to {room}."),
        ("{c} took the {n} to {room}, and they had fun.", "They played with the {o} there.", "In {room}, {c} and {f} played with the {n}."),
        ("Soon {c} did not think of the {weather} any more.", "\"The {weather} is not so bad,\" said {c}.", "They laughed and forgot the {weather}."),
        END,
    ),
    "requests": (
        "Write a story about {c}, {f} and {ao}.",
        "Write a story about {c} and {ao} on a day with {weather}.",
        "Tell me a story about {c} and {f} in {room}.",
        "Tell of a day with {weather}, {c} and {ao}.",
    ),
    "heads": ("{c} and the {o}", "{c}, {f} and the {weather}", "A day in {room}"),
    "asked": (
        WHAT, LOOK,
        (("Where did {c} want to go?", "Where did {c} not go?", "To which place did {c} want to go?"), "{c} wanted to go to {place}."),
        (("Why did {c} not go out?", "What was wrong?", "How was the day?"), "There was {weather}."),
        (("Who came to see {c}?", "Who had an idea?", "Who came to the door?"), "It was {f}."),
        (("Where did they play?", "Where did {c} and {f} play?", "In which room did they play?"), "They played in {room}."),
    ),
}

PLOTS["learn"] = {
    "beats": (
        ("{c} wanted to learn to {skill}.", "\"I want to {skill},\" said {c}.", "All children could {skill}, but {c} could not."),
        ("One {day}, {c} went to {place} to try.", "One {day}, {c} tried it {at}.", "It was a {day}, and {c} tried to {skill} {at}."),
        ("But {c} fell down.", "It did not go well.", "\"Ow!\" said {c}. It was very hard."),
        ("\"I can not do it,\" said {c}.", "{c} wanted to give up.", "{c} was angry and sat down."),
        ("{H} saw it and said, \"I can show you, {c}.\"", "{H} came to {c} and showed how to do it.", "\"Try again, {c}. I will help,\" said {h}."),
        ("{c} tried again and again, and {h} helped.", "So {c} tried again, and {h} stood near.", "{H} held {c}, and {c} tried again."),
        ("At last {c} could {skill}.", "And then it went well. {c} could {skill}!", "\"Look, I can {skill}!\" said {c}."),
        ("\"Well done, {c}!\" said {h}.", "{c} hugged {h} and said, \"Thank you.\"", "{H} was proud of {c}."),
    ),
    "requests": (
        "Write a story about {c}, who wants to {skill}.",
        "Tell me how {c} learned to {skill}.",
        "Write a story about a child who learns to {skill}.",
        "{c} wants to {skill}. Write a story.",
        "Write about {c} and {h} {at}. {c} learns to {skill}.",
        "Please write a story. {h} shows {c} how to {skill}.",
        "Tell a tale in which {c} learns to {skill}.",
    ),
    "heads": ("{c} learns to {skill}", "{c} and {h}", "Try again, {c}"),
    "asked": (
        (("What did {c} learn?", "What did {c} want to do?", "What could {c} do in the end?"), "{c} learned to {skill}."),
        WHO_HELPED, WHERE,
        (("Who learned to {skill}?", "Who wanted to give up?", "Who did not give up?"), "It was {c}."),
    ),
}
