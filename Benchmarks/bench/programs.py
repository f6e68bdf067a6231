"""Postfix's load programs: smtp-sink takes every mail and drops it, smtp-source pushes the same one again and again."""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUN = ROOT / "scripts/real-server-run"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def smtp_sink(folder, *options):
    """Its port and process id."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [RUN, "--plain", "postfix", folder, "smtp-sink", *user, *options, f"127.0.0.1:{port}", "256"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        wait_for_port(port, "smtp-sink")
        yield port, child_of(process.pid, "smtp-sink")
    finally:
        process.stdin.close()
        process.wait(30)


def wait_for_port(port, name):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{name} does not start")


def child_of(pid, name):
    """The process of that name below `pid`."""
    for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name:
            return int(child)
        if found := child_of(int(child), name):
            return found
    return None


def smtp_source(port, mails, octets, sessions=16):
    """Pushes so many mails of that size over kept connections; returns mails/s."""
    command = [RUN, "--tool", "postfix", "smtp-source", "-d", "-s", str(sessions), "-m", str(mails), "-l", str(octets),
               "-f", "support@example.com", "-t", "user1@example.com", f"127.0.0.1:{port}"]
    start = time.monotonic()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return mails / (time.monotonic() - start)


def mail_sizes(folder):
    """Octets of each mail that a sink with `-d` has dumped there, without the lines that it puts above."""
    sizes = []
    for path in pathlib.Path(folder).rglob("mail.*"):
        mail = path.read_bytes()
        begin = mail.index(b"From: ")  # the first field of ours
        sizes.append(len(mail) - begin + mail.count(b"\n", begin))  # line ends are bare LF in the dump
    return sizes
