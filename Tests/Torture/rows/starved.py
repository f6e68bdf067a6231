"""A worker that is short of what every process takes for granted."""

import os
import random
import resource
import subprocess

from harness.row import row
from harness.world import BINARY, World

DESCRIPTORS = 64
MEMORY = 256 << 20  # octets


@row("starved", "starved", "64 descriptors, with 100 connections asked for; stdout and stderr full, or closed; 256 MB "
     "of memory, with 60 kB mails; no resolver; journal on a full tmpfs, before and while it runs",
     "keeps the promise or stops with a clear error", needs=("unshare", "mount"))
def starved(run):
    parts = [_descriptors, _outputs, _memory, _no_resolver, _journal_full]
    for part in run.scale(parts, random.Random(run.seed).sample(parts, 2)):
        run.say(part.__name__.strip("_"))
        part(run)


def _finish(run, world, name, within=90, duplicates=0):
    world.wait_until_done(within)
    run.expect_clean(world.check(), duplicates=duplicates)
    worker = world.workers[-1]
    run.expect(worker.is_running, f"{name}: the worker ended with {worker.process.returncode}: {worker.tail()}")
    code, _ = worker.terminate()
    run.expect(code == 0, f"{name}: the worker ended with {code}")


def _descriptors(run):
    with World(run.seed) as world:
        events = world.producer(prefix="token-fd-")
        events.enqueue(run.scale(5_000, 500))
        # Slow enough that every connection is of use.
        world.mailbox.faults({"stage": "dot", "delayMilliseconds": 50})
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))  # noqa: E731
        worker = world.start_worker(smtp_connections=100, log_level="debug", preexec=limit)
        world.wait_until(lambda: world.mailbox.state()["mails"] > 0, 20, "mails go out")
        # It has to connect anew while the relay has what is left.
        world.server.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'worker_login'")
        world.wait_until(lambda: worker.has_logged("database statement failed"), 10, "the worker misses the database")
        failures = [line for line in worker.lines() if "Couldn't connect" in line.get("fault", "")
                    or "Too many open files" in line.get("fault", "") + line.get("error", "")]
        run.note("descriptors_missing", len(failures))
        run.expect(failures, "there were descriptors enough")
        _finish(run, world, "descriptors")


def _outputs(run):
    def closed():
        for descriptor in (0, 1, 2):
            os.close(descriptor)

    def full():
        device = os.open("/dev/full", os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(device, descriptor)

    for name, spoil in (("closed", closed), ("full", full)):
        with World(run.seed) as world:
            worker = world.start_worker(ready=False, preexec=spoil)
            world.producer(prefix=f"token-{name}-").enqueue(run.scale(2_000, 200))
            world.wait_until(lambda: world.mailbox.state()["mails"] > 0, 20, "mails go out")
            targets = [os.readlink(f"/proc/{worker.pid}/fd/{number}") for number in (0, 1, 2)]
            run.expect(all(target.startswith("/dev/") for target in targets),
                       f"{name}: standard descriptors lead to {targets}")
            _finish(run, world, f"output {name}")
            for words in (("queue", "status", "--json"), ("config",), ("--help",)):
                done = subprocess.run(
                    ["sh", "-c", '"$0" "$@" >/dev/full' if name == "full" else '"$0" "$@" >&-', BINARY, *words],
                    env=world.settings(), capture_output=True, text=True, cwd=world.folder)
                run.expect(done.returncode == 1 and "stdout" in done.stderr,
                           f"{' '.join(words)} with stdout {name} ended with {done.returncode}: {done.stderr[-200:]}")


def _memory(run):
    with World(run.seed) as world:
        world.producer(prefix="token-memory-").enqueue(run.scale(3_000, 300))
        # Beyond what a person writes: near the 64 KiB that a payload may have.
        world.server.query(
            "update notify.event_payloads p set payload = payload || jsonb_build_object("
            "case e.kind when 'conversation_note' then 'note' when 'assigned_reminder' then 'note' "
            "when 'assigned_inquiry' then 'message' else 'preview' end, repeat('€', 20000)) "
            "from notify.events e where e.id = p.event_id")
        world.mailbox.faults({"stage": "dot", "delayMilliseconds": 20})
        limit = lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))  # noqa: E731
        worker = world.start_worker(preexec=limit)
        world.wait_until(lambda: not world.open_count() or not worker.is_running, 120, "60 kB mails are sent")
        run.note("resident_mb", (worker.most_resident_bytes() or 0) / 1e6)
        _finish(run, world, "memory")


def _no_resolver(run):
    """Names lead nowhere, then the relay's does."""
    with World(run.seed) as world:
        hosts, resolver = world.folder / "hosts", world.folder / "resolv.conf"
        hosts.write_text("")
        resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        spaces = ["-m"] if os.geteuid() == 0 else ["-rm"]
        mounts = f'mount --bind {hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf && exec "$0" "$@"'
        relay = f"smtp://relay.torture.test:{world.mailbox.port}"
        worker = world.start_worker(wrapper=("unshare", *spaces, "sh", "-c", mounts), smtp_url=relay)
        world.producer(prefix="token-name-").enqueue(run.scale(2_000, 200))
        worker.wait_for("relay left alone", 60)
        fault = worker.logged("relay left alone")[0]["fault"]
        run.expect("relay.torture.test" in fault and "resolve" in fault.lower(), f"no resolver: the log says “{fault}”")
        run.expect(world.mailbox.state()["mails"] == 0, "no resolver: a mail went out")
        hosts.write_text("127.0.0.1 relay.torture.test\n")
        _finish(run, world, "no resolver")
        charged = world.server.value("select count(*) from notify.attempts where charged")
        run.expect(charged == 0, f"no resolver: {charged} attempts were charged")


def _journal_full(run):
    """Too small for any journal; filled while a worker runs, which is killed; and with room again."""
    with World(run.seed) as world:
        world.journal.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40k,mode=777", "none", world.journal], check=True)
        try:
            ballast = world.journal / "ballast"
            _fill(ballast)
            worker = world.start_worker(ready=False)
            code = worker.process.wait(30)
            run.expect(code == 1 and "No space left" in worker.tail() and str(world.journal) in worker.tail(),
                       f"a full journal disk: the worker ended with {code}: {worker.tail()}")
            ballast.unlink()
            events = world.producer(prefix="token-journal-")
            events.enqueue(run.scale(5_000, 1_000))
            worker = world.start_worker()
            _fill(ballast)
            world.wait_until(lambda: world.mailbox.state()["mails"] > 100, 20, "mails go out while the disk is full")
            second = world.start_worker(ready=False)
            code = second.process.wait(30)
            run.expect(code == 1 and "No space left" in second.tail(),
                       f"no room for a second worker's journal: it ended with {code}: {second.tail()}")
            worker.kill()
            world.start_worker()  # has the room that its predecessor's journal took
            _finish(run, world, "journal", duplicates=8)
            doubts, tally = world.journalled_doubts(), world.check()
            ids = world.event_ids(tally.duplicates)
            unnamed = [token for token in tally.duplicates if ids[token] not in doubts]
            run.expect_none(unnamed, "duplicates that no journal named")
        finally:
            for worker in world.workers:
                worker.kill()
            subprocess.run(["umount", world.journal], check=False)


def _fill(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            return
