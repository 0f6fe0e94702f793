#!/usr/bin/env python3
"""Renders generated conversations with transformers' own engine: chat.jsonl.

    tests/golden/chat.py [-n COUNT] [-s SEED] [-t] FORMAT=TEMPLATE ... >tests/golden/chat.jsonl

TEMPLATE is a file that holds the chat template of a model, as its tokenizer_config.json has
it; FORMAT is the name that ll-tokenize --chat-format knows it by. Templates are not kept
here: chat.jsonl was made with -n 7 from those of Llama 3, 3.1, 3.2, Llama Guard 3 8B and 1B,
Llama 2, TinyLlama, Dolphin Mixtral, Mistral 7B Instruct 0.1 and 0.2, Mixtral 8x7B and 8x22B, Mistral
Large 2411 and Small 2501; the 16 lines behind are the first with tools of -n 20 -s 2 from those of
Mistral Large 2407 and Nemo, without those where the first trims an answer. Behind them are 7 lines of -t -n 7 -s 7
from the template that ll-train-bpe writes. With -t a record holds the template too, and t_chat_more.c then
recognises it: LL_TEST_CHAT=FILE names such a file for it.

A record is {"format", "bos", "eos", "messages", "answer", "prompt", and what else the
template was given}. A conversation that a template refuses is left out.
"""
import argparse
import json
import random
import sys

from transformers.utils.chat_template_utils import render_jinja_template

TEXTS = [
    "", " ", "Hi", "  two spaces ", "\n\nlines\n", "tab\there\t", "What's 2+2?", "Zürich, 18 °C – 5 €",
    "日本語のテキスト 😀", "نص عربي", "\u00a0nbsp\u00a0", "\u3000wide\u3000", "a\u200b", "\x1cseparator\x1d",
    "quote \" and ' and \\ back", "{\"json\": [1, 2.5]}", "<b>&amp;</b>", "{{ braces }} {% tag %}",
    "line one\nline two\r\nline three", "end\\n", "\x7f\x01", "x" * 40, "\u0085next line\u0085", "a\u2028b",
]
NUMBERS = [0, -1, 7, 3.0, 0.1, 1e16, 1e-5, 123456789.125, -2.5e-7, 1e22, 5e-324, 1.7976931348623157e308, 0.0001,
           9007199254740993, 100000.0, 1e15, 12345678901234567.0]
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Wetter in °C \"now\"", "parameters": {
        "type": "object", "properties": {"place": {"type": "string", "enum": ["Köln", "x"]}}, "required": []}}},
    {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {},
                                                                   "z": None, "a": [True, False, 1.5, [], {}]}}},
    {"name": "bare", "description": ""},
]
ANSWERS = [{"t": 18.5, "u": "°C", "ok": True, "none": None, "deep": {"a": [1, {"b": []}]}}, [1, "zwei", None],
           "plain \"text\"\n", "", 7, 2.5, True, None]


def call(r):
    kind = r.randrange(4)
    if kind == 0:
        return {"name": "weather", "arguments": {"place": r.choice(TEXTS)}}
    if kind == 1:
        return {"name": "add", "arguments": {"b": r.choice(NUMBERS), "a": [r.choice(NUMBERS), True, None]}}
    if kind == 2:
        return {"name": "f", "arguments": {}}
    return {"name": r.choice(["brave_search", "wolfram_alpha"]), "arguments": {"query": r.choice(TEXTS)}}


def turns(r, text):
    system = [{"role": "system", "content": text()}] if r.random() < 0.5 else []
    count = r.randint(1, 4)
    return system + [{"role": ["user", "assistant"][i % 2], "content": text()} for i in range(count)]


def with_tools(r, messages):
    """Calls and answers behind some of the user's messages."""
    out = []
    for message in messages:
        out.append(message)
        if message["role"] == "user" and r.random() < 0.5:
            out.append({"role": "assistant", "tool_calls": [{"type": "function", "function": call(r)}]})
            out.append({"role": r.choice(["tool", "ipython"]), "content": r.choice(ANSWERS)})
    return out


def with_ids(r, messages):
    """Calls by Mistral's rules: each has an id of nine characters, and an answer; several at once."""
    out = []
    for message in messages:
        out.append(message)
        if message["role"] == "user" and r.random() < 0.6:
            ids = ["".join(r.choice("abcXYZ0189") for _ in range(9)) for _ in range(r.randint(1, 2))]
            out.append({"role": "assistant",
                        "tool_calls": [{"type": "function", "id": i, "function": call(r)} for i in ids]})
            for i in ids:
                content = r.choice([a for a in ANSWERS if not isinstance(a, (dict, list)) and a is not None]
                                   + [{"content": "inner"}])
                out.append({"role": "tool", "tool_call_id": i, "content": content})
    return out


def conversation(r, name):
    text = lambda: r.choice(TEXTS)
    messages = turns(r, text)
    extra = {}
    if name in ("llama3.1", "llama3.2"):
        extra["date_string"] = r.choice(["26 Jul 2024", "1 Jan 2030"])
        if r.random() < 0.6:
            messages = with_tools(r, messages)
            if r.random() < 0.7:
                extra["tools"] = r.sample(TOOLS, r.randint(0, 2))
            if name == "llama3.1" and r.random() < 0.5:
                extra["builtin_tools"] = r.sample(["brave_search", "code_interpreter", "wolfram_alpha"], r.randint(0, 3))
            if r.random() < 0.4:
                extra["tools_in_user_message"] = False
    if name in ("mistral-v3", "mistral-v3-tekken") and r.random() < 0.8:
        messages = with_ids(r, messages)
        if r.random() < 0.7:
            extra["tools"] = r.sample(TOOLS[:2], r.randint(1, 2))
    if name.startswith("llama-guard3"):
        messages = [m for m in messages if m["role"] != "system"]
    if name == "llama-guard3-1b":
        for m in messages:
            texts = [m["content"]] + ([text()] if r.random() < 0.3 else [])
            m["content"] = [{"type": "text", "text": t} for t in texts]
        if r.random() < 0.3:
            extra["categories"] = {"A": "Ärger.", "B1": "Other."}
        extra["excluded_category_keys"] = r.sample(["S1", "S13", "A", "S7"], r.randint(0, 2))
    return messages, extra


def render(template, messages, answer, bos, eos, extra):
    given = dict(extra)
    tools = given.pop("tools", None)
    prompts, _ = render_jinja_template(
        [messages], tools=tools, chat_template=template, add_generation_prompt=answer,
        bos_token=bos, eos_token=eos, **given)
    return prompts[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=7)
    parser.add_argument("-s", type=int, default=1)
    parser.add_argument("-t", action="store_true")
    parser.add_argument("templates", nargs="+")
    given = parser.parse_args()
    for pair in given.templates:
        name, path = pair.split("=", 1)
        with open(path, encoding="utf-8", newline="") as f:
            template = f.read()
        r = random.Random(f"{given.s} {name}")
        llama3 = name in ("llama3", "llama3.1", "llama3.2") or name.startswith("llama-guard3")
        bos, eos = ("<|begin_of_text|>", "<|eot_id|>") if llama3 else ("<s>", "</s>")
        made = refused = 0
        while made < given.n and refused < given.n + 20:
            messages, extra = conversation(r, name)
            answer = r.random() < 0.7
            try:
                prompt = render(template, messages, answer, bos, eos, extra)
            except Exception as error:
                print(f"{name}: {error}", file=sys.stderr)
                refused += 1
                continue
            record = {"format": name, "bos": bos, "eos": eos, "messages": messages, "answer": answer, **extra,
                      "prompt": prompt}
            if given.t:
                record["template"] = template
            print(json.dumps(record, ensure_ascii=False))
            made += 1


if __name__ == "__main__":
    main()
