"""Workers beside each other."""

import collections
import time

from harness.row import row
from harness.world import World


@row("racing", "workers racing", "2, 4, 8 processes, 50,000 events each, one added or removed every 5 s",
     "clean; no deadlock in the server's log; no worker under half its share")
def racing(run):
    sizes, mails, interval = run.scale((2, 4, 8), (4,)), run.scale(50_000, 6_000), run.scale(5, 1.5)
    with World(run.seed) as world:
        race = Race(run, world)
        for size in sizes:
            race.run_with(size, mails, interval)
        deadlocks = [line for line in world.server.errors() if "deadlock" in line]
        run.expect_none(deadlocks, "deadlocks")
        run.note("deadlocks", len(deadlocks))
        run.expect_clean(world.check())


class Race:
    def __init__(self, run, world):
        self.run, self.world = run, world
        self.events = world.producer()
        self.names = {}  # worker: the envelope sender that its mails carry
        self.spans = []  # (begin, end, workers that ran all through it)

    def add(self):
        """A worker; from here on until `spans` it counts."""
        name = f"worker{len(self.names)}@example.com"
        worker = self.world.start_worker(mail_envelope_from=name, smtp_connections=4)
        self.names[worker] = name
        return worker

    def run_with(self, size, mails, interval):
        """So many processes, give or take one, until all events are sent."""
        world = self.world
        for _ in range(4):
            self.events.enqueue(mails // 4)
        racing = [self.add() for _ in range(size)]
        spans, changes, is_adding = [], 0, True
        deadline = time.monotonic() + 240
        while world.open_count() and time.monotonic() < deadline:
            begin, taking_part = time.time(), list(racing)
            while time.time() < begin + interval and world.open_count() > 0:
                time.sleep(0.05)
            # Once all is claimed, who claimed last has the most left to send.
            if time.time() >= begin + interval and world.server.value(
                    "select exists (select from notify.events where state = 'ready')"):
                spans.append((begin, time.time(), taking_part))
            if is_adding:
                racing.append(self.add())
            else:
                self.end(racing.pop(world.random.randrange(len(racing))))
            is_adding, changes = not is_adding, changes + 1
        world.wait_until_done(30)
        for worker in racing:
            self.end(worker)
        self.run.note(f"changes_with_{size}", changes)
        self.judge(size, spans)

    def end(self, worker):
        code, _ = worker.terminate()
        self.run.expect(code == 0, f"a worker ended with {code}")

    def judge(self, size, spans):
        """Each worker's mails within a span against the mean of those that took part in all of it."""
        times = collections.defaultdict(list)
        for entry in self.world.mailbox.accepted():
            times[entry["sender"]].append(entry["time"])
        shares = []
        for begin, end, workers in spans:
            counts = [sum(begin <= moment < end for moment in times[self.names[worker]]) for worker in workers]
            mean = sum(counts) / len(counts)
            self.run.expect(mean > 0, f"{size} workers sent nothing for {end - begin:.1f} s")
            shares += [count / mean for count in counts if mean]
            if mean and min(counts) < mean / 2:
                self.run.say(f"{size} workers for {end - begin:.1f} s: {counts}, the last one the newest")
        self.run.expect(self.run.short or shares, f"no span with {size} workers")
        lowest = min(shares, default=0)
        self.run.note(f"lowest_share_of_{size}", lowest)
        self.run.note(f"spans_of_{size}", len(spans))
        # A second and a half of a busy machine says little of shares.
        self.run.expect(self.run.short or lowest >= 0.5, f"a worker of {size} had {lowest:.2f} of its share")
