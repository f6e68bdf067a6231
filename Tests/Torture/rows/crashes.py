"""Worker after worker on one database: each finishes what the one before left, and then dies at its own point."""

import collections
import contextlib
import os
import signal
import time

from harness import trap
from harness.database import children
from harness.proxy import Proxy

# What is about to happen when the worker dies: the thread, its system calls, and how many mails may then be in doubt.
# There is one connection, so it is at most the one whose answer was not read. Before a write of the lane there is none:
# what it had sent was answered, and what it was about to send has not left.
CALLS = {
    "SMTP write": ("lane", "sendto", 0),
    "SMTP read": ("lane", "recvfrom", 1),
    "commit of a settlement": ("settler", "sendto", 1),
    "commit of a claim": ("claimer", "sendto", 1),
    "wake-up": ("composer", "write", 1),
}
# The journal's functions: one makes a mail's first note, the other each later one. A trap stands in one of them: what
# they share the compiler puts into both.
NOTE, ADVANCE = r"10NotifyCore7JournalC4note", r"10NotifyCore7JournalC7advance"
# The notes that a mail makes on its way, in order: where the relay holds it so that the next one is this, and how many
# copies it then costs. The composer makes the first two without a pause.
NOTES = {"rendering": (None, 0), "waiting": (None, 0), "opening": ("greeting", 0), "sending": ("mail", 0),
         "accepted": ("accepted", 1)}
MAILS = 5  # under way at a named point
POINTS = {}  # name: (most duplicates, least duplicates, body)


def point(name, most=0, least=0):
    def register(body):
        POINTS[name] = (most, least, body)
        return body

    return register


class Crashes:
    def __init__(self, run, world):
        self.run, self.world, self.random = run, world, world.random
        self.events = world.producer()
        self.points = []  # of each crash: (name, most duplicates, least)
        self.crash_of = {}  # token: the crash that it was under way in
        self.hits = collections.Counter()  # crashes by name
        self.slowest = 0.0

    def __enter__(self):
        self.proxy = Proxy(self.world.mailbox.port, is_narrow=True)
        # A trap is a kill, not a crash to be explained, which takes 20 s.
        self.backtrace = os.environ.get("SWIFT_BACKTRACE")
        os.environ["SWIFT_BACKTRACE"] = "enable=no"
        return self

    def __exit__(self, *error):
        self.proxy.stop()
        if self.backtrace is None:
            del os.environ["SWIFT_BACKTRACE"]
        else:
            os.environ["SWIFT_BACKTRACE"] = self.backtrace

    @contextlib.contextmanager
    def life(self, name, most=0, least=0, **settings):
        """A worker with one connection that has nothing left to do; the body makes it die."""
        began = time.monotonic()
        worker = self.world.start_worker(**{"smtp_connections": 1, **settings})
        self.world.wait_until_done(30)
        recovered = time.monotonic()
        self.slowest = max(self.slowest, recovered - began)
        self.points.append((name, most, least))
        try:
            yield worker
        finally:
            worker.kill()
            self.world.mailbox.faults()
            self.world.mailbox.release()
        self.hits[name] += 1

    def enqueue(self, count, **changes):
        for token in self.events.enqueue(count, **changes):
            self.crash_of[token] = len(self.points) - 1

    def until(self, condition, what, within=20):
        self.world.wait_until(condition, within, what, pause=0.002)

    def until_dead(self, worker):
        self.until(lambda: not worker.is_running, f"the worker died ({self.points[-1][0]})")

    def until_stages(self, **counts):
        """Until the journal names so many events at each of these stages and none at another; but a mail that is sent
        may have one begun behind it."""
        def are_reached():
            found = collections.Counter(trap.journal(self.world).values())
            if "sending" in counts and found["opening"]:
                found.subtract({"opening": 1, "waiting": -1})
            return +found == +collections.Counter(counts)

        self.until(are_reached, f"stages {counts}")

    def leased(self):
        return self.world.server.value("select count(*) from notify.events where state = 'leased'")

    def end_sessions(self):
        """So that the worker has none left from before."""
        self.world.mailbox.suspend()
        self.world.mailbox.resume()

    def hold(self, stage):
        self.world.mailbox.faults({"stage": stage, "action": "hold"})

    # The N-th of its kind.

    def at_step(self, step, number):
        if step == "journal note":
            self.at_note(number)
        elif step == "start":
            self.at_start(number)
        else:
            self.at_call(step, number)

    def at_call(self, name, number):
        thread, calls, most = CALLS[name]
        with self.life(name, most) as worker, contextlib.closing(
                trap.Strace(worker, thread, calls, f"signal=KILL:when={number}")):
            deadline = time.monotonic() + 60
            while worker.is_running and time.monotonic() < deadline:
                # A claim, a wake-up and a settlement are for several mails: a few at a time, until there were enough.
                self.enqueue(20 if thread == "lane" else 3)
                with contextlib.suppress(RuntimeError):
                    self.world.wait_until(lambda: not worker.is_running, 0.02, "death", pause=0.002)
            self.run.expect(not worker.is_running, f"no {number} calls: {name}")

    def at_note(self, number):
        """Each mail makes as many: whole mails first, and then one whose next note is the N-th."""
        whole, index = divmod(number - 1, len(NOTES))
        stage, before = list(NOTES)[index], list(NOTES)[:index][-1:]
        held, copies = NOTES[stage]
        with self.life(f"note of {stage}", copies, copies) as worker:
            self.enqueue(whole)
            self.world.wait_until_done(30)
            self.until_stages()
            if held:
                self.end_sessions()
                self.hold(held)
                self.enqueue(1)
                self.until_stages(**dict.fromkeys(before, 1))
            trap.plant(worker, ADVANCE if before else NOTE)
            if held:
                self.world.mailbox.release()
            else:
                self.enqueue(1)
            self.until_dead(worker)
            # It was this note: the one before is there.
            self.until_stages(**dict.fromkeys(before, 1))

    def at_start(self, number):
        """From its first instruction on, with a journal to take over."""
        self.at_point("250 not read")
        calls, most = self.random.choice([
            ("sendto", 12), ("recvfrom", 12), ("flock", 2), ("pread64", 3), ("unlink", 1), ("fallocate", 1),
            ("write", 3)])
        when = (number - 1) % most + 1
        # Each thread counts apart, and not each makes so many.
        while not self.dies_at_start(calls, when):
            if not self.run.expect(when > 1, f"a start makes no {calls}"):
                break
            when //= 2

    def dies_at_start(self, calls, when):
        worker = self.world.start_worker(
            ready=False, wrapper=trap.strace_from_start(calls, f"signal=KILL:when={when}"))
        with contextlib.suppress(RuntimeError):
            self.world.wait_until(lambda: not worker.is_running or worker.has_logged("worker started"), 20, "its end")
        has_died = not worker.is_running
        self.hits["at a start"] += has_died
        for child in children(worker.pid):
            os.kill(child, signal.SIGKILL)
        worker.kill()
        return has_died

    # Named points.

    def at_point(self, name):
        most, least, body = POINTS[name]
        body(self, name, most, least)

    def judge(self):
        """The last worker, and the sum: each crash's duplicates against what its point allows."""
        worker = self.world.start_worker()
        self.world.wait_until_done(30)
        code, _ = worker.terminate()
        tally = self.world.check()
        duplicates = collections.Counter()
        for token, copies in tally.duplicates.items():
            duplicates[self.crash_of[token]] += copies
        self.run.note("crashes", len(self.points))
        self.run.note("died_at_a_start", self.hits["at a start"])
        self.run.note("slowest_recovery_seconds", self.slowest)
        self.run.expect_clean(tally, duplicates=sum(most for _, most, _ in self.points))
        wrong = [f"{name}: {duplicates[number]} duplicates, {least} to {most}"
                 for number, (name, most, least) in enumerate(self.points) if not least <= duplicates[number] <= most]
        for text, count in sorted(collections.Counter(wrong).items()):
            self.run.expect(False, f"{text} ({count} of {self.hits[text.split(':')[0]]} crashes)")
        ids, doubts = self.world.event_ids(tally.duplicates), self.world.journalled_doubts()
        self.run.expect_none([token for token in tally.duplicates if ids[token] not in doubts], "duplicates not named")
        self.run.expect(code == 0, f"the last worker ended with {code}")
        self.run.expect(self.slowest <= self.world.LEASE + 5, f"a recovery took {self.slowest:.1f} s")


@point("claimed")
def _claimed(crashes, *point):
    """The claim is committed and read; the composer is held where it wakes."""
    with crashes.life(*point) as worker, contextlib.closing(
            trap.Strace(worker, "composer", "futex,restart_syscall", "delay_exit=60000000")):
        crashes.enqueue(MAILS)
        crashes.until(lambda: crashes.leased() == MAILS, "all claimed")
        crashes.until_stages()
        os.kill(worker.pid, signal.SIGKILL)  # while it is held; it is gone once strace lets it go


@point("claim not read")
def _claim_not_read(crashes, *point):
    """The claim is committed, its answer on the way: the first call brings what is new, the second is the claim."""
    with crashes.life(*point) as worker, contextlib.closing(
            trap.Strace(worker, "claimer", "recvfrom", f"signal=KILL:when={crashes.random.randint(1, 12)}")):
        while worker.is_running:
            crashes.enqueue(1)
            time.sleep(0.01)


@point("rendered")
def _rendered(crashes, *point):
    """All composed; the relay keeps its greeting to itself."""
    with crashes.life(*point):
        crashes.end_sessions()
        crashes.hold("greeting")
        crashes.enqueue(MAILS)
        crashes.until_stages(waiting=MAILS)


@point("connected")
def _connected(crashes, *point):
    with crashes.life(*point):
        crashes.end_sessions()
        crashes.hold("hello")
        crashes.enqueue(MAILS)
        crashes.until_stages(waiting=MAILS)
        crashes.until(lambda: crashes.world.mailbox.state()["openSessions"], "a session")


def _held_at(stage, **stages):
    def body(crashes, *point):
        with crashes.life(*point, smtp_pipelining=crashes.random.choice(["auto", "off"])):
            crashes.hold(stage)
            crashes.enqueue(MAILS)
            crashes.until_stages(**stages)
            time.sleep(crashes.random.uniform(0, 0.02))
    return body


for _stage, _name in (("mail", "MAIL"), ("rcpt", "RCPT"), ("data", "DATA")):
    point(_name)(_held_at(_stage, opening=1, waiting=MAILS - 1))
# The relay has the whole mail. Before it takes it, it may yet do so when the worker is dead; after, it has.
point("dot sent", most=1)(_held_at("dot", sending=1, waiting=MAILS - 1))


@point("250 not read", most=1, least=1)
def _not_read(crashes, *point):
    with crashes.life(*point):
        mails = crashes.world.mailbox.state()["mails"]
        crashes.hold("accepted")
        crashes.enqueue(MAILS)
        crashes.until(lambda: crashes.world.mailbox.state()["mails"] > mails, "the relay has a mail")


@point("mid-body")
def _mid_body(crashes, *point):
    """A mail that the way to the relay cannot hold: half of it is still in the worker.

    Over a new session: the kernel's buffer for one that has carried such a mail has grown, and holds the next one whole.
    """
    world, proxy = crashes.world, crashes.proxy
    with crashes.life(*point, smtp_url=f"smtp://127.0.0.1:{proxy.port}") as worker:
        crashes.end_sessions()
        crashes.hold("data")
        crashes.enqueue(1, kind="conversation_note", each=lambda _, token: {"payload": {
            "conversation_id": token, "note_id": "1", "subject": token, "author": "Max", "note": "見て" * 10_000,
            "url": "https://app.example.com"}})
        crashes.until(lambda: world.mailbox.state()["hits"] == [1], "the relay has DATA")
        proxy.stall()
        world.mailbox.release()
        crashes.until_stages(sending=1)
        time.sleep(crashes.random.uniform(0, 0.05))
        worker.kill()
        proxy.stall(False)


@point("250 read", most=1, least=1)
def _read(crashes, *point):
    """At the note that it was accepted. With nothing sent ahead of its turn there is no other to be made."""
    with crashes.life(*point, smtp_pipelining="off") as worker:
        crashes.hold("accepted")
        crashes.enqueue(MAILS)
        crashes.until_stages(sending=1, waiting=MAILS - 1)
        trap.plant(worker, ADVANCE)
        crashes.world.mailbox.release()
        crashes.until_dead(worker)
        crashes.until_stages(sending=1, waiting=MAILS - 1)


@point("250 noted")
def _noted(crashes, *point):
    """At the first system call after the one that read it, which is to write the next mail's content."""
    with crashes.life(*point) as worker:
        crashes.enqueue(MAILS)  # shows the lane that the relay is quick
        crashes.world.wait_until_done(10)
        crashes.hold("accepted")
        crashes.enqueue(MAILS)
        crashes.until_stages(sending=1, waiting=MAILS - 1)
        with contextlib.closing(trap.Strace(worker, "lane", "sendto,poll,write,futex,getrandom", "signal=KILL:when=1")):
            crashes.world.mailbox.release()
            crashes.until_dead(worker)


@point("journalled")
def _journalled(crashes, *point):
    """All are accepted; a lock in the database keeps the settlements from being written until the worker is dead."""
    with crashes.world.server.connect() as connection:
        with connection.transaction(), crashes.life(*point):
            connection.execute("lock table notify.deliveries in share mode")
            crashes.enqueue(MAILS)
            crashes.until_stages(accepted=MAILS)


@point("settled")
def _settled(crashes, *point):
    """The settlement is committed; the worker dies as it reads the answer."""
    with crashes.life(*point) as worker:
        crashes.enqueue(MAILS)  # so that the settler has its connection
        crashes.world.wait_until_done(10)
        with contextlib.closing(trap.Strace(worker, "settler", "recvfrom", "signal=KILL:when=1")):
            crashes.enqueue(1)
            crashes.until_dead(worker)
        crashes.until(lambda: crashes.world.open_count() == 0, "it was settled")
