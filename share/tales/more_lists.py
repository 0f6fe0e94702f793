"""What the slots of a free draw's request may be beside the lists of story.py. What nobody asked for is of those."""
from .words import HELPERS, PLACES

MORE_PLACES = (
    ("the castle", "at the castle"), ("the museum", "in the museum"), ("the bridge", "on the bridge"), ("the island", "on the island"),
    ("the harbour", "at the harbour"), ("the cave", "in the cave"), ("the airport", "at the airport"), ("the bakery", "in the bakery"),
    ("the meadow", "in the meadow"), ("the mountain", "on the mountain"), ("the desert", "in the desert"), ("the stable", "in the stable"),
    ("the circus", "at the circus"), ("the fair", "at the fair"), ("the pool", "at the pool"), ("the swamp", "in the swamp"),
    ("the orchard", "in the orchard"), ("the stadium", "at the stadium"), ("the tower", "in the tower"), ("the jungle", "in the jungle"),
    ("the hospital", "in the hospital"), ("the hotel", "at the hotel"), ("the church", "at the church"), ("the theatre", "in the theatre"),
    ("the mill", "at the mill"), ("the valley", "in the valley"), ("the street", "in the street"), ("the square", "on the square"),
    ("the cafe", "in the cafe"), ("the kindergarten", "in the kindergarten"), ("the canal", "by the canal"), ("the sea", "by the sea"),
    ("the waterfall", "by the waterfall"), ("the fountain", "by the fountain"), ("the campsite", "at the campsite"), ("the greenhouse", "in the greenhouse"),
)
MORE_HELPERS = tuple("the " + who for who in (
    "sailor pilot tailor hunter miller shepherd carpenter captain guard singer dancer waiter artist student postman plumber "
    "mechanic librarian dentist wizard prince princess knight pirate butcher barber builder clown coach scientist writer vet "
    "janitor engineer fireman soldier judge actor potter weaver").split())

MORE_LISTS = {
    "l": tuple((
        "silver golden wooden paper round tall heavy light warm dark bright pretty plain grey striped square thick clean funny lovely fancy "
        "magic giant smooth rusty dusty fluffy violet beige metal plastic glass woolen cheap strange broad flat fine great huge "
        "little short strong sweet thin wide young cute nice gold crimson cold cosy curly spotted").split()),
    "place": tuple(place for place, _ in MORE_PLACES),
    "animal": tuple((
        "wolf lion tiger elephant monkey parrot hamster hedgehog crow goose swan donkey cow calf lamb chicken rooster penguin seal "
        "whale snail bee ant bat beaver badger mole otter camel panda koala zebra giraffe lizard snake crab dove pigeon sparrow "
        "robin piglet duckling chick foal dragon deer moose eagle falcon raven spider butterfly beetle dolphin shark lynx ferret "
        "poodle beagle raccoon skunk toad weasel llama").split()),
    "size": tuple("tiny grey fat soft shy lonely spotted striped golden lovely sweet quiet huge slow fast clever silly red blue green sleepy proud wild tame".split()),
    "fear": (
        "the wolf", "spiders", "ghosts", "the cellar", "the new school", "the loud train", "big waves", "the fireworks", "snakes", "the attic",
        "the high ladder", "the crowd", "monsters", "the bees", "bats", "the cave", "the thunder", "the forest at night", "the elevator",
        "the deep water", "the doctor's needle", "the long tunnel", "the angry goose", "clowns", "heights", "mice", "the shadow on the wall"),
    "dish": (
        "a sandwich", "noodles", "jam", "muffins", "a tart", "waffles", "a stew", "lemonade", "an omelette", "dumplings", "a fruit salad", "popcorn",
        "ice cream", "a birthday cake", "biscuits", "spaghetti", "porridge", "a chocolate cake", "an apple pie", "toast", "a smoothie", "tea",
        "meatballs", "a big breakfast", "tacos", "fried rice", "tomato soup", "a cheese cake", "hot chocolate", "lunch"),
    "part": tuple("cinnamon cocoa yeast pepper vanilla cheese cream jam vinegar garlic corn water chocolate mustard syrup".split()),
    "weather": tuple("sleet frost mist lightning ice drizzle smoke mud darkness".split()),
    "room": (
        "the bathroom", "the garage", "the living room", "the dining room", "the study", "the basement", "the playroom", "the tower", "the shed",
        "the workshop", "the tent", "the corridor", "the loft", "the guest room", "the small room", "the classroom", "the gym"),
    "skill": (
        "read", "write", "whistle", "juggle", "sing", "cook", "draw a horse", "play the piano", "play chess", "tie a knot", "sail", "row a boat",
        "fly a kite", "throw a ball", "do a handstand", "hop on one leg", "dive", "count to ten", "paint", "knit", "sew", "ride a horse", "kick a ball",
        "spin a top", "play the drum", "bake bread", "climb a rope", "roller skate", "surf", "float", "drive a cart", "walk on stilts", "do a cartwheel",
        "blow bubbles", "use a hammer", "build a tower", "play the guitar", "speak French", "milk a cow", "catch a fish", "run fast"),
    "pet": tuple("Milo Max Biscuit Ginger Snowy Patch Tiger Honey Pip Nala Oreo Sunny Bubbles Cookie Smoky Ziggy Mittens Pumpkin Teddy Pearl".split()),
}
MORE_SPOTS = (
    "under the table", "behind the sofa", "on the sofa", "in the drawer", "next to the lamp", "in the kitchen", "behind the curtain", "on the stairs",
    "in the garden", "under the tree", "on the windowsill", "in the cupboard", "on the floor", "in the car", "on top of the fridge", "inside the chest",
    "beside the stove", "at the gate", "in the basket", "between the books", "in front of the house", "on the roof", "under the pillow", "in the hall",
    "near the fence", "by the clock", "on the bench", "in the sink", "behind the house", "under the chair", "in the attic", "on the desk", "in the pocket",
    "on the bed", "over the fireplace", "at the window", "below the shelf", "in the corner", "in the tent", "on the carpet")
ALL_AT = dict(PLACES + MORE_PLACES)
ALL_HELPERS = HELPERS + MORE_HELPERS
