"""Parts of the way alone: the send stage, render and compose, the reply parser."""

import json
import re
import subprocess

from bench import events
from bench.measure import row
from bench.programs import ROOT, smtp_source
from bench.world import CONNECTIONS, World

PARTS = ROOT / ".build/release/bench-parts"


def parts(*words):
    done = subprocess.run([PARTS, *map(str, words)], cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def allocations(*words):
    """As memcheck counts them."""
    # Valgrind gives up on the debug information of a Swift compiler.
    stripped = PARTS.with_name("bench-parts-stripped")
    subprocess.run(["strip", "-o", stripped, PARTS], check=True)
    done = subprocess.run(["valgrind", "--leak-check=no", stripped, *map(str, words)], cwd=ROOT, check=True,
                          capture_output=True, text=True)
    return int(re.search(r"total heap usage: ([\d,]+) allocs", done.stderr)[1].replace(",", ""))


@row("send", "The send stage alone: mails composed beforehand, one lane, no journal",
     "at least 1.3 of smtp-source")
def send(bench):
    count = bench.scale(100_000, 10_000)
    with World(bench.seed) as world:
        octets = world.measured_size(events.make(1_000, bench.seed))

        def ours():
            done = parts("send", f"127.0.0.1:{world.sink}", count, CONNECTIONS)
            return done["mails"] / done["seconds"]

        mails, reference = bench.in_turns(ours, lambda: smtp_source(world.sink, count, octets))
        bench.add_ratio("send ÷ smtp-source", mails, reference, 1.3)


@row("micro", "Render and compose, and the reply parser, on one thread", "known, and guarded by `make guard`")
def micro(bench):
    count = bench.scale(20_000, 2_000)
    for kind in events.KINDS:
        done = [parts("compose", kind, count) for _ in range(bench.rounds)]
        seconds = sorted(one["seconds"] for one in done)[len(done) // 2]
        few, many = bench.scale((500, 1_500), (100, 200))
        made = (allocations("compose", kind, many) - allocations("compose", kind, few)) / (many - few)
        bench.tell(f"{kind}: render + compose", f"{1e6 * seconds / count:.1f} µs, {made:.0f} allocations a mail")
    done = [parts("replies", bench.scale(4_000_000, 400_000)) for _ in range(bench.rounds)]
    rates = sorted(one["octets"] / one["seconds"] / 1e6 for one in done)
    bench.tell("reply parser", f"{rates[len(rates) // 2]:,.0f} MB/s")
