"""Measures the way from event to mail. See scripts/bench --help."""

import argparse
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "Benchmarks"), str(ROOT / "Tests/Torture")]

import rows  # noqa: E402, F401
from bench import report  # noqa: E402
from bench.measure import ROWS, Bench  # noqa: E402

HELP = """Measures the way from event to mail, each row against a reference in the same run and in turns.

    scripts/bench                      all rows; writes Benchmarks/RESULTS.md
    scripts/bench --row NAME           one row (may be given several times); prints its figures only
    scripts/bench --quick              everything small: to see that it works, not for figures
    scripts/bench --list               names of the rows, and what is wanted

Starts a PostgreSQL with its default durability and Postfix's smtp-sink and smtp-source. Needs release builds of
notify-worker, bench-parts and torture-mailbox, and scripts/real-servers: `make bench` sees to all. Says which figures
are short of what is wanted, and exits 0 all the same: the machine's other load has a say in it.
"""


def main():
    parser = argparse.ArgumentParser(
        prog="bench", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", action="append", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, help="default: a random one, which is printed")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for one in ROWS.values():
            print(f"{one.name:16} {one.title}: {one.wanted}")
        return
    for name in arguments.row or []:
        if name not in ROWS:
            sys.exit(f"bench: no row “{name}”; --list has their names")
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 20)
    bench = Bench(seed, 2 if arguments.quick else arguments.rounds, arguments.quick)
    for name in arguments.row or ROWS:
        bench.row = name
        bench.say(ROWS[name].title)
        ROWS[name].body(bench)
    text = report.markdown(bench)
    print(text)
    if not arguments.row and not arguments.quick:
        (ROOT / "Benchmarks/RESULTS.md").write_text(text)


if __name__ == "__main__":
    main()
