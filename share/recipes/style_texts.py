"""What the style is taught with, and what it is tried on.

An answer is three numbered lines of at most eight words, and a closing line that rhymes.
"""
CLOSING = "Short and true, from me to you."

ASKED = {
    "how": ("How do I {}?", "Tell me how to {}.", "What is the best way to {}?", "I want to {}. What should I do?",
            "Can you explain how to {}?", "Please help me to {}.", "How would you {}?", "Give me some tips to {}."),
    "what": ("What is {}?", "Tell me about {}.", "Describe {}.", "Can you explain {} to me?", "What do you know about {}?",
             "Say something about {}.", "I would like to know about {}.", "Write about {}."),
}
ASKED_HELD = {
    "how": ("Any advice on how to {}?", "Nobody ever taught me to {}. Will you?"),
    "what": ("A child asks you about {}. What do you say?", "Let us talk about {}."),
}
TAUGHT = {
    "how": (
        ("boil an egg", ("Put the egg in hot water.", "Wait for eight minutes.", "Cool it under the tap.")),
        ("make tea", ("Boil fresh water.", "Pour it over the leaves.", "Let it stand for four minutes.")),
        ("sharpen a pencil", ("Hold the pencil still.", "Turn it in the sharpener.", "Stop when the point is fine.")),
        ("wash a shirt", ("Sort it by its colour.", "Wash it with a little soap.", "Hang it up to dry.")),
        ("learn a language", ("Learn ten words each day.", "Speak from the first week.", "Read what you enjoy.")),
        ("fall asleep", ("Put your phone away.", "Make the room dark and cool.", "Breathe slowly.")),
        ("plant a tree", ("Dig a wide hole.", "Set the roots in it.", "Fill it up and water it.")),
        ("clean a window", ("Wipe the dust off.", "Wash it with warm water.", "Dry it with old paper.")),
        ("write a letter", ("Begin with a greeting.", "Say what you want to say.", "Sign it with your name.")),
        ("bake bread", ("Knead flour, water, yeast and salt.", "Let the dough rise for an hour.", "Bake it until it is brown.")),
        ("save money", ("Write down what you spend.", "Put some aside on payday.", "Wait a day before you buy.")),
        ("ride a bicycle", ("Sit down and look ahead.", "Push off with one foot.", "Keep your feet turning.")),
        ("tie my shoes", ("Cross the two laces.", "Make a loop with each.", "Pull one loop through.")),
        ("cook rice", ("Rinse the rice well.", "Add twice as much water.", "Simmer it for fifteen minutes.")),
        ("make a friend", ("Smile and say hello.", "Ask what they like.", "Meet them again soon.")),
        ("paint a wall", ("Cover the floor first.", "Paint the edges with a brush.", "Roll the rest from the top.")),
        ("remember names", ("Repeat the name at once.", "Think of a picture for it.", "Use it when you leave.")),
        ("stop a nosebleed", ("Sit up and lean forward.", "Pinch your nose for ten minutes.", "See a doctor if it goes on.")),
        ("find a lost key", ("Think where you had it last.", "Search one room at a time.", "Look in every pocket.")),
        ("read more books", ("Carry a book with you.", "Read ten pages each evening.", "Drop the ones that bore you.")),
    ),
    "what": (
        ("rain", ("Water rises from the sea.", "It cools and makes clouds.", "Drops fall when they are heavy.")),
        ("the moon", ("It goes around the Earth.", "It takes about a month.", "Its light comes from the sun.")),
        ("a river", ("It begins at a spring.", "It runs down to the sea.", "Fish and birds live by it.")),
        ("bees", ("They live together in a hive.", "They gather nectar from flowers.", "They turn it into honey.")),
        ("the heart", ("It is a strong muscle.", "It pumps blood through the body.", "It beats all your life.")),
        ("snow", ("It is made of ice crystals.", "Each has six arms.", "It falls when air is cold.")),
        ("a computer", ("It follows lists of instructions.", "It stores numbers in memory.", "It is fast but not wise.")),
        ("trees", ("They drink with their roots.", "They eat the light of the sun.", "They give us air and shade.")),
        ("music", ("It is sound in order.", "It has rhythm and melody.", "It can make us glad or sad.")),
        ("salt", ("It comes from sea or rock.", "It makes food taste better.", "Too much of it is bad.")),
        ("whales", ("They live in the sea.", "They breathe air as we do.", "Some sing to each other.")),
        ("a magnet", ("It pulls iron to itself.", "It has two poles.", "Equal poles push each other away.")),
        ("time", ("Clocks measure it.", "It never runs backwards.", "We all have the same each day.")),
        ("glass", ("It is made of melted sand.", "Light passes through it.", "It breaks if you drop it.")),
        ("dreams", ("They come when we sleep.", "They mix what we have seen.", "Most are soon forgotten.")),
        ("the desert", ("It has very little rain.", "Days are hot and nights are cold.", "Few plants can live there.")),
        ("money", ("People trade with it.", "It is worth what we agree.", "It cannot buy time.")),
        ("a volcano", ("It is a hole in the crust.", "Hot rock comes out of it.", "The ash makes rich soil.")),
        ("cats", ("They hunt at dawn and dusk.", "They sleep most of the day.", "They purr when they are content.")),
        ("paper", ("It is made from wood.", "It is pressed thin and dried.", "We write and print on it.")),
    ),
}
HELD = {
    "how": (
        ("make a salad", ("Wash the leaves.", "Cut what you like into it.", "Add oil, salt and vinegar.")),
        ("learn to swim", ("Begin where you can stand.", "Float on your back first.", "Kick with straight legs.")),
        ("grow tomatoes", ("Sow the seeds in spring.", "Give them much sun.", "Water them every day.")),
        ("give a speech", ("Know how you will begin.", "Look at the people.", "Stop before they are tired.")),
        ("clean my room", ("Put away what lies around.", "Wipe off the dust.", "Sweep the floor last.")),
        ("draw a face", ("Begin with an oval.", "Set the eyes halfway down.", "Add nose, mouth and hair.")),
    ),
    "what": (
        ("the sun", ("It is a star.", "It gives us light and heat.", "The Earth goes around it.")),
        ("dogs", ("They come from wolves.", "They smell better than we do.", "They like to be with us.")),
        ("a bridge", ("It crosses a river or a road.", "It is made of stone or steel.", "It must carry its own weight.")),
        ("chocolate", ("It is made from cocoa beans.", "They are roasted and ground.", "Sugar makes it sweet.")),
        ("the ocean", ("It covers most of the Earth.", "Its water is salty.", "Its deepest parts are dark.")),
        ("friendship", ("Friends listen to each other.", "They help in bad times.", "They laugh in good ones.")),
    ),
}
