"""Where a worker dies or is held, brought about from outside: strace on one of its threads, or a trap in its code."""

import functools
import os
import pathlib
import platform
import re
import signal
import struct
import subprocess

TRAP = {"x86_64": b"\xcc", "aarch64": b"\x00\x00\x20\xd4"}
STAGES = {1: "rendering", 2: "waiting", 3: "opening", 4: "sending", 5: "accepted"}


def thread_id(worker, name):
    """Of the worker's thread whose name begins so: claimer, composer, lane, settler, keeper …"""
    for task in pathlib.Path(f"/proc/{worker.pid}/task").iterdir():
        if (task / "comm").read_text().startswith(name):
            return int(task.name)
    raise RuntimeError(f"the worker has no thread “{name}”")


class Strace:
    """Tampers with the system calls of one thread, as strace's `inject=CALLS:WHAT` has it, until the worker ends or
    `close`. In force when this returns."""

    def __init__(self, worker, thread, calls, what):
        self.process = subprocess.Popen(
            ["strace", "-o", "/dev/null", "-p", str(thread_id(worker, thread)), "-e", f"trace={calls}", "-e",
             f"inject={calls}:{what}"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "attached" not in line:
            self.close()
            raise RuntimeError(f"strace does not attach: {line}")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.stderr.close()
        self.process.wait(10)


def strace_from_start(calls, what):
    """A wrapper for a worker: likewise for all its threads, from its first instruction on. Each thread counts apart."""
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e",
            f"inject={calls}:{what}"]


@functools.cache
def _address(binary, pattern):
    """Of the one function whose mangled name matches, as the file has it."""
    listed = subprocess.run(["nm", binary], capture_output=True, text=True, check=True).stdout
    found = {line.split()[0] for line in listed.splitlines() if re.search(pattern, line)}
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} functions match {pattern}")
    return int(found.pop(), 16)


def plant(worker, pattern):
    """The next call of that function ends the worker as a kill does, before its first instruction."""
    binary = os.readlink(f"/proc/{worker.pid}/exe")
    address = _address(binary, pattern)
    for line in pathlib.Path(f"/proc/{worker.pid}/maps").read_text().splitlines():
        span, _, offset, _, _, *path = line.split()
        if path == [binary]:
            base = int(span.split("-")[0], 16) - int(offset, 16)
            break
    else:
        raise RuntimeError(f"the worker does not run {binary}")
    with open(f"/proc/{worker.pid}/mem", "r+b", buffering=0) as memory:
        memory.seek(base + address)
        memory.write(TRAP[platform.machine()])


def _journals_of(worker):
    maps = pathlib.Path(f"/proc/{worker.pid}/maps").read_text().splitlines()
    return {pathlib.Path(line.split(maxsplit=5)[5]) for line in maps if line.endswith(".journal")}


def journal(world, worker=None):
    """What the journals in the world's folder say, or that of one worker: event id → stage."""
    found = {}
    for path in _journals_of(worker) if worker else world.journal.glob("*.journal"):
        octets = path.read_bytes()
        for offset in range(64, len(octets), 32):
            event, _, word = struct.unpack_from("<QQQ", octets, offset)
            if word:
                found[event] = STAGES.get(word & 0xFF, "damaged")
    return found
