"""A worker that is killed: at random, and at each step of a mail's way."""

import collections
import time

from harness.row import row
from harness.world import World

from .crashes import CALLS, POINTS, Crashes

CONNECTIONS = 8
IN_FLIGHT = 16  # C of the table: a mail whose reply is awaited and one behind it, on each connection


@row("kill-random", "kill -9 at random", "20,000 mails, 50 kills, restarted at once",
     "lost 0; duplicates ≤ C a kill, each named in the journal; none quarantined; done within lease + 5 s")
def kill_random(run):
    with World(run.seed) as world:
        kill_at_random(run, world)


def kill_at_random(run, world, **settings):
    mails, kills = run.scale(20_000, 2_000), run.scale(50, 5)
    settings |= {"smtp_connections": CONNECTIONS}
    events = world.producer()
    events.enqueue(mails)
    run.say(f"{mails} events queued")
    worker = world.start_worker(ready=False, **settings)
    for number in range(kills):
        share = mails * (number + 1) // (kills + 2)
        # At a moment within this share of the mails, or soon where a restart takes longer than the share lasts.
        world.wait_until(lambda: world.mailbox.state()["mails"] >= share, 120, "mails go on", pause=0.005)
        time.sleep(world.random.uniform(0, 0.02))
        run.expect(world.open_count() > 0, f"kill {number} found nothing under way")
        worker.kill()
        worker = world.start_worker(ready=False, **settings)
        if (number + 1) % 10 == 0:
            run.say(f"{number + 1} kills, {world.mailbox.state()['mails']} mails")
    last = time.monotonic()
    world.wait_until_done(world.LEASE + 60)
    seconds = time.monotonic() - last
    code, _ = worker.terminate()
    tally = world.check()
    run.note("kills", kills)
    run.note("seconds_after_last_restart", seconds)
    run.expect_clean(tally, duplicates=kills * IN_FLIGHT)
    doubts = world.doubts_by_kill()
    ids = world.event_ids(tally.duplicates)
    times_named = collections.Counter(event_id for named in doubts for event_id in named)
    unnamed = [token for token, copies in tally.duplicates.items() if copies > times_named[ids[token]]]
    most = max((len(named & set(ids.values())) for named in doubts), default=0)
    run.note("named", len(tally.duplicates) - len(unnamed))
    run.note("most_in_one_kill", most)
    run.expect_none(unnamed, "duplicates that no journal named")
    run.expect(most <= IN_FLIGHT, f"{most} duplicates by one kill")
    run.expect(code == 0, f"the last worker ended with {code}")
    # What was left when the last worker started takes its time at full speed as well.
    run.expect(seconds <= world.LEASE + 5, f"done {seconds:.1f} s after the last restart")


@row("kill-step", "kill -9 at each step",
     "before the N-th socket write and read, commit, wake-up and journal note, N = 1…200; at 14 named points × 20",
     "lost 0; duplicates 0 except between dot sent and 250 noted: there 1", needs=("strace", "nm"))
def kill_step(run):
    with World(run.seed) as world, Crashes(run, world) as crashes:
        steps = [*CALLS, "journal note", "start"]  # in turn: another seed has another of them at the same N
        for number in run.scale(range(1, 201), sorted(world.random.sample(range(1, 30), 3))):
            crashes.at_step(steps[(number + run.seed) % len(steps)], number)
            if number % 25 == 0:
                run.say(f"{number} steps, {len(crashes.points)} crashes")
        for point in run.scale(list(POINTS), world.random.sample(list(POINTS), 4)):
            for _ in range(run.scale(20, 1)):
                crashes.at_point(point)
            run.say(f"{point}: {crashes.hits[point]} crashes")
        crashes.judge()
