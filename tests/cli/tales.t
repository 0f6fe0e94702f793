#!/bin/sh
# share/tales writes what a small model learns from, and tells whether it has learned it.
. "$TESTS/tap.sh"

share=$TESTS/../share
tales=$share/tales/tales
PYTHONPATH=$share
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

status_of() {
	"$@" >out 2>err </dev/null
	echo $?
}

more_words() {
	[ "$(grep -o '[A-Za-z]*' wide.jsonl | sort -u | wc -l)" -gt "$(grep -o '[A-Za-z]*' text.jsonl | sort -u | wc -l)" ]
}

# Every line of the recogniser's count but the last is "label right total percent".
all_right() {
	tap_output a "$1" || return
	awk -F '\t' '$2 != $3 || $3 == 0 { print; wrong = 1 } END { exit wrong || NR < 20 }' "$tap_dir/a"
}

cat >kinds.py <<'END_OF_PYTHON'
import sys
from tales import mix
tokens = dict.fromkeys(mix.KINDS, 0)
for number, (kind, _, size) in enumerate(mix.documents(1)):
    tokens[kind] += size
    if number == 1500:
        break
total, shares = sum(tokens.values()), sum(mix.SHARES.values())
for kind, size in tokens.items():
    share = 100 * size / total
    if abs(share - 100 * mix.SHARES.get(kind, 0) / shares) > 0.5:
        sys.exit(f"{kind}: {share:.2f}%")
END_OF_PYTHON

# Each change of a story, at one place, must be refused.
cat >changed.py <<'END_OF_PYTHON'
import random, re, sys
from tales import mix, recognise
from tales.words import NAMES, THINGS
rng = random.Random(1)


def at_one_place(text, old, new):
    places = [found.start() for found in re.finditer(rf"\b{re.escape(old)}\b", text)]
    at = rng.choice(places)
    return text[:at] + new + text[at + len(old):] if len(places) > 1 else None


def another(words, old):
    return rng.choice([word for word in words if word != old])


def sentences(text):
    return re.split(r"(?<=[.!?\"]) (?=[\"A-Z])", text)


def name(text, world):
    return at_one_place(text, world["c"], another(NAMES, world["c"]))


def thing(text, world):
    return at_one_place(text, world["n"], another(THINGS, world["n"])) if "n" in world else None


def friend(text, world):
    friend = world.get("f", world.get("h"))
    return at_one_place(text, world["c"], friend) if friend in NAMES else None


def less(text, _):
    told = sentences(text)
    at = rng.randrange(len(told))
    return " ".join(told[:at] + told[at + 1:])


def twice(text, _):
    told = sentences(text)
    at = rng.randrange(len(told))
    return " ".join(told[:at + 1] + told[at:])


def cut(text, _):
    return text[:rng.randrange(len(text) - 1)]


tried, accepted = dict.fromkeys((name, thing, friend, less, twice, cut), 0), []
for number in range(70):
    doc = mix.document("story", 5, number)
    text = doc.text[doc.head:].strip()
    world = recognise.Parse(text).world
    for change in tried:
        new = change(text, world)
        if new is not None and new.strip() != text:
            tried[change] += 1
            if recognise.refused(new) is None:
                accepted.append(f"{change.__name__}: {new}")
    head = doc.text[:doc.head]
    if recognise.refused(doc.text, headed=True) is not None:
        accepted.append(f"refused: {doc.text}")
    for slot, words in ("c", NAMES), ("n", THINGS):
        if slot in world and re.search(rf"\b{world[slot]}\b", head):
            new = re.sub(rf"\b{world[slot]}\b", another(words, world[slot]), head, 1) + text
            if recognise.refused(new, headed=True) is None:
                accepted.append(f"heading: {new}")
print(*accepted, sep="\n")
sys.exit(min(tried.values()) < 25 or len(accepted) > 0)
END_OF_PYTHON

# Right stories about others than those that were asked for, and answers to another question.
cat >others.py <<'END_OF_PYTHON'
import sys
from tales import check
kinds, right, tried = ["chat", "skill", "manual", "tool"], 0, 0
records = list(check.prompts(kinds, 40, 5))
for (record, answer), (other, wrong) in zip(records, records[len(kinds):]):
    if "Tell me a story" in str(record) or "short story.\"" in str(record) or wrong == answer:
        continue
    tried += 1
    right += check.judged(record["id"], wrong)[1] is None
print(right, "of", tried)
sys.exit(tried < 120 or right > 3)
END_OF_PYTHON

cat >held.py <<'END_OF_PYTHON'
import json, re, sys
from tales import words
pairs = {frozenset(pair) for pair in words.HELD_PAIRS}
seen = 0
for line in open(sys.argv[1]):
    record = json.loads(line)
    found = set(re.findall(r"[A-Za-z]+", line))
    if found & words.HELD_OUT:
        sys.exit(f"{found & words.HELD_OUT} in {line}")
    if "text" in record:
        seen += 1
        for name in found.intersection(words.NAMES):
            for thing in found.intersection(words.THINGS):
                if frozenset((name, thing)) in pairs:
                    sys.exit(f"{name} and {thing} in {line}")
sys.exit(seen < 200)
END_OF_PYTHON

# Of wide and free documents: stories are such as the recogniser takes for what was asked, no phrasing is one of the
# tests', and nothing of a choice or a slot is left.
cat >wide.py <<'END_OF_PYTHON'
import ast, glob, os, re, sys
from tales import mix, recognise, ways, wide
told = 0
for number in range(800):
    doc = mix.document("chat", 5, number, ("wide", "free")[number % 2])
    for answer in doc.answers:
        if answer.world is not None:
            told += 1
            reason = recognise.refused(answer.want, answer.world, answer.world.template)
            if reason is not None:
                sys.exit(f"{number}: {reason}")
for number in range(1200):
    for message in mix.document(("chat", "skill", "manual")[number % 3], 5, number, "free").messages:
        if re.search(r"[][|]|\{\w*\}", message["content"].replace(" | ", "")):
            sys.exit(f"{number}: {message['content']}")
firsts, lasts = {mix.skill.GETS, mix.skill.GIVES}, set()
for path in glob.glob(os.environ["TESTS"] + "/../share/tales/*.py"):
    for node in ast.walk(ast.parse(open(path).read())):
        if isinstance(node, ast.Tuple) and len(node.elts) > 1 and all(isinstance(one, ast.Constant) for one in node.elts):
            if not os.path.basename(path).startswith(("wide.py", "ways", "more_", "frames")):
                firsts.add(node.elts[0].value)
                lasts.add(node.elts[-1].value)
lost = [first for first in [*wide.MORE, *ways.MANY] if first not in firsts]
heads = {head for plot in mix.story.PLOTS.values() for head in plot["heads"]}
seen = [way for ways in wide.MORE.values() for way in ways if way in lasts - heads]
print(told, lost, seen)
sys.exit(told < 700 or len(lost) + len(seen) > 0)
END_OF_PYTHON

# Of the first words of questions, three in a row, a free text has several times as many as a wide one.
cat >own_ways.py <<'END_OF_PYTHON'
import json, sys
def beginnings(path, count=1200):
    asked = [message["content"] for line in open(path) for message in json.loads(line).get("messages", []) if message["role"] == "user"]
    return len({" ".join(text.lower().split()[:3]) for text in asked[:count]})
free, wide = beginnings(sys.argv[1]), beginnings(sys.argv[2])
print(free, wide)
sys.exit(free < 1.2 * wide)
END_OF_PYTHON

# Each message that is asked about stands in the sources, but for those of the C library.
cat >messages.py <<'END_OF_PYTHON'
import glob, os, sys
from tales import facts
sources = "".join(open(path).read() for path in glob.glob(os.environ["TESTS"] + "/../*/*.c"))
missing = [text for text in facts.MESSAGES if text not in sources and text != os.strerror(2)]
sys.exit(", ".join(missing) or 0)
END_OF_PYTHON

cat >answers.py <<'END_OF_PYTHON'
import json, sys
for line in sys.stdin:
    record = json.loads(line)
    for text in [record["text"]] if "text" in record else [m["content"] for m in record["messages"]]:
        print(json.dumps({"id": "manual/1/1/0", "text": text}))
END_OF_PYTHON

"$tales" write -n 1500 --seed 3 >text.jsonl
ok "one seed, one text" same "cat text.jsonl" "'$tales' write -n 1500 --seed 3"
ok "another seed, another text" differ "head -n 50 text.jsonl" "'$tales' write -n 50 --seed 4"
ok "a longer text begins with a shorter one" same "head -n 40 text.jsonl" "'$tales' write -n 40 --seed 3"
ok "each kind has its share of the tokens" python3 kinds.py
ok "recall is a kind, too" is 20 "'$tales' write -n 20 --mix recall=1 --free | grep -c '^{\"messages\"'"
ok "a mix may have one kind alone" is 20 "'$tales' write -n 20 --mix story=1 | grep -c '^{\"text\"'"
ok "no held-out word is in the text, no held-out pair in a story" python3 held.py text.jsonl

"$tales" write -n 1500 --seed 3 --wide >wide.jsonl
"$tales" write -n 3000 --seed 3 --free >free.jsonl
ok "nor is it in a wide one" python3 held.py wide.jsonl
ok "nor in a free one" python3 held.py free.jsonl
ok "a wide text has more words" more_words
ok "a free document asks in ways of its own" python3 own_ways.py free.jsonl wide.jsonl
ok "its stories are what was asked for, and its phrasings not those of tests" python3 wide.py

ok "the right answers are right" all_right "'$tales' eval-prompts -n 30 --seed 7 --answers | '$tales' check"
ok "the held-out ones too" all_right "'$tales' eval-prompts -n 30 --seed 7 --held-out --answers | '$tales' check"
ok "and those of wide documents" all_right "'$tales' eval-prompts -n 30 --seed 7 --wide --answers | '$tales' check"
ok "and of free ones" all_right "'$tales' eval-prompts -n 30 --seed 7 --free --answers | '$tales' check"
ok "a story is refused with a name, thing or friend other at one place, a sentence less, twice, or cut" python3 changed.py
ok "answers to other questions are wrong" python3 others.py

ok "a call is compared as JSON" like "tool-json	1	1" \
	"'$tales' eval-prompts --kind tool -n 30 --answers | grep -m 1 '{.\"name' | sed 's/: /:/g' | '$tales' check"
ok "-v tells what is wrong" like "manual/0/0/1	answer: not" \
	"echo '{\"id\": \"manual/0/0/1\", \"text\": \"no\"}' | '$tales' check -v"
ok "an answer that failed counts as wrong" like "failed	0	1	0.0%" "echo '{\"id\": \"x\", \"error\": {}}' | '$tales' check"
"$tales" write -n 40 --mix story=1 >stories.jsonl
"$tales" write -n 40 --mix manual=1 >others.jsonl
ok "answers that stand in the training text are counted" like "copied	40	40	100.0%" \
	"python3 answers.py <stories.jsonl | '$tales' check --train stories.jsonl"
ok "others are not" like "copied	0	40" \
	"python3 answers.py <stories.jsonl | '$tales' check --train others.jsonl"
ok "entropy is given by kind" like "guard	" "'$tales' entropy -n 200"

# The facts know of all programs of training, which come one by one.
if command -v ll-train >/dev/null && command -v ll-tune >/dev/null && command -v ll-distill >/dev/null; then
	ok "what is said of the programs is in their manual pages" like "In ll-sample, -t sets the temperature." \
		"'$tales' facts --man '$TESTS/../man'"
else
	skip 1 "not all programs are there"
fi
ok "the messages are in the sources" python3 messages.py
cp -r "$TESTS/../man" pages && sed -i 's/^\.It Fl t , -temperature.*/.It Fl -heat Ar t/' pages/ll-sample.1
ok "a fact that is not makes it fail" is 65 "status_of '$tales' facts --man pages"
ok "and is told" like "ll-sample.1: no option -t" "cat err"

# The vocabulary is learned from the prompts, so that it knows the chat format, too.
sed 's/^{"text"/{"prompt"/' text.jsonl >prompts.jsonl
ok "a vocabulary can be learned from the text" ll-train-bpe -q -n 2048 -o first.gguf text.jsonl
ok "every document can be rendered" quiet \
	"ll-tokenize --vocab first.gguf --jsonl --chat-format llama3.1 --render prompts.jsonl | sed 's/<|[a-z_]*|>/\n/g' >words"
ok "and a vocabulary learned from that" ll-train-bpe -q -n 2048 -o small.gguf words
ok "a document is counted" is 1500 \
	"ll-tokenize --vocab small.gguf --jsonl --chat-format llama3.1 --count prompts.jsonl | tee counts | wc -l"
ok "and has 380 tokens at most, half of them 180" is "" "sort -n counts | awk '\$1 > 380 || NR == 750 && \$1 > 180'"
"$tales" eval-prompts -n 30 --held-out >eval.jsonl
ok "prompts of tests can be, too" is 180 "ll-tokenize --vocab small.gguf --jsonl --chat-format llama3.1 --count eval.jsonl | wc -l"

ok "no command is wrong usage" is 64 "status_of '$tales'"
ok "neither number of documents nor of tokens, too" is 64 "status_of '$tales' write"
ok "an unknown kind, too" is 64 "status_of '$tales' write -n 1 --mix poem=1"
ok "what is no number, too" is 64 "status_of '$tales' write -n -1"
ok "a file that is not there cannot be opened" is 66 "status_of '$tales' check none"
ok "a full disk" is "74 tales: standard output: No space left on device" \
    "'$tales' write -n 9 >/dev/full 2>told; echo \$? \$(cat told)"
ok "nor a closed output" is "74 tales: standard output: is closed" "'$tales' write -n 9 2>told >&-; echo \$? \$(cat told)"
ok "what is not JSON is bad data" is 65 "status_of '$tales' check prompts.jsonl kinds.py"
echo '{"id": "story/1", "text": ""}' >bad.jsonl
ok "so is an id of something else" is 65 "status_of '$tales' check bad.jsonl"
ok "that is told" is "tales: bad.jsonl:1: id: 'story/1' is not kind/seed/number/answer" "cat err"

done_testing
