#!/usr/bin/env python3
"""Takes answers apart with Meta's own parser: calls.jsonl.

    tests/golden/calls.py [-n COUNT] [-s SEED] LLAMA_MODELS >tests/golden/calls.jsonl

LLAMA_MODELS is a checkout of llama-models; decode_assistant_message_from_content of its
models/llama3/chat_format.py is run, without the packages that the rest of that file needs.
A record is {"tagged": whether <|python_tag|> comes first, "answer", "text", "name",
"arguments"}; name is null where there is no call. Left out are the answers that the parser
of ll reads otherwise by its own rules: several calls (Meta's takes the first), text around
a call (Meta's drops it), and arguments with braces in a tag (Meta's ends at the first).
"""
import argparse
import contextlib
import enum
import io
import json
import random
import re
import sys

PIECES = ["brave_search", "f", "get_x", ".call(query=\"", "\")", "\"", "pi", " ", "\n", "{", "}", "[", "]", "(", ")", "=", ",",
          "'", "1", "-2.5", "True", "None", "a", "\"name\"", ": ", "\"parameters\"", "{}", "\"type\": \"function\"", "<function=",
          "</function>", ">", "é", "\\", "\\n"]
VALUES = ["'x'", '"a b"', "1", "-2", "2.5", "1e3", ".5", "True", "False", "None", "[1, 'a']", "[]", "{'k': 1}", "(1, 2)", "(3)",
          "(4,)", r"'it\'s'", r'"\u00e9\n"', "'é'", "'''three\n'quotes'''", "+7", "0", "00", "007", "1_0", "'a' 'b'", "x", "--1",
          "{'k': [None, {'z': ()}]}", "[1,]", "{1: 2}", "{1}", "b'x'", "'\n'", "f(1)", "1+1", "\"q'q\"", r"'\x41\101'", "1.", "1e400"]
JSONS = [{"a": 1}, {}, {"q": "x \"y\"", "n": [1, {"b": None}]}, {"é": "\u20ac", "t": True, "f": 0.5}, {"deep": {"a": {"b": {}}}}]
TEXTS = ["Hello.", "", "  spaces ", "The call( is not one", "{\"answer\": 42}", "[1, 2, 3]", "print(1)", "x = 1\nprint(x)", "{", "[f(",
         "{\"name\": \"Bob\"}", "[see(above)]", "a.call(query=1)", "<b>bold</b>", "brave_search.call(\"x\")", "if x < y: pass"]


def load(folder):
    class Tool(enum.Enum):
        brave_search = "brave_search"
        wolfram_alpha = "wolfram_alpha"
        photogen = "photogen"
        code_interpreter = "code_interpreter"

    with open(f"{folder}/models/llama3/tool_utils.py", encoding="utf-8") as f:
        source = re.sub(r"^from \.\.datatypes import.*$", "", f.read(), flags=re.M)
    names = {"BuiltinTool": Tool, "RecursiveType": object, "ToolCall": object, "ToolPromptFormat": object}
    exec(source, names)
    return Tool, names["ToolUtils"]


def decode(utils, tagged, answer):
    """As decode_assistant_message_from_content goes on behind the tags; names stay as they are."""
    with contextlib.redirect_stdout(io.StringIO()):
        custom = utils.maybe_extract_custom_tool_call(answer)
    if custom is not None:
        return custom[0], custom[1]
    builtin = utils.maybe_extract_builtin_tool_call(answer)
    if builtin is not None:
        return builtin[0], {"query": builtin[1]}
    return ("code_interpreter", {"code": answer}) if tagged else (None, None)


def make(r):
    kind = r.randrange(7)
    if kind == 0:
        return "".join(r.choice(PIECES) for _ in range(r.randint(1, 8)))
    if kind == 1:
        pairs = ", ".join(f"{k}={r.choice(VALUES)}" for k in r.sample("abcd", r.randint(0, 3)))
        return f"[{r.choice(['f', 'get_x', 'F2'])}({pairs})]"
    if kind == 2:
        call = {"name": "f", "parameters": r.choice(JSONS)}
        if r.random() < 0.5:
            call = {"type": "function", **call}
        return json.dumps(call, ensure_ascii=r.random() < 0.5, indent=r.choice([None, 2]))
    if kind == 3:
        return f"<function=f>{json.dumps(r.choice(JSONS[:2]))}</function>"
    if kind == 4:
        return f"{r.choice(['brave_search', 'wolfram_alpha', 'other'])}.call(query=\"{r.choice(['x', '', 'é (1)', 'a, b'])}\")"
    if kind == 5:
        return r.choice(TEXTS)
    return "<function=f>{'a': 'b'}</function>"


def plain(value):
    """As JSON, or an error where it has no such form."""
    text = json.dumps(value, allow_nan=False)
    if any(abs(n) >= 2**63 for n in re.findall(r"(?<![\w.])\d{19,}(?![\w.])", text) for n in [int(n)]):
        raise ValueError
    return json.loads(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-n", type=int, default=120)
    parser.add_argument("-s", type=int, default=1)
    parser.add_argument("folder")
    given = parser.parse_args()
    _, utils = load(given.folder)
    r = random.Random(given.s)
    seen = set()
    while len(seen) < given.n:
        tagged, answer = r.random() < 0.4, make(r)
        if (tagged, answer) in seen or answer != answer.strip():
            continue
        try:
            name, arguments = decode(utils, tagged, answer)
            # A key that is no string, a set, bytes, infinity: Python has them, JSON not.
            if plain(arguments) != json.loads(json.dumps(arguments, default=str)) or "{1" in answer:
                continue
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
        if name is not None and name != "code_interpreter":
            tagged_call = re.fullmatch(r"<function=[^<>{}\s]+>\{[^{}]*\}(</function>)?", answer)
            word = re.fullmatch(r'\w+\.call\(query="[^"]*"\)', answer)
            if not (tagged_call or word or answer[0] in "{[") or not isinstance(arguments, dict):
                continue
        seen.add((tagged, answer))
        text = answer if name is None else ""
        print(json.dumps({"tagged": tagged, "answer": answer, "text": text, "name": name, "arguments": arguments},
                         ensure_ascii=False))


main()
