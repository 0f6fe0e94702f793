#!/usr/bin/env python3
"""Writes answers.jsonl: which tokens of a conversation are the assistant's.

    tests/golden/answers.py SMOLLM2.gguf LLAMA3-TOKENIZER.model FORMAT=TEMPLATE ... >tests/golden/answers.jsonl

As transformers' masks are made, by characters: an answer begins where the prompt that asks for
it ends, and ends with its end-of-turn token; a token counts from the one that holds the answer's
first character on. Prompts are rendered by transformers, ids and offsets are those of Hugging
Face tokenizers: of SmolLM2 with the template in its file, and of Llama 3 with the templates
given. Other formats than Llama's have "answers" alone, the texts. TEMPLATE is a file as of
chat.py; answers.jsonl was made with those of Llama 3.1 and 3.2, Mistral 7B Instruct 0.3
(mistral-v3) and Nemo (mistral-v3-tekken).

Needs transformers, tokenizers, gguf, jinja2 and tiktoken from PyPI.
"""
import json
import random
import sys

from tokenizers import AddedToken
from transformers.convert_slow_tokenizer import TikTokenConverter

import chat
import smollm

COUNT = 12  # of conversations per template
ENDS = ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "</s>"]
LLAMA3_SPECIALS = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
                   "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>",
                   "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"]
LLAMA3_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
                  r"\s*[\r\n]+|\s+(?!\S)|\s+")
# White space that tokens may share with the header before it.
STARTS = ["\n", "\n\n", "\n\n\n\tcode", " one", "  two", "\t", "\r\n", "1", "\n1", ")", "\u3000wide"]


def llama3(path):
    tokenizer = TikTokenConverter(path, pattern=LLAMA3_PATTERN, extra_special_tokens=LLAMA3_SPECIALS).converted()
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in LLAMA3_SPECIALS])
    return tokenizer


def answers_of(render, messages):
    """The places of the answers in the prompt, or None where a part of it is no prefix."""
    prompt, found = render(messages, False), []
    for i, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before, after = render(messages[:i], True), render(messages[:i + 1], False)
        end = max(after.rfind(e) + len(e) for e in ENDS if e in after)
        if not prompt.startswith(before) or not prompt.startswith(after[:end]):
            return prompt, None
        found.append((len(before), end))
    return prompt, found


def tokens_of(encoding, begin, end):
    return [encoding.char_to_token(begin), encoding.char_to_token(end - 1) + 1]


def put(name, template, tokenizer, known):
    r = random.Random(f"answers {name}")
    llama = name.startswith("llama")
    bos, eos = ("<|begin_of_text|>", "<|eot_id|>") if llama else ("<s>", "</s>")
    made = 0
    while made < COUNT:
        messages, extra = chat.conversation(r, name)
        for message in messages:
            if message["role"] == "assistant" and r.random() < 0.6 and "content" in message:
                message["content"] = r.choice(STARTS) + message["content"]
        if known and not set(json.dumps(messages, ensure_ascii=False).encode()) <= known:
            continue
        render = lambda m, answer: chat.render(template, m, answer, bos, eos, extra)
        try:
            prompt, places = answers_of(render, messages)
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        if not places:
            continue
        record = {"format": name, "messages": messages, **extra, "answers": [prompt[b:e] for b, e in places]}
        if tokenizer:
            encoding = tokenizer.encode(prompt, add_special_tokens=False)
            record["ids"] = encoding.ids
            record["learned"] = [tokens_of(encoding, b, e) for b, e in places]
        print(json.dumps(record, ensure_ascii=False))
        made += 1


def main():
    tokens, tokenizer, special, template = smollm.load(sys.argv[1])
    put("chatml", template, smollm.with_special(tokenizer, special), smollm.expressible(tokens))
    llama = llama3(sys.argv[2])
    for pair in sys.argv[3:]:
        name, path = pair.split("=", 1)
        with open(path, encoding="utf-8", newline="") as f:
            put(name, f.read(), llama if name.startswith("llama") else None, None)


if __name__ == "__main__":
    main()
