"""Bells that do not ring, and clocks that are wrong."""

import collections
import contextlib
import datetime
import pathlib
import shutil
import tempfile
import time

from harness.clock import Clock
from harness.database import Server
from harness.producer import Producer
from harness.row import row
from harness.world import World

POLL = 1.2  # seconds: the longest rest of an idle claimer with its jitter
SENDING = 0.4  # claim, render, SMTP and the harness's own look, on a busy machine


@row("lost-notifications", "lost notifications",
     "listener killed, ringing switched off, ringing function gone dumb, 10 times each; 10,000 notifications while the "
     "worker is frozen", "picked up within one poll (1.2 s with its jitter, and 0.4 s to send it)")
def lost_notifications(run):
    times = run.scale(10, 1)
    with World(run.seed) as world:
        worker = world.start_worker(lease_seconds=30)
        server = world.server
        latencies = {}

        def measure(name, url=None, strike=lambda: None):
            """From the commit of one event, after the worker has fallen idle, to its mail."""
            time.sleep(world.random.uniform(1.5, 2.5))
            events = world.producer(url, prefix=f"token-{len(world.producers)}-")
            events.connect()  # so that the commit comes before whatever was struck has mended itself
            strike()
            [token] = events.enqueue(1)
            world.wait_until(lambda: token in world.mailbox.copies(), 10, f"{name}: the mail comes")
            mailed = next(entry["time"] for entry in world.mailbox.accepted() if entry["token"] == token)
            latencies.setdefault(name, []).append(mailed - events.times[token])
            events.stop()

        def kill_listener():
            killed.append(server.value("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                                       "where application_name = 'notify-worker listen'"))

        killed = []
        for _ in range(times):
            measure("heard")
            measure("listener killed", strike=kill_listener)
            measure("ringing off", server.url() + " options='-c notify.wake=off'")
        run.note("listeners_killed", sum(killed))
        run.expect(sum(killed) == times, f"{sum(killed)} listeners killed instead of {times}")
        server.query("create or replace function notify.wake() returns void language sql as ''")
        for _ in range(times):
            measure("function dumb")
        events = world.producer(prefix="token-frozen-")
        worker.freeze()
        tokens = events.enqueue(1)
        with server.connect() as connection:
            for _ in range(2):
                with connection.pipeline():
                    for number in range(5_000):
                        connection.execute("select pg_notify('notify_events', %s)", (str(number),))
                tokens += events.enqueue(1)
        thawed = time.time()
        worker.thaw()
        world.wait_until(lambda: set(tokens) <= set(world.mailbox.copies()), 10, "the mails of the pause come")
        latencies["among 10000"] = [
            entry["time"] - thawed for entry in world.mailbox.accepted() if entry["token"] in tokens]
        measure("after 10000")
        code, _ = worker.terminate()
        run.expect(code == 0, f"the worker ended with {code}")
        for name, found in latencies.items():
            run.note(f"{name.replace(' ', '_')}_slowest_seconds", max(found))
            run.expect(max(found) <= POLL + SENDING, f"{name}: picked up after {max(found):.2f} s")
        run.expect(sorted(latencies["heard"])[times // 2] < 0.3, "the bell was never heard")
        run.expect_clean(world.check())


HOUR, DAY = 3_600, 86_400
BACKLOG = 400  # events that are open when the database's clock is set
RETRY = 6  # seconds: some of the load is deferred once
STALL = 10  # seconds: what the claimer forgot or missed, its sweep finds by then
# Just before the clocks of Berlin go forward, and back.
DST = ("2026-03-29T00:59:58Z", "2026-10-25T00:59:58Z")


@row("clocks", "clocks",
     "a worker ±1 h, +1 day, jumping, over DST days (libfaketime), its mate right; then the database the same way, two "
     "workers; under load, the database with a backlog at each step",
     "duplicates 0; nothing stalls; retries not all at once", needs=("faketime",))
def clocks(run):
    seconds = run.scale(5, 1)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="torture-clock-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        worker_clock, database_clock = Clock(folder / "worker"), Clock(folder / "database")
        server = Server(folder / "postgres", environment=database_clock.environment)
        stack.callback(lambda: server.stop("immediate"))
        world = stack.enter_context(World(run.seed, server=server.create().start()))
        world.mailbox.faults({"stage": "dot", "delayMilliseconds": 50})
        events, backlog = AtAnyTime(server.url(), run.seed), AtAnyTime(server.url(), run.seed, "token-backlog-")
        world.producers += [events, backlog]
        # Kept through all steps of the clocks: an outcome of last spring is past its 30 days when they are right again.
        settings = {"ready": False, "retry_schedule": "5s", "smtp_connections": 9, "retention_days": 3_650}
        mate = world.start_worker(**settings)
        events.start(run.scale(80, 60), batch=4)
        steps = [HOUR, -HOUR, DAY, *(ahead_of(moment) for moment in DST)]
        slowest = {"worker": 0, "database": 0}
        for step in steps:
            slowest["worker"] = max(slowest["worker"], step_worker(run, world, worker_clock, step, settings))
        worker = world.start_worker(wrapper=worker_clock.wrapper, log=world.folder / "jumping.log", **settings)
        jumps = jump(world, worker_clock, (0, HOUR, -HOUR, DAY, -DAY), 2 * seconds)
        slowest["worker"] = max(slowest["worker"], probe(world))
        run.say(f"worker: {len(steps)} steps and {jumps} jumps, a mail took {slowest['worker']:.1f} s at most")
        fewest = float("inf")
        for step in [HOUR, 0, -HOUR, 0, DAY, *(ahead_of(moment) for moment in DST), 0]:
            fewest = min(fewest, set_under_way(run, world, backlog, database_clock, step))
            time.sleep(seconds)
            slowest["database"] = max(slowest["database"], probe(world))
        run.note("fewest_open_when_the_database_was_set", fewest)
        run.expect(fewest > 0, "nothing was open when the database's clock was set")
        jumps += jump(world, database_clock, (0, HOUR, -HOUR, DAY, -DAY), 2 * seconds)
        slowest["database"] = max(slowest["database"], probe(world))
        events.stop()
        world.wait_until_done(60)
        run.say(f"database: {jumps} jumps in all, a mail took {slowest['database']:.1f} s at most")
        for one in (worker, mate):
            code, _ = one.terminate()
            run.expect(code == 0, f"a worker ended with {code}")
        run.note("jumps", jumps)
        taken = {one["token"]: one["time"] for one in world.mailbox.accepted()}
        longest = max(taken.get(token, float("inf")) - committed
                      for token, committed in (events.times | backlog.times).items())
        run.note("slowest_mail_of_all_seconds", longest)
        run.expect(longest <= STALL + RETRY, f"a mail of the load took {longest:.1f} s")
        for what, found in slowest.items():
            run.note(f"slowest_mail_with_wrong_{what}_seconds", found)
            run.expect(found <= STALL, f"with a wrong clock of the {what} a mail took {found:.1f} s")
        run.expect_clean(world.check())


def step_worker(run, world, clock, step, settings):
    """A worker that is so far off; returns the seconds that a mail took."""
    clock.set(step)
    worker = world.start_worker(wrapper=clock.wrapper, log=world.folder / f"worker{step:.0f}.log",
                                mail_envelope_from=f"step{step:.0f}@example.com", **settings)
    worker.wait_for("worker started")
    wrong = logged_at(worker, "worker started") - time.time()
    run.expect(abs(wrong - step) < 60, f"the worker's clock is off by {wrong:.0f} s instead of {step:.0f} s")
    time.sleep(run.scale(5, 1))
    took = probe(world)
    if step == HOUR:
        defer_together(run, world)
    code, _ = worker.terminate()
    run.expect(code == 0, f"a worker {step:+.0f} s off ended with {code}")
    sent = sum(one["sender"].startswith(f"step{step:.0f}@") for one in world.mailbox.accepted())
    run.expect(sent > 4 * run.scale(5, 1), f"a worker {step:+.0f} s off sent only {sent} mails")
    return took


class AtAnyTime(Producer):
    """Its events are due and valid whatever clock they are held against.

    Else they would, as they are meant to, end with their day when the clock goes a day ahead, and wait until their time
    when it is set back between the beginning of their transaction and their row.
    """

    SPAN = datetime.timedelta(days=400)  # all steps are shorter, and what is valid for so long keeps its dedupe key

    def enqueue(self, count, *arguments, **changes):
        now = datetime.datetime.now(datetime.timezone.utc)
        return super().enqueue(count, *arguments, send_at=(now - self.SPAN).isoformat(),
                               expires_at=(now + self.SPAN).isoformat(), **changes)


def set_under_way(run, world, backlog, clock, step):
    """Sets the database's clock while there is work, some of it claimed; returns how many events were open."""
    backlog.enqueue(BACKLOG)
    world.wait_until(lambda: world.server.value(
        "select count(*) from notify.events where state = 'leased'"), 10, "some of the backlog is claimed")
    count = world.open_count()
    clock.set(step)
    wrong = world.server.value("select extract(epoch from clock_timestamp())::float8") - time.time()
    run.expect(abs(wrong - step) < 60, f"the database's clock is off by {wrong:.0f} s instead of {step:.0f} s")
    return count


def ahead_of(moment):
    """Seconds that a clock must be ahead to show `moment` now."""
    return datetime.datetime.fromisoformat(moment).timestamp() - time.time()


def logged_at(worker, message):
    """The worker's own time, as time.time()."""
    line = next(line for line in worker.lines() if line["message"] == message)
    return datetime.datetime.fromisoformat(line["time"]).timestamp()


def jump(world, clock, places, seconds):
    """Sets the clock twice a second, at last right; how often."""
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        clock.set(world.random.choice(places))
        count += 1
        time.sleep(0.5)
    clock.set(0)
    return count


def probe(world):
    """Seconds until the mail of an event that is enqueued now."""
    events = world.producer(prefix=f"token-probe-{len(world.producers)}-")
    [token] = events.enqueue(1)
    events.stop()
    start = time.monotonic()
    world.wait_until(lambda: token in world.mailbox.copies(), 60, "a mail with a wrong clock", pause=0.05)
    return time.monotonic() - start


def defer_together(run, world):
    """The relay defers all that comes; their retries are spread over ±20 % of the schedule's 5 s."""
    before = world.server.value("select count(*) from notify.attempts")
    world.mailbox.faults({"stage": "rcpt", "reply": "450 4.2.0 Later"})
    world.producer(prefix="token-deferred-").enqueue(200)
    world.wait_until(lambda: world.server.value("select count(*) from notify.attempts") > before + 200, 30, "deferred")
    world.mailbox.faults({"stage": "dot", "delayMilliseconds": 50})
    waits = sorted(row[0] for row in world.server.query(
        "select extract(epoch from next_at - finished_at)::float8 from notify.attempts where smtp_code = 450"))
    run.note("deferred", len(waits))
    run.note("retries_after_seconds", f"{waits[0]:.1f} to {waits[-1]:.1f}")
    run.expect(waits[0] >= 3.9 and waits[-1] <= 6.1, f"retries after {waits[0]:.2f} to {waits[-1]:.2f} s")
    # Evenly spread, a tenth of a second has a twentieth of them.
    most = max(collections.Counter(int(wait * 10) for wait in waits).values()) / len(waits)
    run.note("retries_in_the_fullest_tenth_of_a_second", most)
    run.expect(most <= 0.15, f"{most:.0%} of the retries within a tenth of a second")
