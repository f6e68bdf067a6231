"""PostgreSQL that goes away, loses answers or changes places."""

import contextlib
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import uuid

import psycopg

from harness.cuts import CutAnswers, CutAnywhere, SMTPDialogue
from harness.database import free_port
from harness.pooler import Pooler
from harness.producer import USERS
from harness.proxy import Proxy
from harness.row import row
from harness.worker import ROOT
from harness.world import World

from .kills import kill_at_random

RATE = 100  # events/s under load
REPLY_DELAY = {"stage": "dot", "delayMilliseconds": 20}  # so that mails are on the wire at any moment
MARKED = str(uuid.UUID(int=2_000))
STREAMING = ("synchronous_commit=remote_apply", "wal_keep_size=256MB")
SESSIONS = "select pid, application_name from pg_stat_activity where usename = 'worker_login'"
# A session that has the name may still be on its way: LISTEN is the last that it was asked, and has been answered.
LISTENING = ("select count(*) from pg_stat_activity where application_name = 'notify-worker listen' and state = 'idle' "
             "and query ilike 'listen %'")
HEARD = 0.3  # seconds to a mail whose commit woke the worker; one that idles looks by itself once a second


@row("postgres-down", "PostgreSQL gone",
     "fast stop, immediate stop, kill -9 of the postmaster and of single backends, 20 each under load",
     "lost 0; duplicates 0 while the worker lives; no attempt charged; sending again ≤ 5 s after readiness; LISTEN back, "
     "and heard")
def postgres_down(run):
    with World(run.seed) as world:
        world.mailbox.faults(REPLY_DELAY)
        worker = world.start_worker()
        load, marks = world.producer(), marker(world)
        load.start(RATE)
        faults = ["fast", "immediate", "postmaster", "backend"] * run.scale(20, 1)
        world.random.shuffle(faults)
        resumed, heard = [], []
        for number, fault in enumerate(faults):
            time.sleep(world.random.uniform(0.3, 0.8))
            before = len(failures(worker))
            # Some last so long that the pauses between tries have grown to their longest.
            down = world.random.uniform(0, 1.5) if number % 10 != 3 else run.scale(world.random.uniform(7, 12), 2)
            strike(world, fault, down)
            ready = world.server.wait_until_ready()
            resumed.append(seconds_to_send(world, marks, ready))
            heard.append(seconds_to_listen(world, ready))
            run.expect(len(failures(worker)) > before, f"the worker did not notice fault {number}, {fault}")
            if (number + 1) % 10 == 0:
                run.say(f"{number + 1} faults, {world.mailbox.state()['mails']} mails, slowest {max(resumed):.1f} s")
        load.stop()
        world.wait_until_done(60)
        latencies = latencies_at_rest(world, marks)
        run.note("heard_after_seconds", " ".join(f"{latency:.2f}" for latency in latencies))
        run.expect(statistics.median(latencies) < HEARD, f"no bell was heard after the last fault: {latencies}")
        run.expect(worker.terminate()[0] == 0, "the worker did not end with 0")
        run.note("faults", len(faults))
        run.note("slowest_resumption_s", max(resumed))
        run.note("slowest_listen_s", max(heard))
        run.expect(max(resumed) <= 5, f"sending again {max(resumed):.1f} s after readiness")
        run.expect(max(heard) <= 5, f"LISTEN back {max(heard):.1f} s after readiness")
        expect_uncharged(run, world)
        run.expect_clean(world.check())


def strike(world, fault, down):
    """Takes the server away for `down` seconds and has it start; a killed backend makes it start anew by itself."""
    server = world.server
    if fault == "backend":
        with server.connect() as witness:
            pid, _ = world.random.choice(witness.execute(SESSIONS).fetchall())
            os.kill(pid, signal.SIGKILL)
            world.wait_until(lambda: is_cut(witness), 10, "a killed backend ends all others")
        return
    if fault == "postmaster":
        server.kill()
    else:
        server.stop(fault)
    time.sleep(down)
    server.start(wait=False)


def is_cut(connection):
    try:
        connection.execute("select 1")
    except psycopg.Error:
        return True
    return False


def failures(worker):
    return [line for line in worker.lines() if line["message"].startswith("database statement failed")]


def marker(world, url=None):
    """Enqueues events of an organisation of its own, which a backlog of others does not hold up."""
    world.server.query("select notify.upsert_organization(%s, 'Marks')", (MARKED,))
    world.server.query("select notify.add_member(%s, %s)", (MARKED, USERS[0]))
    return world.producer(url, prefix="token-after-")


def seconds_to_send(world, marks, ready):
    """From `ready` until the relay has a mail of an event that is enqueued now."""
    (token,) = marks.enqueue(1, user_id=USERS[0], organization_id=MARKED)
    marks.stop()  # its connection will not outlive the next fault
    found = {}

    def is_accepted():
        found.update((entry["token"], entry["time"]) for entry in world.mailbox.accepted()[-1_000:])
        return token in found

    world.wait_until(is_accepted, 60, f"{token} ({marks.fates[token]}) is sent")
    return found[token] - ready


def seconds_to_listen(world, ready):
    world.wait_until(lambda: world.server.value(LISTENING), 60, "LISTEN back")
    return max(0, time.time() - ready)


def latencies_at_rest(world, marks):
    """From the commit of one event to its mail, five times, each after the worker has fallen idle."""
    found = []
    for _ in range(5):
        time.sleep(world.random.uniform(1.5, 2.5))
        marks.connect()
        committed = time.time()
        found.append(seconds_to_send(world, marks, committed))
    return found


def expect_uncharged(run, world):
    """Nothing but what was sent counts as an attempt."""
    charged = world.server.value("select count(*) from notify.deliveries where attempts <> 1")
    charged += world.server.value("select count(*) from notify.attempts where charged")
    run.note("attempts_charged", charged)
    run.expect(charged == 0, f"{charged} attempts charged")


@row("commit-in-doubt", "commit in doubt", "the answer to COMMIT is cut off, 200 times each on enqueue, claim, settle",
     "clean: the state is read again")
def commit_in_doubt(run):
    wanted = dict.fromkeys(("COMMIT", "claim", "settle"), run.scale(200, 10))
    with World(run.seed) as world, proxy_to(world.server.port) as proxy:
        cutter = proxy.hook = CutAnswers(random.Random(run.seed), wanted)
        worker = world.start_worker(database_url=world.server.url("worker_login", port=proxy.port) + " sslmode=disable")
        load = world.producer(world.server.url(port=proxy.port) + " sslmode=disable")
        load.asks_again = True
        load.start(RATE, batch=4)
        world.wait_until(lambda: cutter.is_done, 400, f"{wanted} answers cut")
        load.stop()
        world.wait_until_done(60)
        run.expect(worker.terminate()[0] == 0, "the worker did not end with 0")
        cuts = cutter.cuts
        run.note("cuts", f"enqueue {cuts['COMMIT']}, claim {cuts['claim']}, settle {cuts['settle']}")
        read_again = {
            "COMMIT": load.in_doubt,
            "claim": logged(worker, "freed events of a claim whose answer was lost"),
            "settle": logged(worker, "settlements that were not ours any more"),
        }
        for name, count in read_again.items():
            run.note(f"{name.lower()}_read_again", count)
            run.expect(count >= cuts[name], f"{cuts[name]} answers to {name} cut, and read again {count} times")
        expect_uncharged(run, world)
        run.expect_clean(world.check())


@contextlib.contextmanager
def proxy_to(port):
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.stop()


def logged(worker, message):
    return sum(line["message"].startswith(message) for line in worker.lines())


@row("connection-cut", "connection cut at random bytes",
     "500 cuts of connections to database and relay, either way, with RST or FIN",
     "lost 0; duplicates 0 while the worker lives, but for mails cut off between their last byte and its answer")
def connection_cut(run):
    cuts = run.scale(250, 15)
    with World(run.seed) as world, proxy_to(world.server.port) as database, proxy_to(world.mailbox.port) as relay:
        database.hook = CutAnywhere(random.Random(run.seed), cuts, {"up": 40_000, "down": 60_000})
        relay.hook = CutAnywhere(random.Random(run.seed + 1), cuts, {"up": 150_000, "down": 3_000}, SMTPDialogue)
        world.mailbox.faults(REPLY_DELAY)
        worker = world.start_worker(
            database_url=world.server.url("worker_login", port=database.port),
            smtp_url=f"smtp://127.0.0.1:{relay.port}")
        load = world.producer()
        load.start(RATE)
        hooks = (database.hook, relay.hook)
        world.wait_until(lambda: all(hook.cuts.total() >= cuts for hook in hooks), 400, f"{cuts} cuts of each")
        load.stop()
        world.wait_until_done(60)
        run.expect(worker.terminate()[0] == 0, "the worker did not end with 0")
        for name, hook in zip(("database", "relay"), hooks):
            run.note(f"{name}_cuts", f"{hook.cuts['up']} up, {hook.cuts['down']} down")
        doubts, tally = relay.hook.doubts, world.check()
        run.note("mails_in_doubt", doubts.total())
        run.expect_clean(tally, duplicates=doubts.total())
        run.expect_none([token for token, copies in tally.duplicates.items() if copies > doubts[token]],
                        "sent twice without having been in doubt")


@row("failover", "failover",
     "streaming standby with remote_apply, two hosts in the URL, primary killed, standby promoted, 10 times under load",
     "lost 0; resumes ≤ 15 s; a read-only server is never claimed from")
def failover(run):
    with World(run.seed, STREAMING) as world, contextlib.ExitStack() as stack:
        primary = world.server
        ports = [primary.port, free_port()]
        address = "host=127.0.0.1,127.0.0.1 port={},{} target_session_attrs=read-write dbname=notify".format(*ports)
        world.mailbox.faults(REPLY_DELAY)
        worker = world.start_worker(database_url=f"{address} user=worker_login")
        load, marks = world.producer(f"{address} user=postgres"), marker(world, f"{address} user=postgres")
        load.start(RATE)
        resumed, turned_away, claims = [], 0, []
        for number in range(run.scale(10, 2)):
            port = next(port for port in ports if port != primary.port)
            standby = primary.clone(world.folder / f"node-{number}", *STREAMING, "log_connections=on", port=port)
            stack.callback(standby.stop, "immediate")
            standby.start()
            await_replication(world, primary)
            time.sleep(world.random.uniform(0.5, 1.5))
            primary.kill()
            killed = time.time()
            # Meanwhile whoever asks finds nothing but a server that cannot be written.
            time.sleep(world.random.uniform(0, 3))
            turned_away += standby.log.read_text().count("connection authorized: user=worker_login")
            standby.promote()
            world.server, primary = standby, standby
            standby.wait_until_ready()
            resumed.append(seconds_to_send(world, marks, killed))
            claims += [line for line in standby.errors() if "read-only" in line or "recovery" in line]
            run.say(f"failover {number + 1}: resumed after {resumed[-1]:.1f} s, {world.mailbox.state()['mails']} mails")
        load.stop()
        world.wait_until_done(60)
        run.expect(worker.terminate()[0] == 0, "the worker did not end with 0")
        run.note("failovers", len(resumed))
        run.note("slowest_resumption_s", max(resumed))
        run.expect(max(resumed) <= 15, f"resumed {max(resumed):.1f} s after the primary was killed")
        run.note("turned_away_from_standby", turned_away)
        run.expect(turned_away > 0, "the worker never came to a standby before it was promoted")
        run.expect_none(claims, "statements that a read-only server refused")
        expect_uncharged(run, world)
        run.expect_clean(world.check())


def await_replication(world, primary):
    """Until a commit waits for the standby to have applied it; a server just promoted has none to wait for."""
    with primary.connect() as connection:
        connection.execute("alter system set synchronous_standby_names = '*'")
        connection.execute("select pg_reload_conf()")
    in_step = "select 1 from pg_stat_replication where sync_state = 'sync'"
    world.wait_until(lambda: primary.query(in_step), 30, "the standby is in step")


@row("pgbouncer", "PgBouncer in transaction mode, pool of 4",
     "kill -9 at random as in its own row, through it; then the tests of queue, worker and binary through one",
     "as without it; no prepared-statement error; says at start that it polls or where it listens; no test fails",
     needs=("pgbouncer",))
def pgbouncer(run):
    through_pooler(run)
    if not run.short:
        functional_suite(run)


def through_pooler(run):
    with World(run.seed) as world:
        pooler = Pooler(world.folder / "pgbouncer", world.server, 4)
        try:
            through = {"database_url": pooler.url("worker_login")}
            kill_at_random(run, world, **through)
            polling = world.start_worker(log=world.folder / "polling.log", **through)
            polling.wait_for("the database is behind a pooler: polling only")
            listening = world.start_worker(
                log=world.folder / "listening.log", listen_url=world.server.url("worker_login"), **through)
            listening.wait_for("listening for notifications")
            place = [line["server"] for line in listening.lines() if line["message"] == "listening for notifications"]
            run.expect(str(world.server.port) in place[0], f"says that it listens at {place}")
            for worker in (polling, listening):
                run.expect(worker.terminate()[0] == 0, "a worker did not end with 0")
            logs = {"worker": world.log, "server": world.server.log, "pooler": pooler.log}
            for name, log in logs.items():
                lines = [line for line in log.read_text(errors="replace").splitlines() if "prepared statement" in line]
                run.expect_none(lines, f"lines about prepared statements in the log of the {name}")
            clients = sum("login attempt" in line for line in pooler.lines())
            run.note("logins_at_the_pooler", clients)
            run.expect(clients > 0, "nobody came through the pooler")
        finally:
            pooler.stop()


SUITE = ("NotifyCoreTests", "EndToEndTests", "PostgresClientTests")
SUITE_SECONDS = 480  # for all of them, so that the row ends within its ten minutes
# A test's last word; those of its cases, of suites and of the whole run begin otherwise.
VERDICT = re.compile(r"^[^\w\n]*Test (?!run with |case )(.+?)(?: with \d+ test cases?)? (passed|failed) after ", re.MULTILINE)


def functional_suite(run):
    """One target after the other, as scripts/run-tests does it, and for its reason. They are built by then."""
    if not run.expect(shutil.which("swift"), "the tests did not run: no swift in the path"):
        return
    deadline, passed = time.monotonic() + SUITE_SECONDS, 0
    for target in SUITE:
        output, code = run_tests(target, deadline - time.monotonic())
        verdicts = VERDICT.findall(output)
        failed = {name for name, verdict in verdicts if verdict == "failed"}
        passed += len(verdicts) - len(failed)
        tail = " | ".join(output.splitlines()[-5:])
        run.say(f"{target}: {len(verdicts)} tests, {len(failed)} of them failed")
        run.expect_none(failed, f"tests of {target} failed")
        run.expect(code is not None, f"{target} did not end within {SUITE_SECONDS} s of the suite: {tail}")
        # Also where the run broke off, or a test says something without failing.
        run.expect(code in (0, None) or failed, f"{target} ended with {code}: {tail}")
        run.expect(verdicts, f"no test of {target} ran: `make torture` builds them")
    run.note("tests_passed", passed)


def run_tests(target, seconds):
    """Returns what they wrote, and the exit code; None when they took longer."""
    words = ["swift", "test", "--skip-build", "--disable-xctest", *os.environ.get("SWIFT_BUILD_FLAGS", "").split(),
             "--filter", f"^{target}\\."]
    # Not through a pipe, which a server that outlives a killed run would keep open.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            words, env=os.environ | {"NOTIFY_TEST_POOLER": "pgbouncer"}, cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True)
        try:
            code = process.wait(max(1, seconds))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = None
        output.seek(0)
        return output.read().decode(errors="replace"), code
