"""A PostgreSQL of its own with its default durability, the schema with its users, a sink, and workers on both."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from harness.database import Server
from harness.worker import Worker

from . import events
from .programs import ROOT, mail_sizes, smtp_sink

BINARY = pathlib.Path(os.environ.get("NOTIFY_WORKER", ROOT / ".build/release/notify-worker"))
CONNECTIONS = 16


class World:
    """`with World(seed) as world:` – all that it started ends with it."""

    def __init__(self, seed, server_settings=()):
        self.seed, self.server_settings = seed, server_settings
        self.workers = []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
            self.folder.chmod(0o755)
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.server = Server(self.folder / "postgres", *self.server_settings).create().start()
            stack.callback(lambda: self.server.stop("immediate"))
            with self.server.connect("postgres") as connection:
                connection.execute("create database notify")
            subprocess.run([BINARY, "migrate"], env=self.settings(25), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
            with self.server.connect() as connection:
                connection.execute("create role worker_login login in role notify_worker")
                events.prepare(connection, self.seed)
            self.sink, self.sink_pid = stack.enter_context(smtp_sink(self.folder / "sink"))
            stack.callback(self._end_workers)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        self._stack.close()

    def _end_workers(self):
        for worker in self.workers:
            worker.kill()

    def settings(self, port, **more):
        """For the binary: its defaults, with the journal on and nothing logged but warnings."""
        base = {
            "DATABASE_URL": self.server.url("worker_login"), "MIGRATE_DATABASE_URL": self.server.url("postgres"),
            "SMTP_URL": f"smtp://127.0.0.1:{port}?tls=off", "SMTP_CONNECTIONS": CONNECTIONS,
            "JOURNAL_DIR": self.folder / "journal", "PUBLIC_URL": "https://notify.example.com",
            "MAIL_FROM": "Example Support <support@example.com>", "LOG_LEVEL": "warning", "LOG_FORMAT": "json",
            "SECRET_KEYS": "4bYBxJBEI2p3HPaJhftlsPdcrLmZNbII2dBrwslA77o=", "HTTP_PORT": 0,
        } | {name.upper(): value for name, value in more.items()}
        outer = {name: value for name, value in os.environ.items() if not name.startswith("NOTIFY_")}
        return outer | {f"NOTIFY_{name}": str(value) for name, value in base.items() if value is not None}

    def start_worker(self, *flags, port=None, **settings):
        worker = Worker(BINARY, self.settings(port or self.sink, **settings), self.folder / "worker.log", *flags)
        self.workers.append(worker)
        return worker

    def enqueue(self, made, batch=1_000):
        """In batches, as a producer would; returns the seconds that it took."""
        start = time.monotonic()
        with self.server.connect() as connection:
            for begin in range(0, len(made), batch):
                connection.execute("select count(*) from notify.enqueue_many(%s::jsonb)",
                                   (json.dumps(made[begin:begin + batch]),))
        return time.monotonic() - start

    def settle_down(self):
        """What the rows before have left is vacuumed and written, so that each pays for itself."""
        with self.server.connect() as connection:
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")

    def clear(self):
        with self.server.connect() as connection:
            connection.execute("truncate notify.events, notify.event_payloads, notify.deliveries, notify.attempts, "
                               "notify.notifications, notify.dedupe_keys, notify.dead_events")

    def drain(self, processes=1, **settings):
        """Runs so many workers until nothing is due; returns the seconds from their start to the last one's end."""
        start = time.monotonic()
        running = [self.start_worker("--drain", "--no-api", **settings) for _ in range(processes)]
        for worker in running:
            code = worker.process.wait(600)
            if code != 0:
                raise RuntimeError(f"a worker ended with {code}: {worker.tail()}")
        return time.monotonic() - start

    def rate(self, made, processes=1, **settings):
        """Enqueues these events, drains them, and returns mails/s; each must have been sent or skipped."""
        self.clear()
        self.enqueue(made)
        self.settle_down()
        seconds = self.drain(processes, **settings)
        outcomes = self.outcomes()
        if sum(outcomes.values()) != len(made) or outcomes.keys() - {"sent", "skipped"}:
            raise RuntimeError(f"outcomes {outcomes} of {len(made)} events")
        return outcomes["sent"] / seconds

    def open_count(self):
        return self.server.value("select count(*) from notify.events")

    def outcomes(self):
        return dict(self.server.query("select outcome, count(*) from notify.deliveries group by outcome"))

    def measured_size(self, made):
        """The mean octets of the mails of these events, as they come to a server."""
        folder = self.folder / "dump"
        with smtp_sink(folder, "-d", f"{folder}/mail.") as (port, _):
            self.enqueue(made)
            self.drain(port=port)
            sizes = mail_sizes(folder)
        self.clear()
        return round(sum(sizes) / len(sizes))


def thread_seconds(pid):
    """Processor seconds of each of a process's threads, by name."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            name = (task / "comm").read_text().strip()
            fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
            found[name] = found.get(name, 0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found
