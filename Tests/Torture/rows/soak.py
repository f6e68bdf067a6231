"""An hour of work with a fault every half minute."""

import os
import statistics
import time

from harness.proxy import Proxy
from harness.row import row
from harness.world import World

REPLY_DELAY = 20  # ms: a relay next door, so that connections and not processors set the pace
FAULT_PAUSE = 30  # s
WARM_UP = 1 / 6  # of the run, before growth counts
MAXIMUM_GROWTH = 1.0  # MB/h


# Those after which a mail that was on the wire may go out again; the others leave no doubt about any.
DOUBTFUL = ("kill_other", "freeze_other", "reset_relay", "silence_relay", "relay_gone")


class Faults:
    """What may go wrong, each healed by itself within a few seconds."""

    def __init__(self, world, database, relay, start_other):
        self.world, self.database, self.relay, self.start_other = world, database, relay, start_other
        self.other = start_other()
        self.count = {}
        self.all = [
            self.kill_other, self.freeze_other, self.restart_database, self.kill_backends, self.reset_database,
            self.silence_database, self.reset_relay, self.silence_relay, self.relay_gone, self.relay_defers,
            self.relay_storms, self.lock_table,
        ]

    def strike(self):
        fault = self.world.random.choice(self.all)
        self.count[fault.__name__] = self.count.get(fault.__name__, 0) + 1
        fault()
        return fault.__name__

    def kill_other(self):
        self.other.kill()
        self.other = self.start_other()

    def freeze_other(self):
        self.other.freeze()
        time.sleep(3 * self.world.LEASE)
        self.other.thaw()

    def restart_database(self):
        self.world.server.stop("fast")
        self.world.server.start()

    def kill_backends(self):
        self.world.server.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'worker_login'")

    def reset_database(self):
        self.database.end_all("reset")

    def silence_database(self):
        self._silence(self.database)

    def reset_relay(self):
        self.relay.end_all("reset")

    def silence_relay(self):
        self._silence(self.relay)

    def _silence(self, proxy):
        proxy.is_silent = True
        time.sleep(3)
        proxy.is_silent = False

    def relay_gone(self):
        self.world.mailbox.suspend()
        time.sleep(5)
        self.world.mailbox.resume()

    def relay_defers(self):
        self._replies({"stage": "rcpt", "probability": 0.3, "seed": 1, "reply": "450 4.2.0 Later"})

    def relay_storms(self):
        self._replies({"stage": "mail", "probability": 0.3, "seed": 1, "reply": "421 4.3.2 Shutting down"})

    def _replies(self, rule):
        self.world.mailbox.faults(rule, delay())
        time.sleep(5)
        self.world.mailbox.faults(delay())

    def lock_table(self):
        with self.world.server.connect() as connection, connection.transaction():
            connection.execute("lock table notify.deliveries in access exclusive mode")
            time.sleep(3)


def delay():
    return {"stage": "dot", "delayMilliseconds": REPLY_DELAY}


@row("soak", "soak", "60 min at 60 % of what its two workers can, a fault every 30 s", apart=True,
     passes="lost 0; memory slope ≤ 1 MB/h after 10 min; descriptors, threads and connections flat")
def soak(run):
    seconds = int(os.environ.get("SECONDS_OF_SOAK", 60 if run.short else 3_600))
    with World(run.seed) as world:
        database, relay = Proxy(world.server.port), Proxy(world.mailbox.port)
        world.mailbox.faults(delay())

        def start():
            return world.start_worker(
                database_url=world.server.url("worker_login", port=database.port),
                smtp_url=f"smtp://127.0.0.1:{relay.port}", retry_schedule="1s")

        worker = start()
        faults = Faults(world, database, relay, start)
        rate = 0.6 * capacity(world)
        run.note("events_per_second", rate)
        events = world.producers[0]
        events.start(rate)
        samples = watch(run, world, worker, faults, seconds)
        events.stop()
        drained = world.wait_until_done(120)
        run.note("seconds_to_drain", drained)
        run.expect(worker.is_running, "the watched worker ended by itself")
        growth(run, samples, seconds)
        for one in (worker, faults.other):
            code, _ = one.terminate()
            run.expect(code == 0, f"a worker ended with {code}")
        tally = world.check()
        run.note("faults", sum(faults.count.values()))
        run.expect_clean(tally, duplicates=16 * sum(faults.count.get(name, 0) for name in DOUBTFUL))
        for proxy in (database, relay):
            proxy.stop()


def capacity(world):
    """Mails/s of the workers that run, with this relay."""
    events = world.producer()
    events.enqueue(4_000)
    world.wait_until(lambda: world.mailbox.state()["mails"] >= 500, 60, "mails go")
    start, before = time.monotonic(), world.mailbox.state()["mails"]
    world.wait_until(lambda: world.mailbox.state()["mails"] >= 3_500, 120, "mails go on")
    rate = (3_500 - before) / (time.monotonic() - start)
    world.wait_until_done(60)
    return rate


def watch(run, world, worker, faults, seconds):
    """(seconds, resident bytes, descriptors, threads, database sessions, anonymous bytes), with faults in between."""
    samples, start = [], time.monotonic()
    next_fault = start + FAULT_PAUSE
    while (passed := time.monotonic() - start) < seconds:
        time.sleep(2)
        if time.monotonic() >= next_fault:
            name = faults.strike()
            run.say(f"{name}; {world.mailbox.state()['mails']} mails, {world.open_count()} open, "
                    f"{worker.resident_bytes() / 1e6:.1f} MB")
            next_fault = time.monotonic() + FAULT_PAUSE
            time.sleep(5)
        sessions = world.server.value("select count(*) from pg_stat_activity where usename = 'worker_login'")
        samples.append((passed, worker.resident_bytes(), worker.descriptors(), worker.threads(), sessions,
                        worker.anonymous_bytes()))
    return samples


def growth(run, samples, seconds):
    """Compares what is left after the warm-up with the end."""
    late = [sample for sample in samples if sample[0] >= seconds * WARM_UP and None not in sample]
    hours = [sample[0] / 3_600 for sample in late]
    slope, anonymous = (
        statistics.linear_regression(hours, [sample[index] / 1e6 for sample in late]).slope for index in (1, 5))
    run.note("megabytes_per_hour", slope)
    run.note("of_these_anonymous", anonymous)
    run.note("resident_megabytes", late[-1][1] / 1e6)
    run.note("anonymous_megabytes", f"{late[0][5] / 1e6:.2f} → {late[-1][5] / 1e6:.2f}")
    if seconds >= 1_800:
        run.expect(slope <= MAXIMUM_GROWTH, f"memory grows by {slope:.2f} MB/h")
    third = len(late) // 3
    for name, index in (("descriptors", 2), ("threads", 3), ("sessions", 4)):
        early, end = (statistics.median(s[index] for s in part) for part in (late[:third], late[-third:]))
        run.note(name, f"{early:g} → {end:g}")
        run.expect(abs(end - early) <= 2, f"{name} are not flat: {early:g} → {end:g}")
