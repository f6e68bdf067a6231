"""A worker that is told to stop: under load, twice, without an answer, while it starts, while the schema is made."""

import pathlib
import signal
import subprocess
import time

from harness.row import row
from harness.world import BINARY, ROOT, World

CONNECTIONS = 8
ON_THE_WIRE = 2 * CONNECTIONS  # a mail whose reply is awaited and one behind it, on each connection
TERM_BIT = 1 << (signal.SIGTERM - 1)


@row("sigterm", "SIGTERM under load",
     "30 times, replies delayed 0–2 s, every third one sent twice; 30 times during a start, 20 during a migration; 5 "
     "times while the relay withholds its answers to mails that it has taken for longer than the stop waits",
     "clean; exit 0 within 30 s; unsent claims free within 1 s; no attempt charged; where the stop gave up waiting: at "
     "most one mail a connection is sent twice, each recorded as unknown")
def sigterm(run):
    with World(run.seed) as world:
        under_load(run, world, run.scale(30, 4))
        during_start(run, world, run.scale(30, 4))
        finish(world)
        given_up = without_answer(run, world, run.scale(5, 1))
        tally = world.check()
        run.expect_clean(tally, duplicates=len(given_up))
        wrong = set(tally.duplicates) ^ given_up
        run.expect_none(wrong, "mails that went out twice with their answer, or once without")
        during_migration(run, world, run.scale(20, 2))


def under_load(run, world, count):
    events = world.producer()
    free, ended = [], []
    for number in range(count):
        world.mailbox.faults(*delays(world.random))
        if world.open_count() < 700:
            events.enqueue(700)
        worker = world.start_worker(smtp_connections=CONNECTIONS, smtp_pipelining=world.random.choice(["auto", "off"]))
        world.wait_until(lambda: leased(world) > 100, 20, "events are leased")
        time.sleep(world.random.uniform(0, 1.5))
        held = leased(world)
        run.expect(held > ON_THE_WIRE, f"only {held} events leased at the stop")
        start = time.monotonic()
        worker.signal(signal.SIGTERM)
        second = time.monotonic() + world.random.uniform(0, 0.5) if number % 3 == 0 else None
        while leased(world) > ON_THE_WIRE and time.monotonic() < start + 30:
            time.sleep(0.01)
        free.append(time.monotonic() - start)
        if second:
            time.sleep(max(0, second - time.monotonic()))
            worker.signal(signal.SIGTERM)
        expect_end(run, worker, start, ended, f"stop {number}{', twice' if second else ''}")
        run.expect(leased(world) == 0, f"{leased(world)} events still leased after stop {number}")
    run.note("stops", count)
    run.note("free_after_seconds_at_most", max(free))
    run.note("ended_after_seconds_at_most", max(ended))
    run.expect(max(free) <= 1, f"unsent claims free after {max(free):.2f} s")
    run.expect(max(ended) <= 30, f"ended after {max(ended):.1f} s")
    finish(world)
    charged = world.server.value("select count(*) from notify.attempts where charged")
    charged += world.server.value("select count(*) from notify.deliveries where attempts <> 1")
    run.note("attempts_charged", charged)
    run.expect(charged == 0, f"{charged} attempts charged")


def finish(world):
    world.mailbox.faults()
    worker = world.start_worker(smtp_connections=CONNECTIONS)
    world.wait_until_done(60)
    worker.terminate()


def delays(randomness):
    """Five delays between 0 and 2 s, at the dot before or after the mail is taken."""
    return [{"stage": randomness.choice(["dot", "accepted"]), "delayMilliseconds": randomness.randint(0, 2_000),
             "probability": share, "seed": randomness.randrange(1 << 30)} for share in (0.2, 0.25, 0.33, 0.5, 1)]


def leased(world):
    return world.server.value("select count(*) from notify.events where state = 'leased'")


def expect_end(run, worker, start, ended, what):
    try:
        code = worker.process.wait(30)
    except subprocess.TimeoutExpired:
        code = "nothing within 30 s"
        worker.kill()
    ended.append(time.monotonic() - start)
    run.expect(code == 0, f"{what}: ended with {code}")


def wait_for_handler(process):
    """Until the process has its say about SIGTERM; before, within 0.03 s or so of its start, nothing is begun."""
    status = pathlib.Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
        if int(caught.split()[1], 16) & TERM_BIT:
            return
        time.sleep(0.001)


def during_start(run, world, count):
    """Every third one waits for a migration that holds its locks. There is work to be begun."""
    ended, events = [], world.producer(prefix="token-start-")
    for number in range(count):
        if world.open_count() < 300:
            events.enqueue(700)
        with world.server.connect() as migration, migration.transaction():
            if number % 3 == 0:
                migration.execute("lock table notify.migrations in access exclusive mode")
            worker = world.start_worker(ready=False)
            wait_for_handler(worker.process)
            time.sleep(world.random.uniform(0, 0.5))
            start = time.monotonic()
            worker.signal(signal.SIGTERM)
            expect_end(run, worker, start, ended, f"start {number}")
        run.expect(leased(world) == 0, f"start {number}: {leased(world)} events still leased")
    # One that is stopped between its registration and its threads leaves a row without events to its lease.
    run.note("starts", count)
    run.note("registrations_left_to_their_lease", world.server.value("select count(*) from notify.workers"))
    run.note("start_ended_after_seconds_at_most", max(ended))


PATIENCE = 2  # seconds that a stop waits
WITHHELD = 15  # seconds


def without_answer(run, world, count):
    """The relay has taken a mail on each connection and says so too late. Returns the tokens that go out twice."""
    events, ended, given_up = world.producer(prefix="token-unanswered-"), [], set()
    for number in range(count):
        world.mailbox.faults({"stage": "accepted", "delayMilliseconds": WITHHELD * 1_000})
        before, unknown = world.mailbox.copies(), unknown_attempts(world)
        tokens = events.enqueue(200)
        worker = world.start_worker(
            smtp_connections=CONNECTIONS, shutdown_seconds=PATIENCE,
            smtp_pipelining=world.random.choice(["auto", "off"]))
        # One connection is kept for account mails.
        world.wait_until(lambda: world.mailbox.state()["hits"][0] >= CONNECTIONS - 1, 20, "the relay has taken mails")
        start = time.monotonic()
        worker.signal(signal.SIGTERM)
        expect_end(run, worker, start, ended, f"stop {number}, without an answer")
        taken = set(world.mailbox.copies() - before)
        named = unknown_attempts(world) - unknown
        run.expect(leased(world) == 0, f"{leased(world)} events still leased after stop {number}, without an answer")
        run.expect(len(taken) <= CONNECTIONS, f"stop {number}: {len(taken)} mails taken, {CONNECTIONS} connections")
        run.expect(named == set(world.event_ids(taken).values()),
                   f"stop {number}: {len(taken)} mails had no answer, {len(named)} are recorded as unknown")
        finish(world)
        run.expect(set(tokens) <= set(world.mailbox.copies()), f"stop {number}: not all were sent")
        given_up |= taken
    run.note("given_up_without_an_answer", len(given_up))
    run.note("ended_without_an_answer_after_seconds_at_most", max(ended))
    run.expect(max(ended) <= PATIENCE + 1, f"ended after {max(ended):.1f} s, having {PATIENCE} s to wait")
    run.expect(min(ended) >= PATIENCE - 0.1, f"ended after {min(ended):.1f} s, having waited for no answer")
    return given_up


def unknown_attempts(world):
    """The events that may have been sent, as each attempt says that ended so."""
    return {row[0] for row in world.server.query("select event_id from notify.attempts where result = 'unknown'")}


def during_migration(run, world, count):
    """`migrate` does all it has to or is cut off; then nothing of a migration that it had begun is left."""
    whole = world.server.query("select number from notify.migrations order by number")
    cut, halfway, takes = 0, 0, None
    for number in range(count):
        name = f"fresh_{number}"
        world.server.query(f"create database {name}")
        environment = world.settings(migrate_database_url=world.server.url("postgres", name))
        start = time.monotonic()
        process = subprocess.Popen([BINARY, "migrate"], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        if takes:  # the first one shows how long it takes
            time.sleep(world.random.uniform(0, 1.2 * takes))
            process.send_signal(signal.SIGTERM)
        code = process.wait(30)
        takes = takes or time.monotonic() - start
        run.expect(code in (0, -signal.SIGTERM), f"migration {number}: ended with {code}")
        with world.server.connect(name) as connection:
            found = connection.execute("select to_regclass('notify.migrations')").fetchone()[0]
            applied = connection.execute("select number from notify.migrations order by 1").fetchall() if found else []
        is_sound = applied == whole[:len(applied)] and (code != 0 or applied == whole)
        run.expect(is_sound, f"migration {number}: {applied}")
        cut += code != 0
        halfway += 0 < len(applied) < len(whole)
        world.command("migrate", migrate_database_url=world.server.url("postgres", name))
        with world.server.connect(name) as connection:
            applied = connection.execute("select number from notify.migrations order by 1").fetchall()
        run.expect(applied == whole, f"migration {number}, once more: {applied}")
        run.expect(time.monotonic() - start < 30, f"migration {number} took too long")
        world.server.query(f"drop database {name} with (force)")
    run.note("migrations_cut_off", cut)
    run.note("migrations_cut_off_halfway", halfway)
    run.expect(run.short or (cut > 0 and halfway > 0), f"{cut} migrations cut off, {halfway} of them halfway")
