#!/usr/bin/env python3
"""Writes smollm.jsonl: texts and their ids in SmolLM2's vocabulary.

usage: smollm.py SmolLM2-135M-Instruct.gguf > smollm.jsonl

The ids are those of Hugging Face tokenizers, rebuilt from the file's tokens and merges.
Needs the packages gguf, tokenizers and jinja2. A record has either "text" (and "special",
whether special tokens are matched in it) or "messages" for the file's chat template.
"""

import json
import random
import sys

import jinja2
from gguf import GGUFReader
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

TEXTS = """
Hello, world!
The quick brown fox jumps over the lazy dog.
I'll say it's what they've done; we'd go, he's not, I'm here, you're there, don't.
I'LL SAY IT'S WHAT THEY'VE DONE; WE'D GO, HE'S NOT, I'M HERE, YOU'RE THERE, DON'T.
'tis the season, rock 'n' roll, the '90s, d'Artagnan, O'Reilly's, y'all'd've
'ſ 's 'S ''s '' ' x' 'x' ' s
In 1999, 12345 people paid $1,234.56 (7.5%) on 2024-11-24 at 23:59:59.
1 12 123 1234 12345 123456 3.14159 1e10 0x1F 1/2 50% #1 No.1 v2.0.1
a1b2c3 1a2b3c abc123def456 x86_64 utf8 4K 1080p
½ ¾ ² ³ ① ② Ⅳ Ⅻ ٣ ४ ५ 一 二 ３ ４ 𝟘 𝟙
Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.
Le cœur a ses raisons que la raison ne connaît point. L'été, j'ai mangé où tu l'as dit.
¿Dónde está la biblioteca? ¡Qué día más bonito! El niño comió piñas.
Não há mal que sempre dure. Coração, ação, irmãos, avô e avó.
La volpe è più veloce; perché no? L'Aquila è un'isola.
Příliš žluťoučký kůň úpěl ďábelské ódy.
Zażółć gęślą jaźń.
Árvíztűrő tükörfúrógép
Pijamalı hasta yağız şoföre çabucak güvendi. İstanbul'da ısı
Съешь же ещё этих мягких французских булок, да выпей чаю.
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία.
דג סקרן שט בים מאוכזב ולפתע מצא חברה
نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر
क्या समय हुआ है? मैं हिन्दी बोलता हूँ।
আমি বাংলায় গান গাই।
தமிழ் மொழி மிகவும் பழமையானது.
กี่โมงแล้ว เป็นมนุษย์สุดประเสริฐเลิศคุณค่า
Tôi có thể ăn thủy tinh mà không hại gì. Việt Nam
我能吞下玻璃而不伤身体。今天天气很好，对吗？
私はガラスを食べられます。それは私を傷つけません。ｶﾀｶﾅ
나는 유리를 먹을 수 있어요. 그래도 아프지 않아요
ມັນດີ ကျွန်ုပ် ភាសាខ្មែរ ქართული Հայերեն ᏣᎳᎩ አማርኛ
😀 😃😄😁 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 ❤️ ☺ 1️⃣2️⃣
Mixed 😀text中文and1numbers한국어
e\u0301 n\u0303 a\u0308 cafe\u0301 Z\u0351\u036b\u0343a\u0321lgo
zero\u200bwidth\u200cnon\u200djoiner\ufeffbom\u00adsoft\u2060word
\u00a0nbsp\u00a0 \u2003em\u2003 \u3000ideographic\u3000 \u2028line\u2029para\u0085next
"quotes" 'single' “curly” ‘single’ «guillemets» „deutsch“ `code` ```fence```
!!! ??? ... --- === *** ### $$$ %%% ^^^ &&& @@@ ~~~ ||| \\\\\\ ///
(parens) [brackets] {braces} <angle> a<b>c a->b a=>b a::b a.b.c a_b_c a-b-c
http://example.com/path?query=1&x=2#frag user@example.org C:\\Users\\x ~/.bashrc
<|endoftext|> <|im_start|>user <|im_end|> <repo_name> <|im_start <file_sep
antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
ababababababababababababababababababababababababababababababab
ThisIsCamelCase thisIsToo SCREAMING_SNAKE kebab-case-name HTTPServer2XMLParser
E = mc², ∑_{i=0}^{n} x_i ≤ ∞, ∀x∈ℝ: √x² = |x|, α→β, 10⁻³
""".strip("\n").split("\n")

PLAIN = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", "\r\n\r\n", " \n", "\n ", " \n ",
    "a ", " a", " a ", "  a", "a  b", "a   b", "a\nb", "a\n\nb", "a \n b", "a\n  b", "a\t b", "a  \n\n  b  ",
    "1 2", "1  2", "a  1", "a   1", " 1", "  1", "1 ", "1  ", "\n1", "\n\n1", " \n1", "1\n", "a\n1", " 1a", " a1", "12 34",
    "\u00a01", "x\u00a01", " \u00a0 1", " ½", "  ½", "  !", " !", "   !?", "!  ", "! ", "\t1", "\t\t1", "a\t1",
    "int main(void)\n{\n\tprintf(\"%d\\n\", 42);\n\treturn 0;\n}\n",
    "def f(x, *, y=None):\n    \"\"\"Doc.\"\"\"\n    return [i ** 2 for i in range(10) if i % 2 == 0]\n",
    "for (let i = 0; i < n; ++i) { console.log(`${i}: ${a[i]}`); }  // done\n",
    "SELECT id, name FROM users WHERE age >= 18 AND name LIKE 'O''Brien%';",
    "<html>\n  <body class=\"x\">&nbsp;</body>\n</html>\n",
    "{\"a\": [1, 2.5, -3e4], \"b\": null, \"c\": \"\\u00e9\\n\"}",
    "# Title\n\n- item 1\n- item 2\n\n1. one\n2. two\n\n> quote\n\n| a | b |\n|---|---|\n",
    "        eight spaces\n\t\ttwo tabs\n    \tmixed\n",
    " " * 100, "\n" * 50, "7" * 50, "!" * 70, "😀" * 20, "é" * 40, "ab " * 30, "中" * 40, " a" * 60,
]

CHATS = [
    ([("user", "What is the capital of France?")], True),
    ([("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!"), ("user", "Bye\n")], True),
    ([("user", "  spaces stay  "), ("assistant", "\nyes")], False),
    ([("system", ""), ("user", "")], True),
    ([("user", "\n\n1 2 3\n")], True),
]


def byte_alphabet():
    kept = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
    rest = [b for b in range(256) if b not in kept]
    return {chr(c): b for c, b in zip(kept + [0x100 + i for i in range(len(rest))], kept + rest)}


def expressible(vocabulary):
    """The bytes with a token: others are errors here, and lost in the reference."""
    alphabet = byte_alphabet()
    return {alphabet[t] for t in vocabulary if len(t) == 1 and t in alphabet}


def load(path):
    fields = GGUFReader(path).fields
    get = lambda name: fields["tokenizer." + name].contents()
    tokens, types = get("ggml.tokens"), get("ggml.token_type")
    merges = [tuple(m.split(" ")) for m in get("ggml.merges")]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    special = [t for t, kind in zip(tokens, types) if kind == 3]
    return tokens, tokenizer, special, get("chat_template")


def with_special(tokenizer, special):
    other = Tokenizer.from_str(tokenizer.to_str())
    other.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    return other


def noise(generator):
    alphabet = " \t\n'stredvmlSTxyzAB019!?.,-_\u0301\u200d\u00a0\u0085\u3000é中文한😀½"
    for _ in range(30):
        yield "".join(generator.choice(alphabet) for _ in range(generator.randint(1, 40)))


def main():
    tokens, tokenizer, special, template = load(sys.argv[1])
    matching = with_special(tokenizer, special)
    known = expressible(tokens)
    put = lambda record: print(json.dumps(record))

    for text in [*TEXTS, *PLAIN, *noise(random.Random(1))]:
        if not set(text.encode()) <= known:
            continue
        put({"text": text, "special": False, "ids": tokenizer.encode(text).ids})
        if "<" in text:
            put({"text": text, "special": True, "ids": matching.encode(text).ids})
    render = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(template).render
    for chat, answer in CHATS:
        messages = [{"role": role, "content": content} for role, content in chat]
        prompt = render(messages=messages, add_generation_prompt=answer)
        put({"messages": messages, "answer": answer, "prompt": prompt, "ids": matching.encode(prompt).ids})


if __name__ == "__main__":
    main()
