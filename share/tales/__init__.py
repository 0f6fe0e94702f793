"""tales: what the project's own small model learns from, and whether it has learned it.

A model of 4 million parameters with 2,048 tokens and 512 positions learns from some 110 million
tokens what is regular and comes often. So this text has simple sentences of few words, and
documents of 60 to 250 tokens; names and things are said again and again, so that a story stays
with them, and much of it is copying and recall. What a user may name is wide: besides 60 names and
60 things that come often there are 290 names and 180 things that come seldom, and words that mean
nothing. So is how one may ask: of each thing there are several ways, now and then without a
capital or the last mark, and one conversation in ten goes from one kind to another. Wide documents
(--wide) have twice as many ways to ask and words around them, and two names in three are seldom
ones or mean nothing; whom nobody asked for is mostly one of the same few. In free documents (--free)
ways to ask are put together from parts: 3,500 lines with choices make millions of them, so that hardly
one is met twice; there are 1,000 more things and 700 more names, and more places, animals and looks.

    share/tales/tales write --tokens-approx 15000000 --seed 1 >train.jsonl
    share/tales/tales write --tokens-approx 200000 --seed 2 >valid.jsonl
    share/tales/tales entropy
    share/tales/tales eval-prompts -n 200 >prompts.jsonl          # or with --held-out
    ll-batch -m model.gguf -t 0 -n 200 prompts.jsonl -o answers.jsonl
    share/tales/tales check answers.jsonl --train train.jsonl

The vocabulary is best learned from prompts as the chat format has them, not from the contents of
messages alone: a conversation then takes a sixth fewer tokens, a call of a tool two fifths
(measured with 20,000 documents and 2,048 tokens). share/models/train does it so:

    ll-train-bpe -n 2048 -o first.gguf train.jsonl
    sed 's/^{"text"/{"prompt"/' train.jsonl |
      ll-tokenize --vocab first.gguf --chat-format llama3.1 --jsonl --render |
      sed 's/<|[a-z_]*|>/\\n/g' | ll-train-bpe -n 2048 -o vocabulary.gguf

A line of text is {"text": ...} or a conversation as ll-tokenize takes it. Kinds, and their
default share of the tokens:

    story   15  stories as plain text, most with a heading
    chat    27  stories that a user asks for, and questions about them
    skill   24  sums, lists, letters, days (skill.py says of what size), who has what
    manual  13  questions about the programs of ll, the facts of which are held to the manual pages,
                and some that it can not answer, which it says
    tool     7  calls of tools in Llama 3.1's three forms, results, answers
    guard    7  Llama Guard's prompts with "safe" or "unsafe" and a category
    drill    7  rows, pairs and facts that come again
    recall   0  who has what and what lies where, which is a part of skill, alone

A document is a function of kind, seed and number. Held out of training are 12 names, 12 things,
4 cities, of the others one pair of name and thing in twenty (never together in a story or in a
drill), one pair of numbers in ten, and the last of the ways to ask each thing.

draw.py has the random choices and their entropy, wide.py what wide documents choose from, ways.py and the files
that it names what free ones do, with frames.py, more_words.py and more_lists.py; words.py, beats.py, plots.py and
facts.py are words; story.py, skill.py, drill.py, manual.py, tool.py and guard.py make documents (doc.py) of them,
and mix.py mixes those. recognise.py tells a story from what is none, check.py judges
answers, pages.py reads manual pages, commands.py is the script.

The entropy counts each random choice by -log p. Where different choices lead to one text, and
where a choice is thrown away and made again, it is above the text's own entropy, by little.
Made-up words are choices too: they are most of the nats of skill.
"""
