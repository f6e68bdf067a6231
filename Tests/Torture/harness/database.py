"""A private PostgreSQL that can be stopped, killed, filled up and promoted. Never as root."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import psycopg


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def programs():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    if not initdb:
        raise SystemExit("torture: no PostgreSQL server: run `make install`")
    return pathlib.Path(initdb).parent


class Server:
    """One data directory, and the server on it. Listens on loopback and on a socket in its folder."""

    ACCOUNT = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}

    def __init__(self, folder, *more_settings, data=None, port=None, environment=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        if self.ACCOUNT:
            shutil.chown(self.folder, "postgres", "postgres")
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.port = port or free_port()
        self.settings = [
            "listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.folder}",
            "max_connections=100", "log_min_messages=warning", "log_lock_waits=on", *more_settings,
        ]
        self.log = self.folder / "server.log"
        self.environment = os.environ | (environment or {})  # of the server itself: libfaketime

    def _run(self, *words, check=True, environment=None):
        return subprocess.run(
            [programs() / words[0], *words[1:]], check=check, cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, env=environment, **self.ACCOUNT)

    def create(self):
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        return self

    def clone(self, folder, *more_settings, port=None):
        """A streaming standby of this server, not started yet."""
        standby = Server(folder, *more_settings, port=port)
        self._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-D", standby.data, "-R",
                  "-X", "stream", "-c", "fast")
        return standby

    def start(self, wait=True):
        options = " ".join(f"-c '{setting}'" for setting in self.settings)
        done = self._run("pg_ctl", "-D", self.data, "-w" if wait else "-W", "-t", "60", "-l", self.log, "-o", options,
                         "start", check=False, environment=self.environment)
        if wait and done.returncode != 0:
            raise RuntimeError(f"PostgreSQL does not start: {self.log.read_text()[-2000:]}")
        return self

    def wait_until_ready(self, within=60):
        """Until it takes statements that write; returns the moment, as time.time()."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            try:
                if not self.value("select pg_is_in_recovery()"):
                    return time.time()
            except psycopg.Error:
                pass
            time.sleep(0.01)
        raise RuntimeError(f"PostgreSQL is not ready within {within} s: {self.log.read_text()[-2000:]}")

    def stop(self, mode="fast", wait=True):
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w" if wait else "-W", "-t", "60", "stop", check=False)

    def promote(self):
        self._run("pg_ctl", "-D", self.data, "-w", "promote")

    def postmaster(self):
        """Its process id; None when it is not running."""
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def kill(self):
        """kill -9 of the postmaster; returns when its backends are gone too, which takes them a moment."""
        pid = self.postmaster()
        backends = children(pid)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and any(is_running(process) for process in [pid, *backends]):
            time.sleep(0.01)
        for lock in (self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)

    def url(self, user="postgres", database="notify", port=None):
        return f"host=127.0.0.1 port={port or self.port} user={user} dbname={database}"

    def connect(self, database="notify", **more):
        return psycopg.connect(self.url(database=database), autocommit=True, connect_timeout=10, **more)

    def query(self, sql, parameters=None):
        """All rows, over a connection of its own."""
        with self.connect() as connection:
            cursor = connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, parameters=None):
        return self.query(sql, parameters)[0][0]

    def errors(self):
        """Lines of the server's log that tell of errors."""
        if not self.log.exists():
            return []
        levels = ("ERROR:", "FATAL:", "PANIC:")
        return [line for line in self.log.read_text(errors="replace").splitlines() if any(word in line for word in levels)]


def children(pid):
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
