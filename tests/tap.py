"""TAP for the checks that are written in Python."""


def report(results):
    """Prints (name, problems) pairs, returns the exit status: 1 if any has a problem."""
    failed = False
    print(f"1..{len(results)}", flush=True)
    for number, (name, problems) in enumerate(results, 1):
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for problem in problems:
            for line in str(problem).splitlines():
                print("# " + line)
        failed = failed or bool(problems)
    return 1 if failed else 0
