#!/usr/bin/env python3
"""Writes greedy.jsonl: what llama.cpp continues prompts with, always taking the largest logit.

usage: greedy.py GREEDY SmolLM2-135M-Instruct.gguf

GREEDY is greedy.c beside this, built against llama.cpp. Needs ll-tokenize, too. Made with ggml
0.18.1 for AVX-512 with VNNI, on 2 threads: "default" is with flash attention and a KV cache in
f16, as llama.cpp does by itself; "f32" is over the weights dequantised to f32, with a KV cache
in f32 and no flash attention. Pairs are of the id and its distance from the second largest logit.

In llama.cpp as in ll, activations are rounded to 8 bits by default, which moves the log-
probabilities of this model by 0.07, and differently after any change of the order of sums: by
default, without flash attention, and in f32, llama.cpp gives three continuations of most
prompts. So the first 20 prompts, which are ordinary ones, can be held only to "f32". For
"default" there are as many that are "settled": all three ways give the same ids, and in none
do the two largest logits ever come closer than 0.1.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

COUNT = 64
SETTLED = 20
FAR = 0.1

PLAIN = [
    "The capital of France is",
    "Once upon a time, in a valley between two mountains, there lived",
    "Water boils at 100 degrees Celsius because",
    "The three most important rules for crossing a road are",
    "def is_prime(n):\n    ",
    "#include <stdio.h>\n\nint main(void)\n{\n",
    "Dear Sir or Madam,\n\nI am writing to",
    "The history of bread begins",
    "Q: What is the largest planet in the solar system?\nA:",
    "Ingredients: 200 g flour, 2 eggs, a pinch of salt, half a litre of milk. Method:",
    "1, 1, 2, 3, 5, 8, 13,",
    "When the old lighthouse keeper heard the knock at the door, he",
    "A computer program is a list of",
    "Les enfants jouent dans le jardin et",
    "The difference between weather and climate is that",
]

CHATS = [
    "Why is the sky blue?",
    "Write a short poem about a river.",
    "Name five animals that live in the sea.",
    "How do I boil an egg?",
    "Explain to a child what a library is.",
]

# Prompts that say how they go on.
REGULAR = [
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s t u v w x y z a b c",
    "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, Monday,",
    "January, February, March, April, May, June, July, August, September, October, November, December, January, February, March,",
    "red green blue red green blue red green blue red green",
    "tick tock tick tock tick tock tick tock tick tock",
    "one two three four, one two three four, one two three four,",
    "row, row, row your boat, gently down the stream. row, row, row your boat, gently down the stream. row, row,",
    "2 x 1 = 2\n2 x 2 = 4\n2 x 3 = 6\n2 x 4 = 8\n2 x 5 = 10\n2 x 6 =",
    "10 20 30 40 50 60 70 80 90 100 110 120 130 140",
    "0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,",
    "x = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,",
    "The ship sails at dawn. The ship sails at dawn. The ship sails at dawn. The ship sails at",
    "<ul>\n<li>item 1</li>\n<li>item 2</li>\n<li>item 3</li>\n<li>item 4</li>\n<li>item 5</li>\n<li>",
    "a,1\nb,2\nc,3\nd,4\na,1\nb,2\nc,3\nd,4\na,1\nb,2\nc,3\nd,4\n",
    "if (x == 1) return 1;\nif (x == 2) return 2;\nif (x == 3) return 3;\nif (x == 4) return 4;\nif (x ==",
    "north south east west north south east west north south east west",
    "The bell rang once. The bell rang twice. The bell rang once. The bell rang twice. The bell rang once. The bell rang",
    "- - - - - - - - - - - - - - - - - - - - -",
    "ha ha ha ha ha ha ha ha ha ha ha ha ha ha",
    "We hold these truths to be self-evident, that all men are created equal, that they are endowed by their Creator with certain",
    "abc abc abc abc abc abc abc abc abc abc",
    "100 99 98 97 96 95 94 93 92 91 90 89 88 87 86 85",
    "user: ping\nbot: pong\nuser: ping\nbot: pong\nuser: ping\nbot: pong\nuser:",
    "I like tea. You like coffee. I like tea. You like coffee. I like tea. You like",
    "| 1 | one |\n| 2 | two |\n| 1 | one |\n| 2 | two |\n| 1 | one |\n",
    "int a[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,",
    "Copy: the cat sat on the mat and the dog lay on the rug. Copy: the cat sat on the mat and the dog lay on the rug. Copy:",
    "up down up down up down up down up down up",
    "open the door, close the door, open the door, close the door, open the door,",
    "\n\n\n\n\n\n\n\n\n\n\n\n",
    "2000 2001 2002 2003 2004 2005 2006 2007 2008 2009 2010 2011",
    "do re mi fa sol la ti do re mi fa sol la ti do re mi",
    "yes no yes no yes no yes no yes no yes",
    "[INFO] ok\n[INFO] ok\n[INFO] ok\n[INFO] ok\n[INFO] ok\n[INFO]",
    "eins zwei drei eins zwei drei eins zwei drei eins zwei",
    "5 10 15 20 25 30 35 40 45 50 55 60 65 70 75 80",
    "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline",
    "case 1: return 1;\ncase 2: return 2;\ncase 3: return 3;\ncase 4: return 4;\ncase",
    "spring, summer, autumn, winter, spring, summer, autumn, winter, spring, summer, autumn,",
    "{\"a\": 1}, {\"a\": 1}, {\"a\": 1}, {\"a\": 1}, {\"a\": 1},",
    "1 + 0 = 1\n2 + 0 = 2\n3 + 0 = 3\n4 + 0 = 4\n5 + 0 = 5\n6 + 0 =",
    "Chapter 1\n\nChapter 2\n\nChapter 3\n\nChapter 4\n\nChapter 5\n\nChapter",
    "left right left right left right left right left right",
    "The wheels on the bus go round and round, round and round, round and round. The wheels on the bus go round and round,",
    "un deux trois un deux trois un deux trois un deux",
]


def tokenize(model, words):
    text = subprocess.run(["ll-tokenize", "-m", model, "--ids", *words], check=True, capture_output=True).stdout
    return [int(word) for word in text.split()]


def run(program, model, how, prompts):
    lines = "".join(" ".join(map(str, prompt)) + "\n" for prompt in prompts)
    text = subprocess.run([program, model, str(COUNT), how], input=lines, text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    pairs = [line.split() for line in text.splitlines()]
    return [[[int(i), float(gap)] for i, gap in zip(line[::2], line[1::2])] for line in pairs]


def settled(ways):
    return all([pair[0] for pair in way] == [pair[0] for pair in ways[0]] for way in ways) and \
        min(pair[1] for way in ways for pair in way) >= FAR


def main():
    program, model = sys.argv[1:]
    prompts = [tokenize(model, ["-p", text]) for text in PLAIN]
    prompts += [tokenize(model, ["--chat", "-p", text]) for text in CHATS]
    ordinary = len(prompts)
    prompts += [tokenize(model, ["-p", text]) for text in REGULAR]
    with tempfile.TemporaryDirectory() as folder:
        exact = folder + "/f32.gguf"
        subprocess.run([program, "--dequantize", model, exact], check=True)
        ways = [run(program, model, "default", prompts), run(program, model, "no-flash", prompts),
                run(program, exact, "f32", prompts)]
    left = SETTLED
    with pathlib.Path(__file__).with_name("greedy.jsonl").open("w") as out:
        for i, ids in enumerate(prompts):
            calm = settled([way[i] for way in ways])
            if i < ordinary or calm and left > 0:
                left -= calm
                out.write(json.dumps({"ids": ids, "settled": calm, "default": ways[0][i],
                                      "f32": ways[2][i]}, separators=(",", ":")) + "\n")


main()
