"""The API served for real: a private PostgreSQL, the binary in front of it, and calls to it."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
USER = "6f1c3a5e-0000-4000-8000-000000000001"  # the one of the description's examples


def fail(text):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {text}")


def settings(server):
    """For `run` and the commands: everything as the superuser, the API with the rights of notify_api."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("NOTIFY_")},
        "NOTIFY_DATABASE_URL": server + "postgres", "NOTIFY_API_DATABASE_URL": server + "api_login",
        "NOTIFY_HTTP_PORT": "0", "NOTIFY_TRUSTED_PROXIES": "127.0.0.1", "NOTIFY_LOG_FORMAT": "json",
        "NOTIFY_PUBLIC_URL": "https://notify.example.com", "NOTIFY_MAIL_FROM": "Example <support@example.com>",
        "NOTIFY_SECRET_KEYS": "4bYBxJBEI2p3HPaJhftlsPdcrLmZNbII2dBrwslA77o=",
    }


def prepare(run, run_sql, name):
    """Migrates, gives the API its login, and makes a key for events and users."""
    run("migrate")
    run_sql("create role api_login login in role notify_api")
    made = run("api-key", "create", name, "--scope", "events", "--scope", "users", "--json")
    return json.loads(made)["token"]


@contextlib.contextmanager
def postgres(folder, *more_settings):
    """A private server on a socket in `folder`; it does not run as root."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(found[-1]) if found else shutil.which("initdb") or fail("no PostgreSQL server: run `make install`")
    programs = pathlib.Path(initdb).parent
    account = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(folder, "postgres", "postgres")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **account}
    data = folder / "data"
    subprocess.run([initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], **quiet)
    server_settings = ["listen_addresses=", f"unix_socket_directories={folder}", "max_connections=50", *more_settings]
    control = [programs / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "server.log"]
    options = " ".join(f"-c '{setting}'" for setting in server_settings)
    subprocess.run(control + ["-o", options, "start"], **quiet)
    try:
        psql = [programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", "postgres", "-c"]
        yield lambda sql: subprocess.run(psql + [sql], check=True)
    finally:
        subprocess.run(control[:4] + ["-m", "immediate", "stop"], **{**quiet, "check": False})


@contextlib.contextmanager
def api(binary, environment, log):
    """Serves HTTP on a free port; gives its URL."""
    with open(log, "wb") as output:
        process = subprocess.Popen([binary, "run", "--no-worker"], env=environment, cwd=ROOT, stderr=output)
    try:
        deadline = time.monotonic() + 30
        port = None
        while port is None:
            if process.poll() is not None or time.monotonic() > deadline:
                fail(f"the API does not start:\n{log.read_text()}")
            time.sleep(0.05)
            port = next((line["port"] for line in lines(log) if line["message"] == "api listens"), None)
        yield f"http://127.0.0.1:{port}"
        if process.poll() is not None:
            fail(f"the API ended with {process.returncode}:\n{log.read_text()[-4000:]}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def lines(log):
    """What the API has logged so far; its last line may be unfinished."""
    return [json.loads(line) for line in log.read_text().split("\n")[:-1]]


def call(url, method, path, token, body=None):
    request = urllib.request.Request(url + path, method=method, headers={"Authorization": f"Bearer {token}"})
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")
