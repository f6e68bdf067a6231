"""A relay that is slow, or silent."""

import pathlib
import socket
import statistics
import threading
import time

from harness.certificates import Authority
from harness.proxy import Proxy
from harness.row import row
from harness.world import World

HOLD = 30
# What one mail costs at the good relay, so that its figures are its own and not the machine's.
GOOD_DELAY = 0.1
GOOD_CONNECTIONS = 10


@row("slow-relay", "slow relay beside a good one",
     "two relays in NOTIFY_SMTP_URL, the first holds every reply 30 s, at each stage in turn; from the first moment",
     "p95 of all mails ≤ 1.5 × that of the good one alone, rate ≥ 90 %")
def slow_relay(run):
    stages = run.scale(["greeting", "hello", "mail", "rcpt", "data", "dot"], ["data"])
    with World(run.seed, server_settings=("max_connections=300",)) as world:
        run.side_by_side(stages, lambda _, stage: beside(run, world, stage), len(stages))


def beside(run, world, stage):
    with World(run.seed, beside=world) as one:
        good, slow = one.mailbox, one.add_mailbox()
        good.faults({"stage": "dot", "delayMilliseconds": int(GOOD_DELAY * 1_000)})
        hold = run.scale(HOLD, 8)
        slow.faults({"stage": stage, "delayMilliseconds": hold * 1_000})
        alone, alone_rate, _ = serve(run, one, [good], run.scale(20, 4))
        # Long enough that those who waited until the slow relay was known to be slow are under 5 %.
        p95, rate, settle = serve(run, one, [slow, good], run.scale(160, 8))
        run.note(f"{stage}_p95", f"{p95:.2f} s, alone {alone:.2f}")
        run.note(f"{stage}_mails_per_second", f"{rate:.0f}, alone {alone_rate:.0f}")
        run.say(f"{stage}: {run.figures[f'{stage}_p95']}, {run.figures[f'{stage}_mails_per_second']} mails/s")
        run.expect(slow.state()["hits"][0] > 0, f"{stage}: the slow relay held no reply")
        run.expect(run.short or p95 <= 1.5 * alone, f"{stage}: the p95 is {p95:.2f} s, alone {alone:.2f}")
        run.expect(run.short or rate >= 0.9 * alone_rate, f"{stage}: {rate:.1f} mails/s, alone {alone_rate:.1f}")
        slow.faults()
        good.faults()
        one.wait_until_done(4 * hold, pause=0.5)
        settle()
        run.expect_clean(one.check())


def serve(run, world, relays, seconds):
    """Returns the p95 from commit to acceptance, the mails/s under a backlog, and how to end.

    At whichever relay: one that is slow to open is quick once it has, takes most of the mail then, and leaves to the
    other little more than what had waited at first.
    """
    worker = world.start_worker(
        smtp_url=",".join(f"smtp://127.0.0.1:{relay.port}" for relay in relays), smtp_connections=GOOD_CONNECTIONS)
    steady = world.producer(prefix=f"token-s{len(relays)}-")
    steady.start(25, batch=5)
    time.sleep(seconds)
    steady.stop()
    backlog = world.producer(prefix=f"token-b{len(relays)}-")
    backlog.enqueue(run.scale(900, 200))
    time.sleep(run.scale(10, 4))
    accepted = [one for relay in relays for one in relay.accepted()]
    taken = {one["token"]: one["time"] for one in accepted}
    # What was not taken yet waits longest.
    waits = sorted(taken.get(token, float("inf")) - committed for token, committed in steady.times.items())
    times = sorted(one["time"] for one in accepted if one["token"] in backlog.times)
    p95 = waits[int(len(waits) * 0.95)] if waits else float("inf")
    rate = statistics.linear_regression(times, range(len(times))).slope if len(times) > 2 else 0

    def settle():
        run.expect(worker.terminate()[0] == 0, "the worker did not end with 0")

    if len(relays) == 1:
        world.wait_until_done(30)
        settle()
    return p95, rate, settle


DOT_DELAY = 0.5
CONNECTIONS = 16


@row("slow-dots", "every final dot answered after 500 ms, 16 connections", "at full speed for 30 s",
     "≥ 28 mails/s of the 32 possible")
def slow_dots(run):
    seconds = run.scale(30, 6)
    with World(run.seed) as world:
        world.mailbox.faults({"stage": "dot", "delayMilliseconds": int(DOT_DELAY * 1_000)})
        events = world.producer()
        worker = world.start_worker(smtp_connections=CONNECTIONS)
        events.enqueue(int((seconds + 2) * CONNECTIONS / DOT_DELAY))
        world.wait_until(lambda: world.mailbox.state()["mails"] >= CONNECTIONS / DOT_DELAY * seconds, 90, "mails go")
        # They come in waves, so not the first and the last mail count but the line through all.
        times = [entry["time"] for entry in world.mailbox.accepted()][CONNECTIONS:]
        rate = statistics.linear_regression(times, range(len(times))).slope
        run.note("mails_per_second", rate)
        run.note("sessions", world.mailbox.state()["sessions"])
        run.expect(rate >= 28, f"{rate:.1f} mails/s")
        world.wait_until_done(60)
        run.expect(worker.terminate()[0] == 0, "the worker did not end with 0")
        run.expect_clean(world.check())


LIMIT = 3
# The mail whose commands went out behind a late answer is taken back after a second.
UNAFFECTED = 2
# The phase of NOTIFY_SMTP_TIMEOUTS that is set to LIMIT, all others staying long.
PHASES = {
    "greeting": "greeting", "hello": "greeting", "startTLS": "greeting", "login": "greeting", "mail": "mail",
    "rcpt": "rcpt", "data": "data", "dot": "dot", "quit": "quit",
}
SLOWNESS = {
    "drip": {"dripMilliseconds": 1_000}, "tarpit": {"delayMilliseconds": (LIMIT + 2) * 1_000},
    "silence": {"action": "silence"},
}


@row("slow-phases", "slow drip, tarpit, silence at each stage",
     "one session of several, its limit scaled to 3 s; also a SYN that is not answered, and a relay that reads no more "
     "in the middle of a mail", "given up at that stage's limit ± 1 s; others unaffected",
     needs=("openssl",))
def slow_phases(run):
    with World(run.seed) as world:
        certificate = Authority(world.folder / "authority").certificate("relay")
        secured = world.add_mailbox(
            encryption="starttls", logins={"worker": "secret"}, requiresLogin=True, **certificate)
        stages = run.scale(list(PHASES), ["rcpt"])
        in_doubt, errors, slowest = 0, [], 0

        def take(stage, given_up, slow):
            nonlocal slowest
            errors.append(given_up - LIMIT)
            slowest = max(slowest, slow)
            run.say(f"{stage}: given up after {given_up:.2f} s, others within {slowest:.2f} s")

        for stage in stages:
            mailbox = secured if stage in ("startTLS", "login") else world.mailbox
            for slowness in run.scale(list(SLOWNESS), ["silence"]):
                take(f"{slowness} at {stage}", *give_up(run, world, mailbox, stage, slowness))
                # The relay takes it late, when nobody waits for its answer any more.
                in_doubt += stage == "dot" and slowness != "silence"
        take("connect", *give_up_connecting(run, world))
        take("mid-body", *give_up_in_body(run, world))
        run.note("cases", len(errors))
        run.note("earliest_and_latest", f"{min(errors):+.2f} and {max(errors):+.2f} s")
        run.note("slowest_of_others", slowest)
        world.wait_until_done(40)
        run.expect_clean(world.check(), duplicates=in_doubt)


def give_up(run, world, mailbox, stage, slowness):
    """Returns the seconds until the slow session was given up, and those that the slowest other mail took."""
    name = f"{slowness} at {stage}"
    proxy = Proxy(mailbox.port)
    proxy.kept, proxy.hook = [], note_times
    secured = mailbox is not world.mailbox
    worker, events = stand(
        world, mailbox, f"{PHASES[stage]}={LIMIT}" + (",idle=1" if stage == "quit" else ""),
        smtp_url=f"smtp://{'worker:secret@' * secured}127.0.0.1:{proxy.port}",
        smtp_tls="required" if secured else "off", smtp_ca_file=world.folder / "authority/ca.pem")
    mailbox.faults({"stage": stage, "first": 1, **SLOWNESS[slowness]})
    start = time.time()
    tokens = events.enqueue(40)
    world.wait_until(lambda: mailbox.state()["hits"][0] == 1, 20, name, 0.05)
    longest = lambda: max(waited(link, secured) for link in proxy.kept)  # noqa: E731
    world.wait_until(lambda: longest() > 1, LIMIT + 10, f"{stage} given up", 0.05)
    given_up = longest()
    mailbox.faults()
    # The one on the slow session aside, where there is one.
    aside = stage in ("mail", "rcpt", "data", "dot")
    slowest = judge(run, world, worker, name, given_up, lambda: took(mailbox, tokens, start)[-1 - aside])
    proxy.stop()
    return given_up, slowest


def stand(world, mailbox, limits, **settings):
    """A worker with one session that stands, so that the next one is not waited for; and its producer."""
    worker = world.start_worker(smtp_timeouts=limits, **settings)
    events = world.producer(prefix=f"token-{len(world.producers)}-")
    events.enqueue(1)
    world.wait_until(lambda: mailbox.copies()[events.with_fate("acknowledged")[0]], 20, "a first mail", 0.05)
    return worker, events


def took(mailbox, tokens, start):
    """Seconds from `start` to each mail, the slowest last."""
    found = {entry["token"]: entry["time"] - start for entry in reversed(mailbox.accepted())}
    return sorted(found.get(token, 60) for token in tokens)


def judge(run, world, worker, name, given_up, look):
    """Returns the seconds that the slowest other mail took, for which it looks when all have come."""
    run.expect(abs(given_up - LIMIT) <= 1, f"{name} was given up after {given_up:.2f} s")
    # What was given up may be due again in a second.
    world.wait_until_done(40)
    slowest = look()
    run.expect(slowest <= UNAFFECTED, f"{name}: another mail took {slowest:.2f} s")
    run.expect(worker.terminate()[0] == 0, f"{name}: the worker did not end with 0")
    return slowest


def give_up_connecting(run, world):
    """As `give_up`. The next session's SYN is never answered; nothing but the kernel knows of it."""
    relay = CrowdedRelay(world.mailbox.port)
    worker, events = stand(world, world.mailbox, f"connect={LIMIT}", smtp_url=f"smtp://127.0.0.1:{relay.port}")
    relay.fill()
    start = time.time()
    tokens = events.enqueue(40)
    first, last = {}, {}

    def are_over():
        now, pending = time.monotonic(), connections(relay.port, SYN_SENT)
        for one in pending:
            first.setdefault(one, now)
            last[one] = now
        return first and not pending

    world.wait_until(are_over, LIMIT + 10, "connecting given up")
    given_up = max((last[one] - first[one] for one in first), key=lambda seconds: abs(seconds - LIMIT))
    slowest = judge(run, world, worker, "an unanswered SYN", given_up, lambda: took(world.mailbox, tokens, start)[-1])
    relay.stop()
    return given_up, slowest


def give_up_in_body(run, world):
    """As `give_up`. A mail that the way to the relay cannot hold: the rest of it is still in the worker.

    Over the first session: the kernel's buffer of one that has carried mails has grown, and holds this one whole.
    """
    mailbox, proxy = world.mailbox, Proxy(world.mailbox.port, is_narrow=True)
    worker = world.start_worker(smtp_timeouts=f"block={LIMIT}", smtp_url=f"smtp://127.0.0.1:{proxy.port}")
    events = world.producer(prefix=f"token-{len(world.producers)}-")
    mailbox.faults({"stage": "data", "first": 1, "action": "hold"})
    large = events.enqueue(1, kind="conversation_note", each=lambda _, token: {"payload": {
        "conversation_id": token, "note_id": "1", "subject": token, "author": "Max", "note": "見て" * 10_000,
        "url": "https://app.example.com"}})
    world.wait_until(lambda: mailbox.state()["hits"] == [1], 20, "the relay has DATA")
    [slow] = connections(proxy.port, ESTABLISHED)
    proxy.stall()
    mailbox.release()
    start, begun = time.time(), time.monotonic()
    tokens = events.enqueue(40)
    # What it has written and nobody reads keeps its farewell from the other end.
    world.wait_until(lambda: slow not in connections(proxy.port, ESTABLISHED), LIMIT + 10, "mid-body given up")
    given_up = time.monotonic() - begun
    mailbox.faults()
    slowest = judge(run, world, worker, "mid-body", given_up, lambda: took(mailbox, tokens, start)[-1])
    phases = world.server.query(
        "select phase from notify.attempts where event_id = any (%s)", (list(world.event_ids(large).values()),))
    run.expect(phases == [("content",)], f"mid-body: the phases of what was given up are {phases}")
    proxy.stop()
    return given_up, slowest


SYN_SENT, ESTABLISHED = "02", "01"


def connections(port, state):
    """The near ends of the connections to `port` that the kernel has in this state."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return {near for _, near, far, now, *_ in map(str.split, lines) if far.endswith(f":{port:04X}") and now == state}


class CrowdedRelay:
    """Passes one connection on and takes no more; where the one place of its queue is taken, no SYN is answered."""

    def __init__(self, target_port):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._listener.getsockname()[1]
        self._sockets = [self._listener]
        threading.Thread(target=self._pass_on, args=(target_port,), daemon=True).start()

    def _pass_on(self, target_port):
        ends = [self._listener.accept()[0], socket.create_connection(("127.0.0.1", target_port))]
        self._sockets += ends
        for one in ends:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, target in (ends, reversed(ends)):
            threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source, target):
        try:
            while octets := source.recv(65_536):
                target.sendall(octets)
            target.shutdown(socket.SHUT_WR)
        except OSError:  # either end is gone, and so is the other
            source.close()
            target.close()

    def fill(self):
        """Until a SYN of our own is not answered."""
        for _ in range(5):
            one = socket.socket()
            one.settimeout(0.3)
            try:
                one.connect(("127.0.0.1", self.port))
                self._sockets.append(one)
            except TimeoutError:
                return one.close()
        raise RuntimeError("the kernel answers every SYN to a full queue")

    def stop(self):
        for one in self._sockets:
            one.close()


def note_times(link, direction, octets):
    link.notes.setdefault(direction, []).append(time.monotonic())
    return octets


def waited(link, is_encrypted):
    """How long the worker waited on this link, after the last that it said, until it closed it."""
    closed = link.closed.get("up")
    if closed is None:
        return 0
    # A farewell of TLS is no question.
    farewell = closed - 0.5 if is_encrypted else closed
    return closed - max([link.opened, *(one for one in link.notes.get("up", []) if one <= farewell)])
