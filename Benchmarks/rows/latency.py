"""From an event's commit to the relay's answer, a worker that is idle, and a relay that is far away."""

import os
import pathlib
import statistics
import time

from bench import events
from bench.measure import row
from bench.programs import ROOT
from bench.world import CONNECTIONS, World
from harness import producer
from harness.mailbox import Mailbox
from harness.proxy import Proxy

MAILBOX = pathlib.Path(os.environ.get("TORTURE_MAILBOX", ROOT / ".build/release/torture-mailbox"))


class Relay(Mailbox):
    """One that writes down when it took which mail. For rates that it does not hold up."""

    def __init__(self, world, **options):
        super().__init__(MAILBOX, world.folder / f"accepted-{time.monotonic_ns()}.jsonl", **options)


def percentile(values, share):
    return sorted(values)[int(len(values) * share)]


@row("latency", "From commit to the relay's answer, at 200 events/s",
     "p50 ≤ 5 ms, p99 ≤ 25 ms; idle: < 1 % of a core, ≤ 2 queries/s")
def latency(bench):
    seconds = bench.scale(60, 10)
    with World(bench.seed) as world:
        relay = Relay(world)
        worker = world.start_worker("--no-api", port=relay.port, log_level="info")
        worker.wait_for("worker started")
        with world.server.connect() as connection:
            producer.prepare(connection)
        load = producer.Producer(world.server.url(), seed=bench.seed)
        load.start(200, batch=1)
        time.sleep(seconds)
        load.stop()
        deadline = time.monotonic() + 30
        while relay.state()["mails"] < len(load.times) and time.monotonic() < deadline:
            time.sleep(0.05)
        taken = {one["token"]: one["time"] for one in relay.accepted()}
        waits = [taken[token] - committed for token, committed in load.times.items() if token in taken]
        bench.note(f"{len(waits):,} mails, {len(load.times) / seconds:.0f} events/s")
        bench.add_limit("p50 from commit to answer", 1_000 * percentile(waits, 0.5), 5, "ms")
        bench.add_limit("p99 from commit to answer", 1_000 * percentile(waits, 0.99), 25, "ms")
        idle(bench, world, worker)
        relay.stop()


def idle(bench, world, worker):
    seconds = bench.scale(60, 15)
    time.sleep(5)
    committed = "select xact_commit + xact_rollback from pg_stat_database where datname = 'notify'"
    with world.server.connect() as connection:
        before, began, used = connection.execute(committed).fetchone()[0], time.monotonic(), worker.cpu_seconds()
        time.sleep(seconds)
        passed, used = time.monotonic() - began, worker.cpu_seconds() - used
        connection.execute("select 1")
        after = connection.execute(committed).fetchone()[0]
    bench.add_limit("idle: processor", 100 * used / passed, 1, "% of a core")
    # Two of them are our own.
    bench.add_limit("idle: transactions", max(0, after - before - 2) / passed, 2, "/s")


RTT = 0.050


@row("far-relay", "A relay that is 50 ms away, with PIPELINING", "mails/s and connection ≥ 0.9 ÷ round trip")
def far_relay(bench):
    mails = bench.scale(9_000, 2_000)
    with World(bench.seed) as world:
        relay = Relay(world)
        proxy = Proxy(relay.port)
        proxy.delay = RTT / 2
        made = events.make(mails, bench.seed)
        world.enqueue(made)
        world.drain(port=proxy.port)
        times = [one["time"] for one in relay.accepted()]
        # Connections are opened one after the other: from the first quarter on all of them stand.
        late = times[len(times) // 4:]
        rate = statistics.linear_regression(late, range(len(late))).slope
        proxy.stop()
        relay.stop()
        # One connection is kept for account mails.
        share = rate / (CONNECTIONS - 1)
        bench.add("mails/s of a connection × round trip", f"{share:.1f} mails/s", f"{1 / RTT:.0f} round trips/s",
                  f"{share * RTT:.2f}", "≥ 0.9", share * RTT >= 0.9)
