"""The real binary as a process, with its log."""

import json
import os
import pathlib
import signal
import subprocess
import time

from .database import children

ROOT = pathlib.Path(__file__).resolve().parents[3]


class Worker:
    """`notify-worker run --no-api`, or other words of it; `wrapper` goes before the command (strace, faketime …)."""

    def __init__(self, binary, environment, log, *flags, wrapper=(), words=("run", "--no-api"), preexec=None, stderr=None):
        self.log = pathlib.Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._offset = self.log.stat().st_size if self.log.exists() else 0
        self.started = time.monotonic()
        self._is_wrapped = bool(wrapper)
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [*wrapper, str(binary), *words, *flags], env=environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=stderr if stderr is not None else output, preexec_fn=preexec)

    @property
    def pid(self):
        """Of the binary itself, also below a wrapper that forks."""
        below = children(self.process.pid) if self._is_wrapped else []
        return below[0] if below else self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.is_running:
            os.kill(self.pid, number)

    def kill(self):
        """kill -9, and until it is gone."""
        self.signal(signal.SIGKILL)
        return self.process.wait()

    def terminate(self, within=60):
        """SIGTERM; returns (exit code, seconds until it was gone)."""
        start = time.monotonic()
        self.signal(signal.SIGTERM)
        code = self.process.wait(within)
        return code, time.monotonic() - start

    def freeze(self):
        """Returns when no thread of it runs any more."""
        self.signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{self.pid}/task")
        while any((task / "stat").read_text().rpartition(")")[2].split()[0] != "T" for task in tasks.iterdir()):
            time.sleep(0.0005)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def lines(self):
        """What this process, and not an earlier one, has logged: objects with time, level, logger, message …"""
        found = []
        with open(self.log, "rb") as file:
            file.seek(self._offset)
            for line in file:
                try:
                    found.append(json.loads(line))
                except ValueError:
                    continue
        return found

    def logged(self, message):
        """The lines that begin so."""
        return [line for line in self.lines() if line["message"].startswith(message)]

    def has_logged(self, message):
        return bool(self.logged(message))

    def wait_for(self, message, within=30):
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if self.has_logged(message):
                return
            if not self.is_running:
                raise RuntimeError(f"the worker ended with {self.process.returncode} before “{message}”: {self.tail()}")
            time.sleep(0.01)
        raise RuntimeError(f"the worker did not log “{message}” within {within} s: {self.tail()}")

    def tail(self, count=5):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    # From /proc; None when it is gone.

    def resident_bytes(self):
        return self._status("VmRSS:", 1_024)

    def anonymous_bytes(self):
        """What is resident and no page of a file, which the kernel takes and gives as it likes."""
        return self._status("RssAnon:", 1_024)

    def most_resident_bytes(self):
        """Since it began."""
        return self._status("VmHWM:", 1_024)

    def threads(self):
        return self._status("Threads:", 1)

    def _status(self, name, unit):
        try:
            for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith(name):
                    return int(line.split()[1]) * unit
        except OSError:
            return None

    def descriptors(self):
        try:
            return len(os.listdir(f"/proc/{self.pid}/fd"))
        except OSError:
            return None

    def cpu_seconds(self):
        try:
            fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            return None
