"""Events of all kinds to mails, against programs that only push mails, and against what else people would use."""

from bench import events
from bench.measure import row
from bench.programs import smtp_source
from bench.world import World


@row("end-to-end", "Events of all five kinds over 20 organisations and 1,000 users, 5 % switched off, to mails",
     "at least 0.5 of smtp-source")
def end_to_end(bench):
    count = bench.scale(60_000, 10_000)
    made = events.make(count, bench.seed)
    with World(bench.seed) as world:
        octets = world.measured_size(made[:1_000])
        bench.note(f"{count:,} events a round; the mean mail has {octets:,} octets")

        mails, reference = bench.in_turns(
            lambda: world.rate(made), lambda: smtp_source(world.sink, count, octets))
        bench.add_ratio("end to end ÷ smtp-source", mails, reference, 0.5)
