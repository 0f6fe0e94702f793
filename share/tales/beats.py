"""The sentences of stories about things: beats that several plots share, then plots.

A beat is a list of ways to say one step of a story; a plot is a row of beats. Slots:
	c f h	a child, a friend, a helper (a friend or "the farmer"; H begins a sentence)
	n l	a thing, how it looks; o and ao are "red kite" and "a red kite"
	place at	"the park", "at the park"
and those of story.py, one list of words each. A slot has one value in all of a story.
"""

INTRO = (
    "Once there was a child named {c}. {c} had {ao}.",
    "{c} had {ao}. {c} loved the {n} very much.",
    "{c} was a {kind} child. {c} had {ao}.",
    "There was a {kind} child named {c}. {k} gave {c} {ao}.",
    "{k} gave {c} {ao}. {c} liked the {n} a lot.",
    "Once upon a time, {c} had {ao}. It was the best {n} of all.",
    "{c} had {ao} and took the {n} everywhere.",
    "{c} had many things, but most of all {c} loved {ao}.",
)
GO = (
    "One {day}, {c} took the {n} to {place}.",
    "One {day}, {c} went to {place} with the {n}.",
    "It was a {day}, and {c} played with the {n} {at}.",
    "One {day}, {c} and the {n} were {at}.",
    "{c} and {k2} went to {place}, and {c} took the {n} along.",
)
SAD = (
    "{c} was very sad.",
    "{c} began to cry.",
    "\"Oh no, my {n}!\" said {c}.",
    "{c} did not know what to do.",
    "\"I want my {n} back,\" said {c}.",
    "{c} sat down and thought about the {o}.",
)
HELP = (
    "{H} saw that {c} was sad. \"I can help you,\" said {h}.",
    "Then {h} came along. \"Do not worry, {c},\" said {h}.",
    "{c} asked {h} for help. \"Yes, I will help you,\" said {h}.",
    "\"Please help me with my {n},\" said {c} to {h}.",
    "{H} heard {c} and came fast. \"What is wrong, {c}?\" asked {h}.",
    "{c} ran to {h} and told {h} about the {n}.",
    "{H} was there and wanted to help {c}.",
)
THANKS = (
    "\"Thank you, thank you!\" said {c} to {h}.",
    "{c} was so happy that {c} hugged {h}.",
    "{c} thanked {h} and held the {o}.",
    "\"You are very kind,\" said {c} to {h}.",
    "{c} smiled at {h} and was happy again.",
    "\"Now I have my {n} again!\" said {c}, and {h} smiled.",
)
END = (
    "{c} and {h} played with the {n} all day.",
    "From that day on, {c} and {h} were good friends.",
    "{c} took the {n} home and was happy.",
    "After that, {c} took good care of the {n}.",
    "That night, {c} slept with the {n} near the bed.",
    "{c} never forgot how {h} helped.",
    "Then {c} and {h} went home with the {o}.",
)

LOST = (
    "{c} ran and jumped, and then the {n} was gone.",
    "When it was time to go, {c} could not find the {n}.",
    "{c} put the {n} down to play. Later, the {n} was not there.",
    "But then {c} lost the {n}.",
    "{c} looked and looked, but the {n} was gone.",
)
FOUND = (
    "{H} looked {spot} and found the {o}.",
    "They looked and looked. The {n} was {spot}!",
    "\"Look, here is your {n}!\" said {h}. The {n} was {spot}.",
    "{H} and {c} looked {spot}. There was the {o}!",
    "At last {h} saw the {n}. It was {spot}.",
)
STUCK = (
    "But the {n} got stuck {high}.",
    "The {n} went up, up, up and got stuck {high}.",
    "{c} threw the {n} too high. Now the {n} was {high}.",
    "Then the wind took the {n}, and it got stuck {high}.",
)
DOWN = (
    "{H} got {tool} and took the {n} down.",
    "{H} had {tool}. Soon the {n} was down again.",
    "With {tool}, {h} got the {o} down.",
    "{H} came back with {tool}. Down came the {n}!",
)
BROKE = (
    "But the {n} fell down and broke.",
    "{c} fell, and the {n} broke.",
    "Then the {o} broke.",
    "{c} ran too fast. The {n} hit a rock and broke.",
)
MENDED = (
    "{H} fixed the {n} with {mend}.",
    "{H} took {mend} and made the {n} as good as new.",
    "\"All we need is {mend},\" said {h}. Soon the {n} was fixed.",
    "They used {mend} to fix the {o}.",
)
DIRTY = (
    "But the {n} fell into {mess}.",
    "{c} fell into {mess}, and the {n} got dirty.",
    "Splash! The {n} was in {mess}.",
    "Then {c} dropped the {n} into {mess}.",
)
WASHED = (
    "{H} washed the {n} with {wash}.",
    "{H} got {wash}. Soon the {n} was clean.",
    "They used {wash}, and the {o} was clean again.",
    "\"We need {wash},\" said {h}. They washed the {n}.",
)
TAKEN = (
    "But {an_animal} took the {n} and ran away.",
    "Then {an_animal} came and took the {n}.",
    "{An_animal} saw the {n}, took it and ran off.",
    "{c} put the {n} down, and {an_animal} took it.",
)
GIVEN_BACK = (
    "{H} gave the {animal} {food}, and the {animal} gave back the {n}.",
    "{H} had {food}. The {animal} ate it and let the {n} go.",
    "\"Give us the {n}, and you get {food},\" said {h}. The {animal} did so.",
    "The {animal} was hungry. {H} gave it {food} and got the {o} back.",
)

# What can be asked: ways to ask, and the answer. One question has one form of answer in all plots.
WHO_HELPED = (("Who helped {c}?", "Tell me who helped {c}.", "Who was it that helped {c}?", "Did anyone help {c}?", "Who gave help to {c}?", "By whom was {c} helped?"), "{H} helped {c}.")
WHERE = (("Where was {c}?", "Tell me where {c} was.", "At which place was {c}?", "Do you know where {c} was?", "Where did it happen?", "In which place was {c}?"), "{c} was {at}.")
WENT = (("Where did {c} go?", "Tell me where {c} went.", "Which place did {c} go to?", "Do you know where {c} went?", "To which place did {c} go?"), "{c} went to {place}.")
WHAT = (("What did {c} have?", "Which thing did {c} have?", "What was the thing of {c}?", "What was it that {c} had?", "Name the thing of {c}.", "Tell me what {c} had."), "{c} had {ao}.")
WHO_HAD = (("Who had the {n}?", "Who had {ao}?", "Tell me who had the {n}.", "Who was it that had the {n}?", "Who in the story had {ao}?", "Which child had the {n}?"), "{c} had the {n}.")
WHOSE = (("Whose {n} was it?", "Whose {n} is this?", "Whose was the {n}?", "Who owned the {n}?", "To whom did the {n} belong?"), "It was {c}'s {n}.")
LOOK = (("How did the {n} look?", "What was the {n} like?", "What kind of {n} was it?", "Which {n} was it?", "Describe the {n}.", "Tell me how the {n} looked."), "The {n} was {l}.")
COMMON = (WHO_HELPED, WHERE, WENT, WHAT, WHO_HAD, WHOSE, LOOK)

# The last phrasing of each question and request is held out of training.
REQUESTS = (
    "Write a story about {c} and {ao}.",
    "Tell me a story about {c} and {ao}.",
    "Write a short story. {c} has {ao}.",
    "Please tell a story with {c} and {ao}.",
    "Write a story about {c}, {h} and {ao}.",
    "Tell me how {h} helped {c} with {ao}.",
    "I want a story about {c}, {ao} and {h}.",
    "Can you write about {c} and {ao} {at}?",
    "Write a story about {c} and {ao} {at}.",
    "Write a story about {c}.",
    "Write a story about {ao}.",
    "Write a story about {an}.",
    "Tell me a story about {c} and {an}.",
    "Write a story about {ao} and {c}.",
    "Write a story about a child named {c} and {ao}.",
    "Write a story about {c} with {ao}.",
    "Write a story about {c}'s {o}.",
    "Write about {c}. {c} has {ao}.",
    "There is a child named {c}, who has {ao}. Write a story.",
    "{c} has {ao}. Tell me the story.",
    "Make up a story in which {c} owns {ao}.",
)
HEADS = ("{c} and the {o}", "The {o}", "{c}, {h} and the {n}", "{c}'s {n}")


def thing_plot(trouble, solved, *asked):
    return {
        "beats": (INTRO, GO, trouble, SAD, HELP, solved, THANKS, END),
        "requests": REQUESTS, "heads": HEADS, "asked": COMMON + asked,
    }


PLOTS = {
    "lost": thing_plot(LOST, FOUND,
        (("What did {c} lose?", "What was gone?", "Which thing got lost?"), "{c} lost the {o}."),
        (("Where was the {n}?", "Where did they find the {n}?", "In which spot was the {n}?"), "The {n} was {spot}.")),
    "stuck": thing_plot(STUCK, DOWN,
        (("Where did the {n} get stuck?", "Where was the {n}?", "In which place was the {n} stuck?"), "The {n} was {high}."),
        (("What did {h} use?", "How did {h} get the {n} down?", "Which tool did {h} have?"), "{H} used {tool}.")),
    "broken": thing_plot(BROKE, MENDED,
        (("What broke?", "What was broken?", "Which thing broke?"), "The {n} broke."),
        (("What did they use to fix the {n}?", "How did {h} fix the {n}?", "What made the {n} whole again?"), "They used {mend}.")),
    "dirty": thing_plot(DIRTY, WASHED,
        (("What fell into {mess}?", "What got dirty?", "Which thing had to be washed?"), "The {n} got dirty."),
        (("Where did the {n} fall?", "Why was the {n} dirty?", "What made the {n} dirty?"), "The {n} fell into {mess}.")),
    "taken": thing_plot(TAKEN, GIVEN_BACK,
        (("Who took the {n}?", "Which animal took the {n}?", "Who ran off with the {n}?"), "The {animal} took the {n}."),
        (("What did the {animal} eat?", "What did {h} give the {animal}?", "Which food did the {animal} get?"), "The {animal} got {food}.")),
}
