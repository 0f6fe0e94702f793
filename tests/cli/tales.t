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
    if number == 4000:
        break
total, shares = sum(tokens.values()), sum(mix.SHARES.values())
for kind, size in tokens.items():
    share = 100 * size / total
    if abs(share - 100 * mix.SHARES[kind] / shares) > 0.2:
        sys.exit(f"{kind}: {share:.2f}%")
END_OF_PYTHON

# Each change of a story, at one place, must be refused.
cat >changed.py <<'END_OF_PYTHON'
import random, re, sys
from tales import mix, recognise
from tales.words import NAMES, THINGS
what, rng, tried, accepted = sys.argv[1], random.Random(1), 0, []


def at_one_place(text, old, new):
    places = [m.start() for m in re.finditer(rf"\b{re.escape(old)}\b", text)]
    at = rng.choice(places)
    return text[:at] + new + text[at + len(old):] if len(places) > 1 else None


def another(words, old):
    return rng.choice([word for word in words if word != old])


def changed(text, world):
    sentences = re.split(r"(?<=[.!?\"]) (?=[\"A-Z])", text)
    at = rng.randrange(len(sentences))
    if what == "name":
        return at_one_place(text, world["c"], another(NAMES, world["c"]))
    if what == "thing":
        return at_one_place(text, world["n"], another(THINGS, world["n"])) if "n" in world else None
    if what == "swap":
        f = world.get("f", world.get("h"))
        return at_one_place(text, world["c"], f) if f in NAMES else None
    if what == "drop":
        return " ".join(sentences[:at] + sentences[at + 1:])
    if what == "twice":
        return " ".join(sentences[:at + 1] + sentences[at:])
    if what == "cut":
        return text[:rng.randrange(len(text) - 1)]
    raise SystemExit("no such change")


for number in range(120):
    doc = mix.document("story", 5, number)
    text = doc.text[doc.head:].strip()
    new = changed(text, recognise.Parse(text).world)
    if new is not None and new.strip() != text:
        tried += 1
        if recognise.refused(new) is None:
            accepted.append(new)
print(*accepted, sep="\n")
sys.exit(tried < 40 or len(accepted) > 0)
END_OF_PYTHON

# Right stories about others than those that were asked for, and answers to another question.
cat >others.py <<'END_OF_PYTHON'
import sys
from tales import check
kinds, right, tried = ["chat", "skill", "manual", "tool"], 0, 0
records = list(check.prompts(kinds, 80, 5, False))
for (record, answer), (other, wrong) in zip(records, records[len(kinds):]):
    if "Tell me a story" in str(record) or "short story.\"" in str(record) or wrong == answer:
        continue
    tried += 1
    right += check.judged(record["id"], wrong)[1] is None
print(right, "of", tried)
sys.exit(tried < 250 or right > 5)
END_OF_PYTHON

cat >held.py <<'END_OF_PYTHON'
import json, re, sys
from tales import words
pairs = {frozenset(pair) for pair in words.HELD_PAIRS}
seen = 0
for line in sys.stdin:
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
sys.exit(seen < 300)
END_OF_PYTHON

# Each message that is asked about stands in the sources, but for those of the C library.
cat >messages.py <<'END_OF_PYTHON'
import glob, os, sys
from tales import facts
sources = "".join(open(path).read() for path in glob.glob(os.environ["TESTS"] + "/../*/*.c"))
missing = [text for text in facts.MESSAGES if text not in sources and text != os.strerror(2)]
sys.exit(", ".join(missing))
END_OF_PYTHON

cat >answers.py <<'END_OF_PYTHON'
import json, sys
for line in sys.stdin:
    record = json.loads(line)
    for text in [record["text"]] if "text" in record else [m["content"] for m in record["messages"]]:
        print(json.dumps({"id": "manual/1/1/0", "text": text}))
END_OF_PYTHON

"$tales" write -n 3000 --seed 3 >text.jsonl
ok "one seed, one text" same "cat text.jsonl" "'$tales' write -n 3000 --seed 3"
ok "another seed, another text" differ "head -n 50 text.jsonl" "'$tales' write -n 50 --seed 4"
ok "a longer text begins with a shorter one" same "head -n 40 text.jsonl" "'$tales' write -n 40 --seed 3"
ok "each kind has its share of the tokens" python3 kinds.py
ok "a mix may have one kind alone" is 20 "'$tales' write -n 20 --mix story=1 | grep -c '^{\"text\"'"
ok "no held-out word is in the text, no held-out pair in a story" python3 held.py <text.jsonl
# A test's stdin is empty; so the text comes through a file's name.
ok "nor without a reader's help" like "3000" "wc -l <text.jsonl"

ok "the right answers are right" all_right "'$tales' eval-prompts -n 50 --seed 7 --answers | '$tales' check"
ok "the held-out ones too" all_right "'$tales' eval-prompts -n 50 --seed 7 --held-out --answers | '$tales' check"
ok "a story with another name at one place is refused" python3 changed.py name
ok "with the friend's name in place of the child's" python3 changed.py swap
ok "with another thing" python3 changed.py thing
ok "with a sentence less" python3 changed.py drop
ok "with a sentence twice" python3 changed.py twice
ok "that breaks off" python3 changed.py cut
ok "answers to other questions are wrong" python3 others.py
