"""The commands of the script tales. Exit status: 0; 64 usage; 65 bad data; 66 a file cannot be opened;
74 standard output cannot be written.
"""
import argparse
import itertools
import json
import os
import signal
import sys

from . import check, manual, mix, pages


class Fault(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, f"tales: {message}\n")


def shares_of(text):
    shares = {}
    for part in text.split(","):
        kind, _, share = part.partition("=")
        if kind not in mix.KINDS or not share.isdecimal():
            raise argparse.ArgumentTypeError(f"'{part}' is not kind=percent; kinds are {', '.join(mix.KINDS)}")
        shares[kind] = int(share)
    if not any(shares.values()):
        raise argparse.ArgumentTypeError("no kind has a share")
    return shares


def kinds_of(text):
    kinds = text.split(",")
    for kind in kinds:
        if kind not in mix.ASKED:
            raise argparse.ArgumentTypeError(f"'{kind}' is no kind with answers; those are {', '.join(mix.ASKED)}")
    return kinds


def natural(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(text)


def records(path):
    """(where, record) of a file of JSON Lines."""
    try:
        file = sys.stdin if path == "-" else open(path, encoding="utf-8")
    except OSError as error:
        raise Fault(66, f"{path}: {error.strerror}") from None
    with file:
        try:
            for number, line in enumerate(file, 1):
                record = json.loads(line)
                if not isinstance(record, dict):
                    raise ValueError("not an object")
                yield f"{path}:{number}", record
        except ValueError as error:
            raise Fault(65, f"{path}: not JSON Lines: {error}") from None


def say(record):
    sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


def write(args):
    size = 0
    for _, doc, tokens in itertools.islice(mix.documents(args.seed, args.mix, args.sort), args.documents):
        sys.stdout.write(doc.line() + "\n")
        size += tokens
        if args.tokens_approx is not None and size >= args.tokens_approx:
            break


def eval_prompts(args):
    for record, answer in check.prompts(args.kind, args.documents, args.seed, args.sort):
        say({"id": record["id"], "text": answer} if args.answers else record)


def training_texts(paths):
    for path in paths:
        for where, record in records(path):
            if "text" not in record and "messages" not in record:
                raise Fault(65, f"{where}: neither text nor messages")
            yield from check.texts_of(record)


def do_check(args):
    tally, texts = check.Tally(), []
    for path in args.files or ["-"]:
        for where, record in records(path):
            if "error" in record:
                label, reason = "failed", "error: " + str(record["error"])
            elif not isinstance(record.get("text"), str):
                raise Fault(65, f"{where}: text: missing")
            else:
                try:
                    label, reason = check.judged(record.get("id"), record["text"])
                except check.BadRecord as error:
                    raise Fault(65, f"{where}: id: {error}") from None
                texts.append(record["text"])
            tally.add(label, reason)
            if args.verbose and reason is not None:
                print(f"{record.get('id')}\t{reason}")
    for line in tally.lines():
        print(line)
    if args.train:
        count, long = check.copied(texts, training_texts(args.train))
        print(f"copied\t{count}\t{long}\t{100 * count / max(long, 1):.1f}%")


def entropy(args):
    sums = {}
    for kind, doc, tokens in itertools.islice(mix.documents(args.seed, args.mix), args.documents):
        for name in (kind, "all"):
            one = sums.setdefault(name, [0, 0, 0, 0])
            for at, value in enumerate((1, tokens, doc.draw.prompt, doc.draw.answer)):
                one[at] += value
    print("kind\tdocuments\ttokens\tprompt nats\tanswer nats\tnats a token")
    for name, (count, tokens, prompt, answer) in sums.items():
        print(f"{name}\t{count}\t{tokens / count:.1f}\t{prompt / count:.2f}\t{answer / count:.2f}\t{(prompt + answer) / tokens:.3f}")


def facts(args):
    try:
        wrong = manual.untrue(pages.read(args.man))
    except OSError as error:
        raise Fault(66, f"{args.man}: {error.strerror}") from None
    if wrong:
        raise Fault(65, f"{args.man}: " + "; ".join(wrong))
    for label, answer, ways, _ in manual.FACTS:
        for way in ways:
            print(f"{label}\t{way}\t{answer}")


def parser():
    top = Parser(prog="tales", description="Text for a small model, and whether it has learned it.")
    commands = top.add_subparsers(dest="command", required=True, metavar="command", parser_class=Parser)

    def command(name, text, run):
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(run=run)
        return one

    def mixture(one, of):
        of.add_argument("-n", "--documents", type=natural, metavar="n", help="so many documents")
        one.add_argument("--seed", type=natural, default=1, metavar="n", help="the same seed gives the same (default 1)")
        one.add_argument("--mix", type=shares_of, default=mix.SHARES, metavar="kind=percent,...", help="share of each kind of the tokens")

    def sorts(one):
        which = one.add_mutually_exclusive_group()
        for sort, text in (("wide", "more ways to ask, more names and things, more words around a question"),
                           ("free", "ways to ask that are put together from parts, and yet more things")):
            which.add_argument("--" + sort, dest="sort", action="store_const", const=sort, default="", help=text)
        return which

    one = command("write", "write documents as JSON Lines", write)
    many = one.add_mutually_exclusive_group(required=True)
    mixture(one, many)
    many.add_argument("--tokens-approx", type=natural, metavar="n", help="about so many tokens of a vocabulary of 2,048")

    sorts(one)

    one = command("eval-prompts", "write prompts of a test, records of ll-batch", eval_prompts)
    one.add_argument("--kind", type=kinds_of, default=list(mix.ASKED), metavar="kind,...", help="only these kinds")
    one.add_argument("-n", "--documents", type=natural, required=True, metavar="n", help="so many of each kind")
    one.add_argument("--seed", type=natural, default=0, metavar="n", help="another than training has (default 0)")
    sorts(one).add_argument("--held-out", dest="sort", action="store_const", const="held", help="names, things, pairs and phrasings that training never has")
    one.add_argument("--answers", action="store_true", help="write right answers instead")

    one = command("check", "count the right answers of each kind", do_check)
    one.add_argument("files", nargs="*", metavar="file", help="answers of ll-batch; default standard input")
    one.add_argument("--train", nargs="+", default=[], metavar="file", help="count answers with 20 words and marks in a row that stand in these")
    one.add_argument("-v", "--verbose", action="store_true", help="tell why each wrong one is wrong")

    one = command("entropy", "the nats of random choices, which no model's loss is below on average", entropy)
    mixture(one, one)
    one.set_defaults(documents=10000)

    one = command("facts", "hold the facts to the manual pages, and list them", facts)
    one.add_argument("--man", default="man", metavar="folder", help="where the pages are (default man)")
    return top


def main(arguments):
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    args = parser().parse_args(arguments)
    if sys.stdout is None:
        print("tales: standard output: is closed", file=sys.stderr)
        return 74
    try:
        args.run(args)
        sys.stdout.flush()
    except Fault as fault:
        print(f"tales: {fault}", file=sys.stderr)
        return fault.status
    except OSError as error:
        print(f"tales: standard output: {error.strerror}", file=sys.stderr)
        # What the buffer holds would be tried again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 74
    return 0
