"""The commands of the script tales."""
import argparse
import itertools
import signal
import sys

from . import mix


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


def write(args):
    size = 0
    docs = mix.documents(args.seed, args.mix)
    for _, doc, tokens in itertools.islice(docs, args.documents):
        sys.stdout.write(doc.line() + "\n")
        size += tokens
        if args.tokens_approx is not None and size >= args.tokens_approx:
            break


def parser():
    top = argparse.ArgumentParser(prog="tales", description="Text for a small model, and whether it has learned it.")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    one = commands.add_parser("write", help="write documents as JSON Lines")
    many = one.add_mutually_exclusive_group(required=True)
    many.add_argument("-n", "--documents", type=int, metavar="n", help="so many documents")
    many.add_argument("--tokens-approx", type=int, metavar="n", help="about so many tokens of a vocabulary of 2,048")
    one.add_argument("--seed", type=int, default=1, metavar="n", help="the same seed writes the same (default 1)")
    one.add_argument("--mix", type=shares_of, default=mix.SHARES, metavar="kind=percent,...", help="share of each kind of the tokens")
    one.set_defaults(run=write)
    return top


def main(arguments):
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    args = parser().parse_args(arguments)
    args.run(args)
    return 0
