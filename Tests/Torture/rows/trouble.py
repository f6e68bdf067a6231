"""A database that is full, that refuses, or that is cut off at any call; and a relay that is."""

import collections
import contextlib
import pathlib
import re
import shutil
import tempfile
import time

from harness import wire
from harness.database import Server
from harness.disk import small_disk
from harness.proxy import Cut, Proxy
from harness.row import row
from harness.world import ROOT, World

WORKERS = 2


@row("database-full", "database disk full", "300 MB loop file system filled for 30 s, five times, two workers",
     "lost 0, duplicates 0; claims stop, results are held and written later; resumes ≤ 10 s",
     needs=("mkfs.ext4", "mount"))
def database_full(run):
    times, seconds = run.scale(5, 1), run.scale(30, 5)
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(tempfile.mkdtemp(prefix="torture-disk-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        disk = stack.enter_context(small_disk(folder))
        (disk.place / "data").mkdir()
        shutil.chown(disk.place / "data", "postgres", "postgres")
        server = Server(folder / "postgres", "max_wal_size=48MB", "min_wal_size=32MB", data=disk.place / "data")
        stack.callback(lambda: server.stop("immediate"))
        world = stack.enter_context(World(run.seed, server=server.create().start()))
        events = world.producer()
        events.enqueue(run.scale(15_000, 3_000))
        world.mailbox.faults({"stage": "dot", "delayMilliseconds": 40})
        # A lease ends while the disk is full, and a third of it is longer than the 6 s between two tries of a worker.
        workers = [world.start_worker(ready=False, lease_seconds=20, smtp_connections=5) for _ in range(WORKERS)]
        events.start(20, batch=2)
        slowest, refusals, crashes, held = 0, 0, 0, 0
        for number in range(times):
            mails = world.mailbox.state()["mails"]
            world.wait_until(lambda: world.mailbox.state()["mails"] > mails + 200, 30, "mails go")
            before = refused(server)
            disk.fill()
            world.wait_until(lambda: refused(server) > before, 30, "the disk is full")
            time.sleep(seconds / 2)
            settled = world.mailbox.state()["mails"]
            time.sleep(seconds / 2)
            mails = world.mailbox.state()["mails"]
            run.expect(run.short or mails == settled, f"{mails - settled} mails in the second half of an outage")
            refusals += refused(server) - before
            disk.free()
            crashes += not revive(server)
            start, recorded = time.monotonic(), outcomes(server)
            held += mails - recorded
            world.wait_until(lambda: world.mailbox.state()["mails"] > mails, 60, "mails go again")
            slowest = max(slowest, time.monotonic() - start)
            world.wait_until(lambda: outcomes(server) >= mails, 60, "what was held is recorded")
            run.say(f"filled {number + 1} times; {refusals} refusals; {mails - recorded} results were held; "
                    f"mails again after {time.monotonic() - start:.1f} s")
        events.stop()
        world.wait_until_done(120)
        for worker in workers:
            code, _ = worker.terminate()
            run.expect(code == 0, f"a worker ended with {code}")
        run.note("filled", times)
        run.note("refusals", refusals)
        run.note("server_restarts", crashes)
        run.note("results_held", held)
        run.note("slowest_resume_seconds", slowest)
        run.note("refused_to_producers", len(events.with_fate("refused")))
        run.expect(held > 0, "no result had to be held")
        run.expect(slowest <= 10, f"resumed {slowest:.1f} s after there was room again")
        run.expect_clean(world.check())


def refused(server):
    """How often the server found no room, a crash for want of it included."""
    return sum("No space left on device" in line for line in server.errors())


def outcomes(server):
    return server.value("select count(*) from notify.deliveries")


def revive(server):
    """Starts a server again that gave up for want of room, as its supervisor would; whether it still ran."""
    deadline = time.monotonic() + 60
    ran = True
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception):
            server.value("select 1")
            return ran
        if server.postmaster() is None:
            ran = False
            server.start()
        time.sleep(0.05)
    raise RuntimeError("the server does not come back")


STATES = ("53300", "57014", "55P03", "40001", "40P01")
# Each of these ends the purge of a keeper's first minute: one a start.
PURGES = ("purge_dedupe_keys", "purge_dead_events", "purge_api_rows", "trim_feeds")
STATEMENTS = re.findall(
    r'Statement\(\s*name: "(\w+)"', (ROOT / "Sources/NotifyCore/Queue/QueueStatements.swift").read_text())


class Refusals:
    """A proxy's hook that has the server refuse the next statement of each name that is armed, with a SQLSTATE."""

    def __init__(self):
        self.armed = {}  # statement: SQLSTATE
        self.seen = collections.Counter()  # statements run, by name
        self.hits = collections.Counter()  # (statement, SQLSTATE)

    def hook(self, link, direction, octets):
        if direction == "down":
            return octets
        return b"".join(self._pass(kind, message) for kind, message in wire.messages(link, octets))

    def _pass(self, kind, message):
        name = wire.statement(kind, message)
        self.seen[name] += name is not None
        state = self.armed.pop(name, None)
        if state is None:
            return message
        self.hits[name, state] += 1
        return wire.run_instead(f"select public.refuse('{state}')")


@row("server-refuses", "server refuses",
     "53300, 57014, 55P03, 40001, 40P01 once for each kind of statement; no connection allowed; a row lock held 30 s "
     "on an event being settled; tables broken under the running worker and mended",
     "recorded once, attempt not charged, ≤ 5 statements/s while failing")
def server_refuses(run):
    with World(run.seed) as world:
        world.server.query("create function public.refuse(state text) returns void language plpgsql as "
                           "$$ begin raise exception using errcode = state, message = 'torture'; end $$")
        proxy, refusals = Proxy(world.server.port), Refusals()
        proxy.hook = refusals.hook
        try:
            url = world.server.url("worker_login", port=proxy.port)
            deferrals = 0
            for state in run.scale(STATES, STATES[:1]):
                deferrals += refuse_each(run, world, url, refusals, state)
            hits = sum(refusals.hits.values())
            statements = [name for name in STATEMENTS if name not in PURGES[run.scale(len(PURGES), 1):]]
            run.note("statements", len(statements))
            run.note("refusals", hits)
            run.expect(set(refusals.hits) == {(name, state) for name in statements
                                              for state in run.scale(STATES, STATES[:1])},
                       f"{hits} refusals instead of one of each kind")
            worker = world.start_worker(database_url=url)
            refuse_connections(run, world, worker, seconds=run.scale(10, 3))
            hold_row(run, world, refusals, seconds=run.scale(30, 4))
            break_tables(run, world, seconds=run.scale(15, 5))
            code, _ = worker.terminate()
            run.expect(code == 0, f"the last worker ended with {code}")
        finally:
            proxy.stop()
        run.expect_clean(world.check())
        charged = world.server.value("select coalesce(sum(attempts - 1), 0) from notify.deliveries")
        run.expect(charged == deferrals, f"{charged} attempts were charged, and the relay deferred {deferrals}")


def refuse_each(run, world, url, refusals, state):
    """Every kind of statement meets `state` once; returns how many mails the relay deferred."""
    deferrals = 3
    events = world.producer(prefix=f"token-{state}-")
    # A worker that was killed with a mail begun and not sent: its suspect.
    world.mailbox.faults({"stage": "mail", "action": "hold"})
    killed = world.start_worker()
    events.enqueue(1)
    world.wait_until(lambda: world.mailbox.state()["openSessions"], 10, "a mail is begun")
    time.sleep(0.2)
    killed.kill()
    world.mailbox.release()
    world.mailbox.faults({"stage": "rcpt", "first": deferrals, "reply": "450 4.2.0 Later"},
                         {"stage": "dot", "delayMilliseconds": 100})
    for purge in PURGES[:run.scale(len(PURGES), 1)]:
        is_first = purge == PURGES[0]
        refusals.armed = {name: state for name in STATEMENTS if name == purge or is_first and name not in PURGES}
        worker = world.start_worker(database_url=url, smtp_connections=3)
        if is_first:
            # What the worker holds without knowing it, as after a claim whose answer was lost.
            later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3_600))
            orphan = world.event_ids(events.enqueue(1, send_at=later))
            world.server.query(
                "update notify.events e set state = 'leased', lease_id = nextval('notify.lease_ids'), "
                "worker_id = (select max(id) from notify.workers) where id = any (%s)", (list(orphan.values()),))
            events.enqueue(40)
        world.wait_until(lambda: set(refusals.armed) <= {"sign_off_worker"}, 30, f"all statements meet {state}")
        if is_first:
            world.wait_until_done(60)
        code, _ = worker.terminate()
        run.expect(code == 0, f"{state}: a worker ended with {code}")
    run.expect_none(refusals.armed, f"statements that never met {state}")
    world.mailbox.faults()
    run.say(f"{state}: refused {sum(hit[1] == state for hit in refusals.hits)} kinds of statements")
    return deferrals


def refuse_connections(run, world, worker, seconds):
    """A real 53300, at the door."""
    events = world.producer(prefix="token-door-")
    with world.server.connect() as connection:
        connection.execute("alter role worker_login connection limit 0")
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'worker_login'")
        events.enqueue(100)
        time.sleep(seconds)
        connection.execute("alter role worker_login connection limit -1")
    tries = sum("too many connections for role" in line for line in world.server.errors())
    run.note("connections_refused", tries)
    run.expect(tries > 0, "no connection was refused")
    run.expect(tries <= 5 * seconds, f"{tries} tries to connect in {seconds} s")
    world.wait_until_done(30)


def hold_row(run, world, refusals, seconds):
    """Somebody's transaction holds a row of which the relay has taken the mail; nobody else waits for it."""
    events = world.producer(prefix="token-lock-")
    world.mailbox.faults({"stage": "dot", "action": "hold"})
    held = list(world.event_ids(events.enqueue(1)).values())
    leased = "select count(*) from notify.events where state = 'leased'"
    world.wait_until(lambda: world.server.value(leased), 10, "a worker has it")
    with world.server.connect() as connection, connection.transaction():
        connection.execute("select from notify.events where id = any (%s) for update", (held,))
        world.mailbox.release()
        world.mailbox.faults()
        others = events.enqueue(500)
        took = world.wait_until(lambda: world.open_count() <= 1, 30, "the others are settled")
        before = refusals.seen["settle"]
        time.sleep(seconds)
        rate = (refusals.seen["settle"] - before) / seconds
        still = world.server.value("select count(*) from notify.events where id = any (%s)", (held,))
    run.note("others_settled_seconds", took)
    run.note("tries_per_second_at_locked_row", rate)
    run.expect(still == len(held), "the locked event was settled")
    run.expect(took <= 5, f"{len(others)} others waited {took:.1f} s for a locked row")
    run.expect(0 < rate <= 5, f"{rate:.1f} tries/s at a locked row")
    world.wait_until_done(30)


BREAKS = (
    ("alter table notify.deliveries rename to broken", "alter table notify.broken rename to deliveries"),
    ("alter table notify.events rename to broken", "alter table notify.broken rename to events"),
    ("revoke select on notify.users from notify_worker", "grant select on notify.users to notify_worker"),
    ("alter table notify.workers rename column expires_at to broken",
     "alter table notify.workers rename column broken to expires_at"),
)


def break_tables(run, world, seconds):
    """What the worker's statements stand on is taken away under load, and comes back."""
    world.mailbox.faults({"stage": "dot", "delayMilliseconds": 50})
    worst, failures, slowest = 0, 0, 0
    for number, (damage, mend) in enumerate(run.scale(BREAKS, BREAKS[:1])):
        events = world.producer(prefix=f"token-break-{number}-")
        events.enqueue(600)
        accepted = world.mailbox.state()["mails"]
        world.wait_until(lambda: world.mailbox.state()["mails"] > accepted + 50, 10, "mails go")
        world.server.query(damage)
        time.sleep(1)  # what was under way
        errors, start = len(world.server.errors()), time.monotonic()
        time.sleep(seconds)
        count = len(world.server.errors()) - errors
        rate = count / (time.monotonic() - start)
        world.server.query(mend)
        failures += count
        worst = max(worst, rate)
        run.expect(count > 0, f"nothing failed after “{damage}”")
        took = world.wait_until_done(90)
        slowest = max(slowest, took)
        run.say(f"“{damage}”: {rate:.1f} statements/s failed; done {took:.1f} s after the mend")
    world.mailbox.faults()
    run.note("done_after_mend_seconds", slowest)
    # Up to 6 s until each thread tries again, and 600 mails at 140/s.
    run.expect(slowest <= 25, f"done {slowest:.1f} s after the mend")
    run.note("failed_statements", failures)
    run.note("failed_statements_per_second", worst)
    run.expect(worst <= 5, f"{worst:.1f} statements/s while failing")


class NthCall:
    """A proxy's hook that cuts the connection at the n-th call of all: `before` it passes, or its `answer`.

    A call of the database is all that the worker sends before it waits; of the relay, each piece either way.
    """

    def __init__(self, n, where):
        self.n, self.where = n, where
        self.count = 0
        self.hit = False
        self.hit_answer_to_dot = False

    def hook(self, link, direction, octets):
        if direction == "down":
            if link.notes.get("doomed"):
                raise Cut
            return octets
        passed = b""
        for kind, message in wire.messages(link, octets):
            passed += message
            self._count(link, wire.ends_call(kind))
        return passed

    def relay_hook(self, link, direction, octets):
        if self.count == self.n - 1:
            self.hit_answer_to_dot = direction == "down" and link.notes.get("up", b"").endswith(b"\r\n.\r\n")
        link.notes[direction] = octets
        self._count(link, True)
        return octets

    def _count(self, link, is_call):
        self.count += is_call
        if not is_call or self.count != self.n:
            return
        self.hit = True
        if self.where == "before":
            raise Cut
        link.notes["doomed"] = True


@row("fail-nth-call", "fail the n-th call",
     "database call n not sent, database answer n lost, SMTP piece n (either way) lost, n = 1…all, for one event each",
     "clean for each n; a second copy only where the lost piece was the relay's answer to the final dot")
def fail_nth_call(run):
    with World(run.seed) as world:
        database, relay = Proxy(world.server.port), Proxy(world.mailbox.port)
        settings = {
            "database_url": world.server.url("worker_login", port=database.port),
            "smtp_url": f"smtp://127.0.0.1:{relay.port}", "smtp_pipelining": "off",
        }
        try:
            for where in ("before", "answer"):
                cuts = 0
                for n in range(1, 150, run.scale(1, 25)):
                    call = NthCall(n, where)
                    database.hook = call.hook
                    one_event(run, world, settings, f"token-{where}-{n}-")
                    if not call.hit:
                        break  # all of one event's life has fewer calls
                    cuts += 1
                database.hook = None
                run.note(f"database_{where}_cuts", cuts)
                run.expect(cuts >= run.scale(25, 1), f"only {cuts} calls of the database were cut {where}")
            doubtful, cuts = [], 0
            # The short form leaves out the greeting and EHLO: a relay at fault is left alone for some 15 s.
            for n in range(run.scale(1, 5), 50, run.scale(1, 4)):
                call = NthCall(n, "before")
                relay.hook = call.relay_hook
                token = one_event(run, world, settings, f"token-relay-{n}-")
                if not call.hit:
                    break
                cuts += 1
                doubtful += [token] if call.hit_answer_to_dot else []
            run.note("relay_cuts", cuts)
            run.expect(cuts >= run.scale(12, 2), f"only {cuts} pieces of the dialogue were cut")
            run.note("answers_to_dot_cut", len(doubtful))
        finally:
            for proxy in (database, relay):
                proxy.stop()
        tally = world.check()
        run.expect_clean(tally, duplicates=len(doubtful))
        run.expect_none(set(tally.duplicates) - set(doubtful), "duplicates without a lost answer to the final dot")


def one_event(run, world, settings, prefix):
    """One event's life with a worker of its own; its token."""
    events = world.producer(prefix=prefix)
    [token] = events.enqueue(1)
    worker = world.start_worker(ready=False, **settings)
    world.wait_until_done(60)
    code, seconds = worker.terminate()
    run.expect(code == 0, f"{prefix}: the worker ended with {code}")
    run.expect(seconds < 10, f"{prefix}: the worker took {seconds:.1f} s to end")
    events.stop()
    return token
