"""The words that stories and drills are about, and those that training never sees.

Held out are some names, some things, and of the others one pair of name and thing in twenty.
"""
from zlib import crc32

from .more_words import MORE_CITIES, MORE_NAMES, MORE_THINGS
from .wide import blended

NAMES = (
    "Mia Ben Anna Tom Lily Sam Emma Max Zoe Leo Nora Finn Ella Jack Ruby Noah Lucy Adam Rosa Paul "
    "Eva Luke Ida Omar Nina Carl Maya Hugo Sara Ivan Amy Dan Kate Tim Jane Bob Sue Nick Rita Fred "
    "Lena Mark Gina Pete Tara Will Olga Alex Clara Joe Molly Ray Beth Kai Ada Ali Rose Jim Vera Otto"
).split()
RARE_NAMES = (  # so many that none is learned by heart: a story must take them from its request
    "Aaron Abby Agnes Aisha Alan Albert Alice Alma Amir Andrea Andrew Angela Anita Anton April Arlo Arthur Asa Astrid "
    "Audrey Axel Barbara Basil Benny Bernard Betty Bianca Boris Brenda Brian Bridget Bryan Caleb Camila Carmen "
    "Carol Cecil Celia Chad Charles Chloe Chris Cindy Claude Cora Craig Curtis Cyril Daphne Darren David Dean Deborah "
    "Denis Derek Diana Diego Donna Doris Duncan Dylan Edgar Edith Edward Elena Eli Elias Elise Elmer Elsa Emil Enid "
    "Enzo Eric Erin Ernest Esther Ethan Eugene Faith Farah Fatima Fiona Flora Francis Frank Frida Gary George Gerald "
    "Gilbert Giles Gloria Gordon Grace Graham Gus Gwen Hank Hannah Harold Harriet Harry Hassan Hazel Hector Heidi "
    "Helen Henry Herman Hope Howard Ian Igor Ines Ingrid Irene Iris Isaac Isabel Ismael Ivy Jacob Jada James Janet "
    "Jasper Jenny Jerome Jesse Joan Joel John Jonas Joseph Josie Joy Juan Judith Julia Julian June Karen Karim Kay "
    "Keith Kelly Kenneth Kevin Kim Kurt Kyle Laila Lara Larry Laura Leah Leila Leon Linda Lionel Lisa Logan Lola Louis "
    "Lydia Mabel Mandy Manuel Margot Maria Marie Martin Mary Mason Matilda Maud Megan Mehmet Melvin Mercy Milo Mina "
    "Miriam Mona Monica Morris Myra Nadia Nancy Naomi Natalie Ned Neil Nelly Nigel Nils Noel Norman Olive Oliver Oscar "
    "Owen Pamela Patrick Paula Pearl Pedro Peggy Penny Percy Peter Petra Philip Phoebe Polly Priya Rachel Ralph Ramon "
    "Rashid Rebecca Regina Rex Richard Robert Robin Roger Roland Ron Rory Roy Rufus Russell Ruth Ryan Sally Salma "
    "Samira Sandra Saul Selma Seth Shirley Sid Sigrid Silas Simon Sofia Sonia Sophie Stan Steven Stuart Susan Sven "
    "Sylvia Tamara Tariq Ted Teresa Terry Theo Thomas Tina Toby Todd Tony Tracy Trudy Ulla Ursula Valerie Victor "
    "Viola Violet Vivian Wade Wallace Walter Wanda Warren Wayne Wilma Winston Yara Yasmin Yoko Yvonne Zara Zelda"
).split()
NEW_NAMES = "Greta Oskar Wendy Felix Dora Yusuf Hilda Bruno Pippa Marco Stella Quinn".split()

# Small things that can be carried, lost, broken and washed.
THINGS = (
    "ball kite doll boat car train drum book hat cup toy teddy truck bell box coat scarf bag horn "
    "plane top block robot puzzle crown spoon bottle basket brush lamp clock map pen ring key coin "
    "shell stone flag mask shoe glove sock boot whistle bucket shovel blanket pillow plate pot "
    "camera pencil button ribbon mirror wagon umbrella flute guitar"
).split()
RARE_THINGS = (
    "apron anchor ladle saddle spade rake hammer wrench rope kettle teapot napkin tray pan fork knife jar jug bowl "
    "vase mat rug chair stool bench ladder broom mop sponge towel soap comb razor thimble needle thread yarn "
    "zipper belt buckle buttonhook bonnet cap beret hood cape cloak gown robe vest sweater shirt skirt tie sandal slipper "
    "skate ski paddle oar raft canoe sailboat ferry tractor scooter tricycle bicycle trailer sledge balloon parachute "
    "glider dart marble domino dice card token medal trophy badge ticket stamp postcard letter notebook diary album "
    "ruler compass stapler eraser crayon marker easel palette canvas chalk slate globe telescope microscope magnet "
    "battery torch flashlight radio phone tablet drone kaleidoscope harp banjo fiddle tuba trombone cello piano gong "
    "rattle tambourine xylophone harmonica bugle cymbal helmet shield sword bow arrow catapult tent hammock backpack "
    "suitcase purse pouch sack crate barrel cage nest feather acorn pebble twig pinecone fossil crystal gem pearl locket "
    "bracelet brooch tiara wand broomstick cauldron potion scroll statue carving figurine snowglobe toothbrush "
    "hairbrush lunchbox thermos cookbook dictionary atlas newspaper magazine poster painting portrait photo frame"
).split()
NEW_THINGS = "lantern trumpet yoyo wallet necklace rocket candle jacket violin pocketknife mug sled".split()

COLOURS = "red blue green yellow black white brown pink orange purple".split()
SIZES = "big small old new tiny shiny soft long".split()
LOOKS = COLOURS + COLOURS + SIZES

PLACES = (  # where one goes, and where one is then
    ("the park", "at the park"), ("the beach", "at the beach"), ("the forest", "in the forest"),
    ("the garden", "in the garden"), ("the school", "at the school"), ("the farm", "on the farm"),
    ("the lake", "at the lake"), ("the river", "by the river"), ("the market", "at the market"),
    ("the zoo", "at the zoo"), ("the library", "in the library"), ("the hill", "on the hill"),
    ("the shop", "in the shop"), ("the field", "in the field"), ("the yard", "in the yard"),
    ("the playground", "at the playground"), ("the barn", "in the barn"),
    ("the station", "at the station"), ("the pond", "by the pond"), ("the village", "in the village"),
)

CITIES = "Paris Rome Berlin London Madrid Oslo Vienna Prague Athens Dublin Tokyo Cairo Lima Delhi Boston Geneva".split()
NEW_CITIES = "Lisbon Warsaw Kyoto Milan".split()

KIN = "Mom Dad Grandma Grandpa".split()
HELPERS = (
    "the farmer", "the teacher", "the baker", "the doctor", "the driver", "the painter",
    "the fisher", "the gardener", "the nurse", "the king", "the queen", "the cook",
)
ANIMALS = (
    "dog cat bird duck rabbit mouse fox horse sheep goat frog turtle pony kitten puppy owl hen "
    "squirrel bear pig"
).split()

ONSETS = "b b bl br c ch cl d d dr f f fl g g gl gr h h j k k kl l l m m n n p p pl pr r r s s sh sk sl sn st t t th tr v v w w y z".split()
VOWELS = "a a a e e e i i i o o o u u ee oo ai ea ou".split()
CODAS = ("",) * 8 + tuple("n n r r l l s m t k p d nd rt ck sh ng st lt x".split())
LONGEST = 8  # letters of a word that means nothing


def is_held(name, thing):
    return crc32(f"{name} {thing}".encode()) % 20 == 0


NAMES_HELD = {thing: tuple(n for n in NAMES if is_held(n, thing)) for thing in THINGS}
HELD_PAIRS = frozenset((n, thing) for thing in THINGS for n in NAMES_HELD[thing])
THINGS_HELD = tuple(thing for thing in THINGS if NAMES_HELD[thing])
WORDS = tuple(sorted(frozenset(word.lower() for word in (*NAMES, *RARE_NAMES, *THINGS, *RARE_THINGS, *CITIES, *ANIMALS))))
HELD_OUT = frozenset(NEW_NAMES + NEW_THINGS + NEW_CITIES)
KNOWN = frozenset(word.lower() for word in (*NAMES, *RARE_NAMES, *NEW_NAMES, *THINGS, *RARE_THINGS, *NEW_THINGS, *CITIES, *NEW_CITIES, *ANIMALS))
# Of free draws.
MORE_SHORT = [word for word in MORE_THINGS if len(word) <= LONGEST]
FREE_KNOWN = frozenset(word.lower() for word in (*MORE_NAMES, *MORE_THINGS, *MORE_CITIES))
FREE_WORDS = WORDS + tuple(sorted(word for word in FREE_KNOWN if " " not in word))
SELDOM = ((2, "made"), (3, "more"), (1, "rare"))  # what a seldom one is


def syllables(draw):
    word = ""
    for _ in range(2 + draw.below(2)):
        word += draw.pick(ONSETS) + draw.pick(VOWELS)
    return word + draw.pick(CODAS)


def made_up(draw):
    """A word that means nothing: two or three syllables, or, if the draw is wide, mostly parts of others."""
    while True:
        blend = draw.wide and draw.chance(0.7)
        word = blended(draw, FREE_WORDS if draw.free else WORDS) if blend else syllables(draw)
        if draw.free and word in FREE_KNOWN:
            continue
        if word not in KNOWN and (blend or len(word) <= LONGEST):
            return word


def made_up_name(draw):
    return made_up(draw).capitalize()


def a(phrase):
    return ("an " if phrase[0] in "aeiou" else "a ") + phrase


def cap(phrase):
    return phrase[0].upper() + phrase[1:]


def listed(items, word="and"):
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {word} {items[-1]}"


class Cast:
    """Draws people and things for one document; held: some are such as training never has."""

    def __init__(self, draw, held=False, rare_share=0.4):
        self.draw = draw
        # How often a thing or a name is a seldom one, and how often such a one means nothing.
        self.rare_thing, self.made_thing, self.rare_name, self.made_name = (
            (0.5, 0.6, 0.65, 0.6) if draw.wide else (0.3, 0.35, rare_share, 0.4))
        self.mode = draw.pick(("name", "thing", "pair")) if held else None
        self.used = set()
        self.paired = False

    def thing(self):
        draw = self.draw
        while True:
            if self.mode == "thing":
                thing = draw.pick(NEW_THINGS)
            elif self.mode == "pair" and not self.paired:
                thing = draw.pick(THINGS_HELD)
            elif self.mode is None and draw.chance(self.rare_thing):
                thing = self.seldom(made_up, self.made_thing, RARE_THINGS, MORE_THINGS)
            else:
                thing = draw.pick(THINGS)
            if self.take(thing):
                return thing

    def name(self, thing=None):
        """One who may own the thing."""
        draw = self.draw
        while True:
            if self.mode == "name":
                name = draw.pick(NEW_NAMES)
            elif self.mode == "pair" and not self.paired and thing is not None:
                name = draw.pick(NAMES_HELD[thing])
                self.paired = True
            elif self.mode is None and draw.chance(self.rare_name):
                name = self.seldom(made_up_name, self.made_name, RARE_NAMES, MORE_NAMES)
            else:
                name = draw.pick(NAMES)
            if self.take(name):
                return name

    def seldom(self, make, made_share, rare, more):
        """One that means nothing, or of those that come seldom."""
        draw = self.draw
        if not draw.free:
            return make(draw) if draw.chance(made_share) else draw.pick(rare)
        which = draw.weighted(SELDOM)
        return make(draw) if which == "made" else draw.pick(more if which == "more" else rare)

    def usual_name(self):
        """One that is likelier the earlier it stands: what is likeliest is then one that is not there yet."""
        return self.usual_of(NAMES)

    def usual_thing(self):
        return self.usual_of(THINGS)

    def usual_of(self, words):
        while True:
            for word in words:
                if self.draw.chance(0.3) and self.take(word):
                    return word

    def take(self, word):
        """False for one that is there already, or in training makes a held-out pair with one."""
        if word in self.used:
            return False
        if self.mode is None:
            for other in self.used:
                if (word, other) in HELD_PAIRS or (other, word) in HELD_PAIRS:
                    return False
        self.used.add(word)
        return True
