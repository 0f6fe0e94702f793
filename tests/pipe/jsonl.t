#!/usr/bin/env python3
"""Records of JSON Lines in, answers out: ll-tokenize --jsonl and -d --jsonl, what META frames
tell ll-sample, and each fault of a record, which fails alone."""
import base64
import gzip
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.environ["TESTS"])
from tap import report

LIMIT = 60
# A sanitizer keeps what was freed; here that would be taken for a leak.
FRUGAL = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0")
results = []


def run(command, data=b"", **options):
    """(status, stdout, lines of stderr) of a shell's command."""
    done = subprocess.run(["sh", "-c", command], input=data, capture_output=True, timeout=LIMIT,
                          **options)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").splitlines()


def lines(*records):
    return b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in records)


def answers(data, sample="--seed 1 -n 6", forward="", tokenize="", decode=""):
    status, out, told = run(f"ll-tokenize --jsonl {tokenize} | ll-forward {forward} | "
                            f"ll-sample {sample} | ll-tokenize -d --jsonl {decode}", data)
    return status, [json.loads(line) for line in out.splitlines()], told


def test(name, problems):
    results.append((name, problems if isinstance(problems, list) else [problems] if problems else []))


def equal(name, got, wanted):
    test(name, [] if got == wanted else [f"wanted {wanted!r}", f"got    {got!r}"])


def text_of(options, prompt="Once upon a time", record=""):
    """What the plain pipe answers, as text or base64 as an answer has it."""
    out = run(f"ll-tokenize {record} -p '{prompt}' | ll-forward | ll-sample {options} | ll-tokenize -d")[1]
    return out


def bytes_of(answer):
    return base64.b64decode(answer["bytes"]) if "bytes" in answer else answer["text"].encode()


def nul_separated():
    texts = b"one\ntwo\0three\n\0four"
    status, out, _ = run("ll-tokenize -0 | ll-tokenize -d -0", texts)
    equal("-0: there and back", (status, out), (0, texts + b"\0"))
    equal("-0 --count", run("ll-tokenize -0 --count", texts)[1].count(b"\n"), 3)
    equal("-0 --render", run("ll-tokenize -0 --render --no-bos", texts)[1], texts + b"\0")
    equal("-0: as -l does it", run("ll-tokenize -0 --ids", b"a b\0c")[1], run("ll-tokenize -l --ids", b"a b\nc")[1])
    for wrong, option in (("-l -0", "--null has no effect with --lines"),
                          ("-0 --jsonl", "--null has no effect with --jsonl"),
                          ("--unordered", "--unordered has no effect without"),
                          ("--name x", "--name has no effect without --jsonl"),
                          ("-d --jsonl --ids", "--jsonl has no effect with --ids")):
        status, _, told = run(f"ll-tokenize {wrong} </dev/null")
        test(f"refused: {wrong}", "" if status == 64 and option in told[0] else f"{status} {told}")


def options_count():
    prompt = "Once upon a time"
    for options, record in (("-t 0 -n 9", {"temperature": 0, "limit": 9}),
                            ("--seed 5 -n 9", {"seed": 5, "limit": 9}),
                            ("--seed 5 -t 1.5 --top-k 7 -n 9", {"seed": 5, "temperature": 1.5, "top_k": 7, "limit": 9}),
                            ("--seed 9 -t 2 --top-p 0.5 -n 12", {"seed": 9, "temperature": 2, "top_p": 0.5, "limit": 12}),
                            ("--seed 9 -t 3 --top-p 1 --min-p 0.2 -n 12",
                             {"seed": 9, "temperature": 3, "top_p": 1, "min_p": 0.2, "limit": 12})):
        others = [{"prompt": f"line {i}", "limit": 3} for i in range(3)]
        _, got, _ = answers(lines(*others, {"id": "x", "prompt": prompt, **record}), "--seed 77 -n 20")
        equal(f"a record's options are {options}", bytes_of(got[3]), text_of(options))
    _, got, _ = answers(lines({"prompt": prompt}), "--seed 5 -t 1.5 --top-k 7 -n 9")
    equal("the command line's count for the rest", bytes_of(got[0]), text_of("--seed 5 -t 1.5 --top-k 7 -n 9"))
    _, got, _ = answers(lines({"prompt": prompt, "temperature": 1.5, "top_k": 7, "seed": 5}), "-t 0 -n 9")
    equal("a record samples where the command line does not", bytes_of(got[0]),
          text_of("--seed 5 -t 1.5 --top-k 7 -n 9"))
    _, got, _ = answers(lines({"id": 1, "prompt": prompt, "temperature": 1.5}), "-t 0 -n 9")
    again = answers(lines({"id": 1, "prompt": prompt, "temperature": 1.5, "seed": got[0]["seed"]}), "-t 0 -n 9")
    equal("then a drawn seed is told, and gives the same", again[1], got)
    status, got, told = answers(lines({"prompt": prompt, "top_k": 3}, {"prompt": prompt, "top_k": 3}), "-t 0 -n 2")
    test("what has no effect is told once", "" if status == 0 and len(told) == 1 and "no effect" in told[0]
         else f"{status} {told}")


def stop_strings():
    whole = text_of("--seed 3 -n 30")
    word = whole.decode("ascii", "replace").replace("\ufffd", " ").split()[-1][:3]
    before = whole[:whole.index(word.encode())]
    record = {"prompt": "Once upon a time", "seed": 3, "limit": 30}
    for stop in (word, ["nowhere in it", word], [word + "zzz", word]):
        _, got, _ = answers(lines({"prompt": "a"}, {**record, "stop": stop}), "--seed 1 -n 3")
        equal(f"stop: {stop}", (bytes_of(got[1]), got[1]["finish"]), (before, "string"))
    _, got, _ = answers(lines({**record, "stop": []}, record), f"-n 3 --stop '{word}' --seed 3")
    equal("stop replaces the command line's", [got[0]["finish"], got[1]["finish"]], ["length", "string"])


def samples():
    prompt = {"prompt": "Once upon a time there was", "n": 5}
    status, got, _ = answers(lines({"prompt": "x"}, {"id": "s", "seed": 8, **prompt}), "--seed 1 -n 5")
    equal("n: so many answers, in order", [(a["id"], a.get("sample"), a.get("n")) for a in got],
          [(None, None, None)] + [("s", i, 5) for i in range(5)])
    _, first, _ = answers(lines(prompt), "--seed 8 -n 5")
    equal("n: each its own random numbers", [a["text"] for a in got[1:]], [a["text"] for a in first])
    test("n: they differ", "" if len({a["text"] for a in first}) > 1 else "all the same")
    _, batched, _ = answers(lines({"prompt": "x"}, {"id": "s", "seed": 8, **prompt}), "--seed 1 -n 5", "-b 1")
    equal("n: the same with -b 1", batched, got)


def evaluated(data, batch, limit):
    """How many positions the head evaluated: the rows of its HIDDEN frames."""
    with tempfile.TemporaryDirectory() as folder:
        status = run(f"ll-tokenize --jsonl | ll-embed --loop -b {batch} | tee {folder}/h.lls | ll-forward | "
                     f"ll-sample --seed 1 -n {limit} | ll-tokenize -d --jsonl >{folder}/out", data)[0]
        out = run(f"ll-cat --json --type hidden {folder}/h.lls | grep -o '\"rows\":[0-9]*'")[1]
        with open(f"{folder}/out", encoding="utf-8") as file:
            prompts = [json.loads(line)["prompt_tokens"] for line in file]
        return status, sum(int(row.split(b":")[1]) for row in out.splitlines()), prompts


def shared():
    data = lines({"prompt": "word " * 40, "n": 6})
    status, rows, prompts = evaluated(data, 8, 1)
    test("n: the prompt is evaluated once", "" if status == 0 and rows == prompts[0] + 5 else
         f"status {status}, {rows} positions, prompts of {prompts}")
    system = "You are a careful classifier. " * 8
    records = [{"messages": [{"role": "system", "content": system}, {"role": "user", "content": f"{i}"}]}
               for i in range(40)]
    for batch in (1, 8):
        status, rows, prompts = evaluated(lines(*records), batch, 1)
        common = min(prompts) - 16
        most = common + sum(length - common for length in prompts)
        test(f"a system prompt is evaluated once: -b {batch}", "" if status == 0 and rows <= most else
             f"status {status}, {rows} positions, {sum(prompts)} in the prompts, at most {most} wanted")


def messages():
    record = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi <|im_end|>"}]}
    equal("messages are the model's chat format", run("ll-tokenize --jsonl --ids", lines(record))[1],
          run("ll-tokenize --chat -S 'Be brief.' -p 'Hi <|im_end|>' --ids")[1])
    equal("-S for messages without a system message",
          run("ll-tokenize --jsonl --ids -S 'Be brief.'", lines({"messages": record["messages"][1:]}))[1],
          run("ll-tokenize --jsonl --ids", lines(record))[1])
    equal("--chat: a prompt is a user's message", run("ll-tokenize --jsonl --ids --chat", lines({"prompt": "Hi"}))[1],
          run("ll-tokenize --chat -p Hi --ids")[1])
    equal("a prompt is as in a file", run("ll-tokenize --jsonl --ids", lines({"prompt": "a\u0000b \u00e9\n"}))[1],
          run("ll-tokenize --ids", b"a\0b \xc3\xa9\n")[1])


def golden():
    """Conversations and tools as the reference template of Llama 3.1 renders them."""
    vocabulary = os.path.join(os.environ.get("LL_TEST_DATA", ""), "llama3-tokenizer.model")
    if not os.path.exists(vocabulary):
        return test("records as the reference template has them # SKIP no vocabulary of Llama 3", [])
    with open(os.path.join(os.environ["TESTS"], "data", "chat-golden.jsonl"), encoding="utf-8") as file:
        cases = [case for case in map(json.loads, file)
                 if case["format"] == "hf-jinja/3.1" and case.get("add_generation_prompt")
                 # Text that spells a special token is text here, whatever a string of it becomes there.
                 and "special-token text" not in case["name"]]
    fields = "messages", "tools", "builtin_tools", "tools_in_user_message", "date_string"
    data = lines(*[{k: case[k] for k in fields if k in case} for case in cases])
    status, out, told = run(f"ll-tokenize --jsonl --ids --vocab {vocabulary} --chat-format llama3.1", data)
    got = [[int(n) for n in line.split()] for line in out.splitlines()]
    wrong = [case["name"] for case, ids in zip(cases, got) if ids != case["ids"]]
    test(f"{len(cases)} records as the reference template has them",
         "" if status == 0 and not wrong and len(got) == len(cases) > 8 else f"{status} {wrong} {told}")


FAULTS = [
    (b"nonsense", "bad JSON at column"), (b'{"prompt": "a"', "bad JSON"), (b'{"prompt": "a"} x', "bad JSON"),
    (b"[1]", "is an array, not an object"), (b"17", "is a whole number, not an object"),
    (b'"x"', "is a string, not an object"), (b"null", "is null, not an object"),
    (b'{"prompt": "\xff"}', "bad JSON"), (b'{"prompt": "\\ud800"}', "bad JSON"),
    (b'{"prompt": "a", "prompt": "b"}', "bad JSON"), (b'{"prompt": "a", "seed": 1e999}', "bad JSON"),
    (b'{"prompt": "a", "seed": 18446744073709551615}', "bad JSON"), (b'{"prompt": "a", "top_p": NaN}', "bad JSON"),
    (b"[" * 100000, "bad JSON"), (b'{"a":' * 100000, "bad JSON"),
    (b"{}", "prompt: missing"), (b'{"id": 1}', "prompt: missing"),
    (b'{"prompt": 7}', "prompt: is a whole number, not a string"), (b'{"prompt": null}', "prompt: is null"),
    (b'{"prompt": "a", "id": 1.5}', "id: is a number"), (b'{"prompt": "a", "id": {}}', "id: is an object"),
    (lines({"prompt": "a", "id": "x" * 5000})[:-1], "id: has 5000 bytes"),
    (b'{"prompt": "a", "max_tokens": 5}', "max_tokens: unknown field; is limit meant?"),
    (b'{"prompt": "a", "n_discard": -5}', "n_discard: unknown field"),
    (b'{"prompt": "a", "error": {}}', "error: unknown field"),
    (b'{"prompt": "a", "temperature": "hot"}', "temperature: is a string, not a number"),
    (b'{"prompt": "a", "temperature": -1}', "temperature: -1 is not between 0 and 100"),
    (b'{"prompt": "a", "temperature": 1e30}', "temperature: 1e+30 is not between"),
    (b'{"prompt": "a", "top_k": -1}', "top_k: -1 is not between"), (b'{"prompt": "a", "top_k": 1.5}', "top_k: is a number"),
    (b'{"prompt": "a", "top_p": 2}', "top_p: 2 is not between 0 and 1"),
    (b'{"prompt": "a", "min_p": -0.5}', "min_p: -0.5 is not between"),
    (b'{"prompt": "a", "seed": -1}', "seed: -1 is not between 0 and 9223372036854775807"), (b'{"prompt": "a", "limit": 0}', "limit: 0 is not between"),
    (b'{"prompt": "a", "limit": -5}', "limit: -5 is not"), (b'{"prompt": "a", "n": 1000000000}', "n: 1000000000 is not between"),
    (b'{"prompt": "a", "n": 0}', "n: 0 is not between"), (b'{"prompt": "a", "stop": ""}', "stop: an empty string"),
    (b'{"prompt": "a", "logprobs": 21}', "logprobs: 21 is not between 0 and 20"),
    (b'{"prompt": "a", "logprobs": true}', "logprobs: is true, not a whole number"),
    (b'{"prompt": "a", "stop": [1]}', "stop: a whole number is not a string"),
    (b'{"prompt": "a", "stop": ["a\\u0000"]}', "stop: a string with U+0000"),
    (lines({"prompt": "a", "stop": ["x"] * 1000000})[:-1], "stop: more than 64"),
    (lines({"prompt": "a", "stop": ["x" * 5000]})[:-1], "stop: a string of 5000 bytes"),
    (b'{"prompt": "a", "temperature": 0, "top_k": 3}', "top_k: has no effect with temperature 0"),
    (b'{"prompt": "a", "temperature": 0, "seed": 3}', "seed: has no effect with temperature 0"),
    (b'{"prompt": "a", "temperature": 0, "n": 3}', "n: with temperature 0 all samples are the same"),
    (b'{"prompt": "a", "samplers": "top_k"}', "samplers: 'top_k' is not one of"),
    (b'{"prompt": "a", "logit_bias": {"4294967296": 1}}', "logit_bias: token 4294967296 is not in the vocabulary"),
    (b'{"prompt": "a", "logit_bias": {"-1": 1}}', "logit_bias: '-1' is not the id"),
    (b'{"prompt": "a", "logit_bias_text": {"": 1}}', "logit_bias_text: no token has the text ''"),
    (b'{"prompt": "a", "messages": [{"role": "user", "content": "b"}]}', "messages: beside a prompt"),
    (b'{"prompt": "a", "tools": [{}]}', "tools: has no effect without messages"),
    (b'{"messages": []}', "messages: is empty"), (b'{"messages": {}}', "messages: is an object, not an array"),
    (b'{"messages": [7]}', "messages"), (b'{"messages": [{"role": "user"}]}', "messages"),
    (b'{"messages": [{"role": "user\\n", "content": "x"}]}', "role 'user?' is not one of"),
    (b'{"messages": [{"role": "king", "content": "x"}]}', "role 'king' is not one of"),
    (b'{"messages": [{"role": "user", "content": "x"}], "tools": 7}', "tools: "),
    (b'{"messages": [{"role": "user", "content": "x"}], "tools": [{"name": "f"}]}', "tools"),
    (b'{"messages": [{"role": "user", "content": "x", "colour": "red"}]}', "messages"),
    (lines({"prompt": "a", **{f"k{i}": i for i in range(100000)}})[:-1], "unknown field"),
]


def faults():
    good = {"id": "good", "prompt": "Once", "limit": 2}
    # All together: each in its place, the good ones between answered.
    data = b"".join(lines(good) + bad + b"\n" for bad, _ in FAULTS)
    status, got, told = answers(data, "--seed 1")
    test("all faults in one file: the status is 65", "" if status == 65 else f"{status}: {told[:3]}")
    equal("and every line has an answer", [a["line"] for a in got], list(range(1, 2 * len(FAULTS) + 1)))
    test("and the good ones are answered", [a for a in got[::2] if a.get("generated_tokens") is None])
    test("and each is told once", "" if len(told) == len(FAULTS) else f"{len(told)} lines for {len(FAULTS)}")
    for i, (bad, message) in enumerate(FAULTS):
        where = f"ll-tokenize: standard input:{2 * i + 2}: "
        wrong = [line for line in told[i:i + 1] if not (line.startswith(where) and message in line)]
        error = got[2 * i + 1].get("error", {}) if len(got) > 2 * i + 1 else {}
        if error.get("code") != 65 or message not in error.get("message", ""):
            wrong.append(f"answered {error}")
        test(f"fault: {bad[:50].decode(errors='replace')}", wrong)
    status, got, told = answers(lines(good, b"nonsense"), "--seed 1", tokenize="--name file.jsonl")
    equal("--name", told, [f"ll-tokenize: file.jsonl:2: {got[1]['error']['message'].split(': ', 1)[1]}"])
    status, out, told = run("ll-tokenize --jsonl --count", lines(good, b"nonsense", good))
    test("text output: the bad one is left out", "" if status == 65 and out.count(b"\n") == 2 and len(told) == 1
         else f"{status} {out} {told}")


def inputs():
    record = {"id": "a", "prompt": "Once", "limit": 2}
    data = lines(record, b"", record, b"  \t", record)
    status, got, _ = answers(data, "--seed 1")
    equal("blank lines count and are no records", (status, [a["line"] for a in got]), (0, [1, 3, 5]))
    equal("a record's answer does not depend on lines left empty",
          answers(lines(record, b"", b"", b"", record), "--seed 1")[1][1], got[2])
    # More than the texts of a stream may have.
    much = {"id": "b", "prompt": "Once", "limit": 2, "stop": ["\x01" * 4000 + chr(65 + i) for i in range(60)]}
    equal("a record that says much of sampling", [a["id"] for a in answers(lines(much, record), "--seed 1")[1]], ["b", "a"])
    equal("no newline at the end", answers(data[:-1], "--seed 1")[1], got)
    equal("CRLF and a byte order mark", answers(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"), "--seed 1")[1], got)
    packed = gzip.compress(data)
    equal("gzip", answers(packed, "--seed 1")[1], got)
    equal("gzip: two members", answers(gzip.compress(data[:50]) + gzip.compress(data[50:]), "--seed 1")[1], got)
    equal("gzip: zeros behind", answers(packed[:] + bytes(3000), "--seed 1")[1], got)
    equal("gzip: byte by byte", run("{ while IFS= read -r n; do printf '%b' \"$n\"; done; } | ll-tokenize --jsonl --ids",
                                    b"".join(b"\\0%o\n" % b for b in packed))[1],
          run("ll-tokenize --jsonl --ids", data)[1])
    # A compressed line that would fill the memory, between two that are sound.
    bomb = gzip.compress(data.splitlines(True)[0]) + 100 * gzip.compress(b"a" * 1000000) + gzip.compress(b"\n" + data)
    status, out, told = run("ll-tokenize --jsonl --ids", bomb)
    wanted = run("ll-tokenize --jsonl --ids", data.splitlines(True)[0] + b"x\n" + data)[1]
    test("gzip: a line that is too long fails alone", "" if any("2: is longer than 67108864 bytes" in t for t in told)
         and out == wanted and status == 65 else f"{status} {told} {out[:300]}")
    for name, bad, message in (("cut short", packed[:-9], "gzip: the data is cut short"),
                               ("cut in its header", packed[:5], "gzip: the data is cut short"),
                               ("a bit flipped", packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:], "gzip: "),
                               ("rubbish behind", packed + b"rubbish", "gzip: ")):
        status, _, told = run("ll-tokenize --jsonl --count", bad)
        test(f"gzip: {name}", "" if status == 65 and message in told[-1] else f"{status} {told}")
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/a.jsonl", "wb") as file:
            file.write(lines(record)[:-1])
        with open(f"{folder}/b.jsonl.gz", "wb") as file:
            file.write(gzip.compress(lines(record, b"{")))
        status, _, told = run("ll-tokenize --jsonl --count a.jsonl b.jsonl.gz", cwd=folder)
        test("files: lines are counted in each", "" if status == 65 and "b.jsonl.gz:2: " in told[0] and len(told) == 1
             else f"{status} {told}")
    status, out, _ = run("ll-tokenize --jsonl | ll-tokenize -d --jsonl", b"")
    equal("an empty file has no answers", (status, out), (0, b""))
    status, out, _ = run("ll-tokenize --jsonl --count", lines({"prompt": "ab " * 7000000}))
    test("a line of 21 MB", "" if status == 0 and int(out) > 1000000 else f"{status} {out[:100]}")


def peak(count):
    data = lines({"prompt": "Once", "id": 1}) * count
    measure = ("python3 -c 'import resource, subprocess, sys;"
               " subprocess.call([\"ll-tokenize\", \"--jsonl\"], stdout=subprocess.DEVNULL);"
               " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'")
    return int(run(measure, data, env=FRUGAL)[1])


def decoding():
    data = lines({"id": "long", "prompt": "Once", "limit": 40}, *[{"id": i, "prompt": "Once", "limit": 2} for i in range(5)])
    _, ordered, _ = answers(data, "--seed 1", "-b 3")
    _, unordered, _ = answers(data, "--seed 1", "-b 3", decode="--unordered")
    equal("in the order of the input", [a["id"] for a in ordered], ["long", 0, 1, 2, 3, 4])
    test("--unordered: as they end", "" if unordered[-1]["id"] == "long" else f"{[a['id'] for a in unordered]}")
    equal("--unordered: the same answers", sorted(map(str, unordered)), sorted(map(str, ordered)))
    equal("the same bytes with -b 1", answers(data, "--seed 1", "-b 1")[1], ordered)
    test("what is not UTF-8 is there in base64", "" if all(
        base64.b64decode(a["bytes"]).decode("utf-8", "replace").count("\ufffd") > 0 for a in ordered if "bytes" in a)
         and any("bytes" in a for a in ordered) else f"{ordered}")
    _, got, _ = answers(lines({"prompt": "Once", "limit": 8}), "--seed 1 --logprobs 3")
    test("logprobs: one for each token", "" if len(got[0]["logprobs"]) == got[0]["generated_tokens"] == 8 and all(
        len(p["top"]) == 3 and p["logprob"] <= 0 and p["top"][0]["logprob"] >= p["top"][2]["logprob"]
        for p in got[0]["logprobs"]) else f"{got}")
    seeded = {"prompt": "Once", "limit": 4, "seed": 3}
    _, got, _ = answers(lines({"prompt": "Once", "limit": 8}), "--seed 1 --logprobs 0")
    equal("--logprobs 0: of the tokens alone", [sorted(p.keys() - {"bytes"}) for p in got[0]["logprobs"]],
          [["logprob", "text", "token"]] * 8)
    records = [{**seeded, "logprobs": 2}, seeded, {**seeded, "logprobs": 0}, {**seeded, "logprobs": 5, "temperature": 0.0}]
    del records[3]["seed"]
    _, alone, _ = answers(lines(*records))
    _, beside, _ = answers(lines(*records), "--seed 1 -n 6 --logprobs 3")
    wanted = [[2] * 4, None, [0] * 4, [5] * 4]
    told = lambda got: [[len(p.get("top", [])) for p in a["logprobs"]] if "logprobs" in a else None for a in got]
    equal("logprobs of the records that ask for them", told(alone), wanted)
    equal("and before the command line's", told(beside), [wanted[0], [3] * 4] + wanted[2:])
    equal("the same numbers", [[p["logprob"] for p in a["logprobs"]] for a in (alone[0], alone[2])],
          [[p["logprob"] for p in beside[1]["logprobs"]]] * 2)
    test("the likeliest token is the one that greedy takes", "" if all(
        p["top"][0]["token"] == p["token"] and p["top"][0]["logprob"] == p["logprob"] for p in alone[3]["logprobs"])
        else str(alone[3]))
    _, got, _ = answers(lines({**seeded, "logprobs": 20, "n": 2}))
    equal("of each sample", told(got), [[20] * 4] * 2)
    equal("counts and seed", (got[0]["prompt_tokens"], got[0]["seed"]),
          (int(run("ll-tokenize --count -p Once")[1]), 3))
    _, got, _ = answers(lines({"prompt": "Once", "limit": 3}), "-t 0")
    test("no seed where nothing was drawn", "" if "seed" not in got[0] else f"{got}")
    status, got, told = answers(lines({"id": 1, "prompt": "Once"}, {"id": 2, "prompt": "Once", "limit": 3}),
                                "--seed 1", "-c 12")
    test("a full context: text and error", "" if status == 65 and got[0]["error"]["code"] == 65 and
         got[0]["finish"] == "context" and got[0]["text"] and got[1]["finish"] == "length" and len(told) == 1
         else f"{status} {got} {told}")
    _, got, _ = answers(b"", "--seed 1")
    status, out, _ = run("printf 'one\\ntwo\\n' | ll-tokenize -l | ll-forward | ll-sample --seed 1 -n 2 | ll-tokenize -d --jsonl")
    equal("prompts without records have answers too", [json.loads(l)["line"] for l in out.splitlines()], [1, 2])
    status, out, told = run("ll-tokenize --jsonl | ll-forward -b 1 | ll-sample --seed 1 | head -c -100 | ll-tokenize -d --jsonl",
                            lines({"id": 1, "prompt": "Once", "limit": 2}, {"id": 2, "prompt": "Once", "limit": 2}))
    test("a truncated stream: what is complete, and no more",
         "" if status == 65 and [json.loads(l)["id"] for l in out.splitlines()] in ([1], [1, 2]) else f"{status} {out} {told}")
    status, out, told = run("ll-tokenize --jsonl | ll-forward | ll-sample --seed 1 -n 3 | ll-tokenize -d --jsonl >/dev/full",
                            lines({"prompt": "a"}))
    equal("a full disk", (status, told), (74, ["ll-tokenize: standard output: No space left on device"]))


def meta_faults():
    """META frames of other writers, into the feeder and the last stage."""
    stream = ("stream kind=%s vocab_size=512 vocab=12d862d0c6545922\nmeta seq=0 : %s\ntokens seq=0 flags=prompt,last : 1 2\n"
              "end : code 0; sequences 1\n")
    for meta, message in (('{"temperature": "x"}', "META: temperature: is a string"), ("[]", "META: is an array"),
                          ("nonsense", "META: bad JSON"), ('{"limit": 0}', "META: limit: 0 is not between"),
                          ('{"stop": ["", "a"]}', "META: stop: an empty string"), ('{"n": 5000}', "META: n: 5000")):
        for kind, program in (("logits", "ll-sample --seed 1"), ("samples", "ll-tokenize -d --jsonl")):
            status, _, told = run(f"python3 $TESTS/mkstream.py | {program}", (stream % (kind, meta)).encode())
            test(f"{program}: {meta}", "" if status == 65 and message in told[-1] and len(told) == 1
                 else f"{status} {told}")
    status, out, told = run("python3 $TESTS/mkstream.py | ll-tokenize -d --jsonl",
                            (stream % ("samples", '{"id": "x", "colour": "red"}')).encode())
    equal("members that are not known are ignored", (status, json.loads(out)["id"]), (0, "x"))
    status, out, told = run("python3 $TESTS/mkstream.py | ll-tokenize -d --jsonl",
                            b"stream kind=samples vocab=12d862d0c6545922\nsample seq=0.5000 pos=1 : 5\nend : code 0\n")
    test("a sample's number that leaps", "" if status == 65 and "leaps" in told[0] else f"{status} {told}")


def main():
    nul_separated()
    messages()
    golden()
    options_count()
    stop_strings()
    samples()
    shared()
    faults()
    inputs()
    few, many = peak(2000), peak(40000)
    test("40000 records in the memory of 2000", "" if many < few + 4096 else f"{few} KB, {many} KB")
    decoding()
    meta_faults()
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
