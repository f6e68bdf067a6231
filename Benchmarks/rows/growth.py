"""Where the processor's time goes, more workers on one database, and a million events in one process's memory."""

import statistics
import time

from bench import events
from bench.measure import row
from bench.world import World, thread_seconds
from harness.database import children, is_running

from .queue import fill


@row("model", "Processor time of a mail, stage by stage", "adds up to what was measured")
def model(bench):
    count = bench.scale(120_000, 20_000)
    made = events.make(1_000, bench.seed)
    with World(bench.seed) as world:
        fill(world, made, count)
        world.settle_down()
        worker = world.start_worker("--no-api")
        while world.outcomes().get("sent", 0) < count // 20:
            time.sleep(0.05)
        first, start = busy(world, worker), time.monotonic()
        done = sum(world.outcomes().values())
        time.sleep(bench.scale(6, 2))
        last, seconds = busy(world, worker), time.monotonic() - start
        done = sum(world.outcomes().values()) - done
        spent = {name: 1e6 * (last[name] - first.get(name, 0)) / done for name in last}
        total = sum(spent.values())
        for name, cost in sorted(spent.items(), key=lambda one: -one[1]):
            if cost >= 0.1:
                bench.note(f"{name}: {cost:.1f} µs ({cost / total:.0%})")
        measured = 1e6 * seconds / done
        cores = total / measured
        bench.tell("processor time an event", f"{total:.0f} µs in {measured:.0f} µs: {cores:.2f} cores busy")


def busy(world, worker):
    """Processor seconds so far: the worker's threads, the server's processes, the sink."""
    found = {f"worker, {name}": seconds for name, seconds in thread_seconds(worker.pid).items()}
    sessions = dict(world.server.query(
        "select pid, coalesce(nullif(application_name, ''), backend_type) from pg_stat_activity"))
    for pid in children(world.server.postmaster()):
        name = f"PostgreSQL, {sessions.get(pid, 'other').removeprefix('notify-worker ')}"
        if is_running(pid):
            found[name] = found.get(name, 0) + sum(thread_seconds(pid).values())
    found["smtp-sink"] = sum(thread_seconds(world.sink_pid).values())
    return found


@row("workers", "Two and four worker processes on one database", "known")
def workers(bench):
    made = events.make(bench.scale(60_000, 10_000), bench.seed)
    with World(bench.seed) as world:
        one, two, four = bench.in_turns(
            *(lambda processes=processes: world.rate(made, processes) for processes in (1, 2, 4)),
            rounds=bench.scale(3, 1))
        for name, found in (("two", two), ("four", four)):
            bench.add_ratio(f"{name} processes ÷ one", found, one, 0)


@row("memory", "Resident memory over a million events", "at most 96 MiB; the last tenth within 5 % of the second")
def memory(bench):
    count = bench.scale(1_000_000, 50_000)
    made = events.make(1_000, bench.seed)
    with World(bench.seed) as world:
        fill(world, made, count)
        world.settle_down()
        worker = world.start_worker("--drain", "--no-api")
        samples = []
        while worker.is_running:
            done = world.server.value("select count(*) from notify.deliveries")
            if resident := worker.resident_bytes():
                samples.append((done / count, resident / (1 << 20)))
            time.sleep(bench.scale(1, 0.2))
        second, last = (statistics.median(size for share, size in samples if low <= share <= low + 0.1)
                        for low in (0.1, 0.9))
        bench.add_limit("resident at most", max(size for _, size in samples), 96, "MiB")
        growth = abs(last / second - 1)
        bench.add("last tenth ÷ second tenth", f"{last:.1f} MiB", f"{second:.1f} MiB", f"{last / second:.3f}",
                  "within 5 %", growth <= 0.05)
