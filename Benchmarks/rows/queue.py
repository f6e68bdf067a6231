"""What the queue costs, whatever waits in it and whatever happened before."""

import json
import time

from bench import events
from bench.measure import row
from bench.world import World

STATISTICS = ("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=top")
# The same event again and again, past the checks, as enqueue writes it: five million in minutes.
FILL = """
with made as (
    insert into notify.events (kind, bucket, user_id, organization_id, state, due_at, expires_at)
    select e.kind, e.organization_id, e.user_id, e.organization_id, 'ready', now(), now() + interval '1 day'
    from generate_series(1, %(copies)s) n, jsonb_to_recordset(%(events)s::jsonb)
        as e (kind text, user_id uuid, organization_id uuid)
    returning id
), numbered as (select id, row_number() over (order by id) - 1 as n from made)
insert into notify.event_payloads (event_id, payload)
select m.id, (%(events)s::jsonb -> (m.n %% jsonb_array_length(%(events)s::jsonb))::int) -> 'payload' from numbered m
"""


def fill(world, made, count):
    """So many events waiting beside what waits already; `made` again and again."""
    with world.server.connect() as connection:
        for begin in range(0, count, 100_000):
            copies = min(100_000, count - begin) // len(made)
            connection.execute(FILL, {"copies": copies, "events": json.dumps(made)})


def per_event(world, seconds):
    """A worker for a while: µs that claims and settlements took in the database for each event, and mails/s."""
    world.server.query("select pg_stat_statements_reset()")
    before = world.server.value("select count(*) from notify.deliveries")
    worker = world.start_worker("--no-api")
    time.sleep(seconds)
    worker.freeze()
    return end(world, worker, before, seconds)


def end(world, worker, before, seconds):
    spent = float(world.server.value(
        "select sum(total_exec_time) * 1000 from pg_stat_statements "
        "where query like '-- Leases a share%' or query like '-- Ends events:%'"))
    done = world.server.value("select count(*) from notify.deliveries") - before
    worker.thaw()
    worker.terminate()
    return spent / done, done / seconds


@row("backlog", "Claim and settle with little and much waiting, and behind an old snapshot",
     "the slowest at least 0.7 of the fastest")
def backlog(bench):
    made = events.make(1_000, bench.seed)
    seconds = bench.scale(8, 3)
    sizes = bench.scale((1_000, 100_000, 5_000_000), (1_000, 20_000, 100_000))
    history = bench.scale(1_000_000, 20_000)
    rates = {}
    with World(bench.seed, STATISTICS) as world:
        world.server.query("create extension pg_stat_statements")
        for size in sizes:
            world.clear()
            fill(world, made, size)
            world.settle_down()
            bench.say(f"{size:,} waiting")
            rates[f"{size:,} waiting"] = (
                with_few(bench, world, made, size) if size < 50_000 else per_event(world, seconds))
        world.clear()
        with world.server.connect(autocommit=False) as snapshot:
            snapshot.execute("set transaction isolation level repeatable read")
            snapshot.execute("select count(*) from notify.events")
            fill(world, made, history)
            bench.say(f"{history:,} to be settled under an open snapshot")
            world.drain()
            fill(world, made, 100_000)
            rates[f"{history:,} settled under a snapshot"] = per_event(world, seconds)
    for name, (cost, rate) in rates.items():
        bench.note(f"{name}: {cost:.1f} µs of claim and settle an event in the database, {rate:,.0f} events/s")
    costs = [cost for cost, _ in rates.values()]
    share = min(costs) / max(costs)
    bench.add("slowest ÷ fastest (claim and settle)", f"{max(costs):.1f} µs an event", f"{min(costs):.1f} µs an event",
              f"{share:.2f}", "≥ 0.7", share >= 0.7)


def with_few(bench, world, made, size):
    """So few are gone at once: refilled as often as it takes."""
    world.server.query("select pg_stat_statements_reset()")
    before = world.server.value("select count(*) from notify.deliveries")
    start = time.monotonic()
    worker = world.start_worker("--no-api")
    for _ in range(bench.scale(20, 4)):
        fill(world, made, size)
        while world.open_count():
            time.sleep(0.02)
    seconds = time.monotonic() - start
    return end(world, worker, before, seconds)


@row("fairness", "One organisation with 200,000 events waiting, 50 others with one each",
     "the 50 within 2 s, and at least 0.9 of the plain run")
def fairness(bench):
    waiting = bench.scale(200_000, 20_000)
    plain = events.make(bench.scale(60_000, 10_000), bench.seed)
    crowd = events.make(waiting, bench.seed, organizations=["00000000-0000-0000-0000-0000000000f1"])
    others = [f"00000000-0000-0000-0000-00000001{number:04}" for number in range(50)]
    few = [events.make(1, bench.seed + number, organizations=[other])[0] for number, other in enumerate(others)]
    with World(bench.seed) as world:
        with world.server.connect() as connection:
            events.add_organizations(connection, sorted({one["organization_id"] for one in crowd + few}))
        slowest = []

        def crowded():
            world.clear()
            world.enqueue(crowd)
            world.settle_down()
            start = time.monotonic()
            worker = world.start_worker("--drain", "--no-api")
            while world.outcomes().get("sent", 0) < waiting // 20:
                time.sleep(0.05)
            world.enqueue(few)
            if worker.process.wait(600):
                raise RuntimeError(f"a worker has failed: {worker.tail()}")
            seconds = time.monotonic() - start
            slowest.append(float(world.server.value(
                "select extract(epoch from max(finished_at - enqueued_at)) from notify.deliveries "
                "where organization_id = any (%s::uuid[])", (others,))))
            return world.outcomes()["sent"] / seconds

        ours, reference = bench.in_turns(crowded, lambda: world.rate(plain), rounds=bench.scale(3, 1))
        bench.add_limit("the slowest of the 50", max(slowest), 2, "s")
        bench.add_ratio("crowded ÷ plain run", ours, reference, 0.9)
