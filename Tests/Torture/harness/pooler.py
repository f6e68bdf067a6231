"""A PgBouncer in transaction mode in front of a server. Never as root."""

import pathlib
import shutil
import signal
import subprocess
import time

from .database import Server, free_port


class Pooler:
    def __init__(self, folder, server, pool_size):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        if Server.ACCOUNT:
            shutil.chown(self.folder, "postgres", "postgres")
        self.port = free_port()
        self.log = self.folder / "pgbouncer.log"
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={server.folder} port={server.port}\n[pgbouncer]\nauth_type = trust\n"
            "auth_user = postgres\nauth_query = select rolname, '' from pg_roles where rolname = $1\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir = {self.folder}\n"
            f"pool_mode = transaction\ndefault_pool_size = {pool_size}\nmax_client_conn = 500\n")
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [shutil.which("pgbouncer"), settings], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, **Server.ACCOUNT)
        deadline = time.monotonic() + 20
        while "process up" not in self.log.read_text():
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.stop()
                raise RuntimeError(f"PgBouncer does not start: {self.log.read_text()[-2_000:]}")
            time.sleep(0.01)

    def url(self, user):
        return f"host=127.0.0.1 port={self.port} user={user} dbname=notify"

    def lines(self):
        return self.log.read_text(errors="replace").splitlines()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
