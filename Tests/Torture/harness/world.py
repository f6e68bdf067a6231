"""Everything that one row needs, in a folder of its own, and nothing of it left behind."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from . import checker, producer
from .database import Server
from .mailbox import Mailbox
from .worker import ROOT, Worker

BINARY = pathlib.Path(os.environ.get("NOTIFY_WORKER", ROOT / ".build/release/notify-worker"))
MAILBOX = pathlib.Path(os.environ.get("TORTURE_MAILBOX", ROOT / ".build/release/torture-mailbox"))


class World:
    """A server with the schema and its users, a relay, and workers that know both.

    `with World(seed) as world:` – all processes that it started end with it.
    """

    LEASE = 2  # seconds

    def __init__(self, seed, server_settings=(), mailbox_options=None, server=None, beside=None):
        """`beside`: another world, on whose server this one has a database of its own."""
        self.seed = seed
        self.random = random.Random(seed)
        self.server_settings = server_settings
        self.mailbox_options = mailbox_options or {}
        self.given_server = server
        self.beside = beside
        self.workers = []
        self.producers = []
        self.mailboxes = []

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="torture-"))
            self.folder.chmod(0o755)
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.journal = self.folder / "journal"
            self.log = self.folder / "worker.log"
            self._enter_database(stack)
            self.mailbox = self.add_mailbox(**self.mailbox_options)
            stack.callback(self._end_processes)
            self._stack = stack.pop_all()
        return self

    def _enter_database(self, stack):
        if self.beside:
            self.server = self.beside.server.with_copy(f"world_{self.folder.name.removeprefix('torture-')}")
            stack.callback(self.server.drop)
            return
        self.server = self.given_server or Server(self.folder / "postgres", *self.server_settings).create().start()
        stack.callback(lambda: self.server.stop("immediate"))
        with self.server.connect("postgres") as connection:
            connection.execute("create database notify")
        self.command("migrate")
        with self.server.connect() as connection:
            connection.execute("create role worker_login login in role notify_worker")
            producer.prepare(connection)

    def __exit__(self, *error):
        if error[0] and os.environ.get("KEEP"):
            print(f"torture: kept {self.folder}", file=sys.stderr)
            self._end_processes()
            if not self.beside:
                self.server.stop("immediate")
            return
        self._stack.close()

    def _end_processes(self):
        for worker in self.workers:
            worker.thaw()
            worker.kill()
        for one in self.producers:
            one.stop()
        for mailbox in self.mailboxes:
            mailbox.stop()

    def add_mailbox(self, **options):
        mailbox = Mailbox(MAILBOX, self.folder / f"accepted-{len(self.mailboxes)}.jsonl", **options)
        self.mailboxes.append(mailbox)
        return mailbox

    def settings(self, **more):
        """For the binary: scaled down, journal on. Keywords are settings without NOTIFY_, in any case; None unsets."""
        base = {
            "DATABASE_URL": self.server.url("worker_login"), "MIGRATE_DATABASE_URL": self.server.url("postgres"),
            "SMTP_TLS": "off", "SMTP_CONNECTIONS": "8", "LEASE_SECONDS": str(self.LEASE), "LOG_FORMAT": "json",
            "JOURNAL_DIR": str(self.journal), "HTTP_PORT": "0", "PUBLIC_URL": "https://notify.example.com",
            "MAIL_FROM": "Example <support@example.com>", "RETRY_SCHEDULE": "1s",
            "SECRET_KEYS": "4bYBxJBEI2p3HPaJhftlsPdcrLmZNbII2dBrwslA77o=",
        }
        if self.mailboxes:
            base["SMTP_URL"] = f"smtp://127.0.0.1:{self.mailboxes[0].port}"
        base |= {name.upper(): value for name, value in more.items()}
        outer = {name: value for name, value in os.environ.items() if not name.startswith("NOTIFY_")}
        return outer | {f"NOTIFY_{name}": str(value) for name, value in base.items() if value is not None}

    def command(self, *words, check=True, **settings):
        """Runs a command of the binary to its end; returns its output."""
        done = subprocess.run([BINARY, *words], env=self.settings(**settings), cwd=ROOT, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"notify-worker {' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def start_worker(self, *flags, ready=True, wrapper=(), preexec=None, stderr=None, log=None, **settings):
        """A worker of this world; returns once it takes events."""
        worker = Worker(BINARY, self.settings(**settings), log or self.log, *flags, wrapper=wrapper, preexec=preexec,
                        stderr=stderr)
        self.workers.append(worker)
        if ready:
            worker.wait_for("worker started")
        return worker

    def producer(self, url=None, prefix="token-"):
        made = producer.Producer(url or self.server.url(), seed=self.random.randrange(1 << 30), prefix=prefix)
        self.producers.append(made)
        return made

    def open_count(self):
        return self.server.value("select count(*) from notify.events")

    def wait_until(self, condition, within, what, pause=0.02):
        """Returns the seconds that it took; raises when it took longer than `within`."""
        start = time.monotonic()
        while time.monotonic() - start < within:
            if condition():
                return time.monotonic() - start
            time.sleep(pause)
        raise RuntimeError(f"not within {within} s: {what}")

    def wait_until_done(self, within, pause=0.02):
        """Until nothing is open; returns the seconds that it took. Each look is a connection to the database."""
        return self.wait_until(
            lambda: self.open_count() == 0, within, f"all events ended ({self.open_count()} open)", pause)

    def check(self):
        return checker.check(self.server, self.producers, self.mailboxes)

    def journalled_doubts(self):
        """Ids of all events that workers named as begun and not accepted by a killed one."""
        return set().union(*self.doubts_by_kill())

    def doubts_by_kill(self):
        """For each killed worker, the ids of events that its successor named as begun and not accepted."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("message", "").startswith("may have been sent"):
                found.append({int(number) for number in entry["events"]})
        return found

    def event_ids(self, tokens):
        rows = self.server.query("select key, event_id from notify.dedupe_keys where key = any (%s)", (list(tokens),))
        return dict(rows)
