"""Runs rows of the table of faults against the real binary. See scripts/torture --help."""

import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import rows  # noqa: E402, F401
from harness import report  # noqa: E402
from harness.row import ROWS, Run  # noqa: E402
from harness.world import BINARY, MAILBOX  # noqa: E402

HELP = """Breaks the worker and everything around it, and counts what was lost and what was sent twice.

    scripts/torture                        all rows but those with a command of their own
    scripts/torture --row NAME --seed N    one row, at most 10 minutes; the same seed makes the same choices
    scripts/torture --short                the short form of all rows
    scripts/torture --list                 names of the rows, and what passes
    scripts/torture --record               also write the figures into docs/reliability.md; all must be committed

Needs release builds of notify-worker and torture-mailbox, and PostgreSQL's programs: `make torture` sees to them.
Exits 1 when a row did not pass. KEEP=1 leaves the folder of a row that broke off.
"""


# What needs more than to be installed: root, or a machine that lets its processes be traced.
TRIALS = {"mount": ["unshare", "--mount", "true"], "strace": ["strace", "-o", "/dev/null", "true"]}


def is_usable(program):
    if not shutil.which(program):
        return False
    return program not in TRIALS or subprocess.run(TRIALS[program], capture_output=True).returncode == 0


def perform(name, seed, short, commit):
    """Returns the result as the report keeps it."""
    run, start = Run(name, seed, short), time.monotonic()
    run.say(f"{ROWS[name].how} (seed {seed})")
    unusable = [program for program in ROWS[name].needs if not is_usable(program)]
    if unusable:
        run.faults.append(f"not run: {', '.join(unusable)} missing or not allowed here: see docs/reliability.md")
    else:
        try:
            ROWS[name].body(run)
        except Exception as error:  # a row that breaks off has not passed; the others go on
            traceback.print_exc()
            run.faults.append(f"broke off: {error}")
    result = {
        "row": name, "passed": not run.faults, "faults": run.faults, "figures": run.figures, "seed": seed,
        "skipped": bool(unusable), "short": short, "seconds": round(time.monotonic() - start),
        "date": time.strftime("%Y-%m-%d"), "commit": commit,
    }
    print(json.dumps(result, ensure_ascii=False), flush=True)
    run.say("passed" if result["passed"] else f"NOT PASSED: {'; '.join(run.faults)}")
    return result


def announce(names, short):
    """How many rows, and how long they took when they were last recorded."""
    kept = report.kept_results()
    # Of the full form, the short one's are not kept; nor has a row that was never recorded any.
    seconds = 0 if short else sum(kept.get(name, {}).get("seconds", 0) for name in names)
    estimate = f", about {max(1, round(seconds / 60))} min when last recorded" if seconds else ""
    print(f"torture: {len(names)} rows{estimate}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(prog="torture", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", action="append", metavar="NAME", help="may be given several times")
    parser.add_argument("--seed", type=int, help="default: a random one, which is printed")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for one in ROWS.values():
            print(f"{one.name:22} {one.fault}: {one.passes}")
        return
    for name in arguments.row or []:
        if name not in ROWS:
            sys.exit(f"torture: no row “{name}”; --list has their names")
    for binary in (BINARY, MAILBOX):
        if not binary.exists():
            sys.exit(f"torture: {binary} is missing: run `make torture`")
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 20)
    names = arguments.row or [name for name, one in ROWS.items() if not one.apart]
    commit, results = report.commit(), []
    if arguments.record and commit.endswith(report.DIRTY):
        sys.exit(f"torture: records only what is in a commit, and this is {commit}: commit it first (git status)")
    if arguments.record and report.is_stale(BINARY):
        sys.exit(f"torture: records only what is built, and {BINARY.name} is older than its sources: run `make release`")
    announce(names, arguments.short)
    for count, name in enumerate(names, start=1):
        results.append(perform(name, seed, arguments.short, commit))
        print(f"torture: {count} of {len(names)} rows", file=sys.stderr, flush=True)
        if arguments.record:
            # At once: who breaks off an hour of rows keeps what has passed.
            if parts := report.changed(commit):
                sys.exit(f"torture: {name} is not recorded: {' and '.join(parts)} changed since {commit}, while it ran")
            report.record(results[-1])
    skipped = [result["row"] for result in results if result["skipped"]]
    failed = [result["row"] for result in results if not result["passed"] and not result["skipped"]]
    print(f"torture: {len(results) - len(failed) - len(skipped)} of {len(results)} rows passed"
          + (f"; not: {', '.join(failed)}" if failed else "")
          + (f"; not run: {', '.join(skipped)}" if skipped else ""), file=sys.stderr)
    # The short form also runs on machines that allow neither mounting nor tracing; the full one is about every row.
    sys.exit(1 if failed or (skipped and not arguments.short) else 0)


if __name__ == "__main__":
    main()
