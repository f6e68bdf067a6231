"""A relay that is ill, and one that refuses everybody."""

import base64
import contextlib
import functools
import json
import subprocess
import time
import unicodedata

from harness.proxy import Proxy
from harness.row import row, together
from harness.world import World

STEPS = (15, 30, 60, 120)  # seconds that a relay is left alone, each ±20 %
MEANWHILE = 60  # seconds that a relay may take to carry all mails once it is well


@row("relay-trouble", "greylisting; 421 storm in 30 % of sessions; relay gone for 10 min; 535 for 5 min",
     "10,000 events each, side by side; gone and 535 until the breaker has taken each of its steps, which end at 120 s",
     "all delivered after healing; ≤ 60 connects while gone, reckoned for 10 min; ≤ 5 % CPU; no attempt charged but "
     "those that a recipient's 4xx ended; none dead", needs=("openssl",))
def relay_trouble(run):
    together(*(functools.partial(trouble, run) for trouble in (_greylisting, _storm, _gone, _login_refused)))


def _greylisting(run):
    with World(run.seed) as world:
        each = run.scale(20, 2)
        world.mailbox.faults(
            {"stage": "rcpt", "firstForEachRecipient": each, "reply": "450 4.7.1 Greylisted, come back later"})
        world.start_worker()
        world.producer(prefix="token-grey-").enqueue(run.scale(10_000, 1_000))
        world.wait_until_done(MEANWHILE)
        hits = _hits(run, world, "greylisted", 100 * each)
        _expect_delivered(run, world, charged=hits)


def _storm(run):
    with World(run.seed) as world:
        seed = world.random.randrange(1 << 30)
        # The second ends a session now and then, so that there are many of them.
        world.mailbox.faults(
            {"stage": "greeting", "probability": 0.3, "seed": seed, "reply": "421 4.3.2 Too busy"},
            {"stage": "mail", "probability": 0.02, "seed": seed, "reply": "421 4.3.2 Too busy"})
        world.start_worker()
        world.producer(prefix="token-storm-").enqueue(run.scale(10_000, 1_000))
        world.wait_until_done(4 * MEANWHILE)
        state = world.mailbox.state()
        run.note("storm_sessions", state["sessions"])
        _hits(run, world, "storm_421", run.scale(100, 10))
        _expect_delivered(run, world)


def _gone(run):
    with World(run.seed) as world:
        proxy = Proxy(world.mailbox.port)
        worker = world.start_worker(smtp_url=f"smtp://127.0.0.1:{proxy.port}")
        events = world.producer(prefix="token-gone-")
        events.enqueue(100)
        world.wait_until_done(MEANWHILE)
        proxy.refuses = True
        proxy.end_all()
        before = proxy.connects
        seconds = _leave_ill(run, world, worker, events, "gone")
        connects = proxy.connects - before
        proxy.refuses = False
        run.note("connects_while_gone", connects)
        run.note("gone_seconds", seconds)
        # After the last step one probe each 96 s at most.
        in_ten_minutes = connects + max(0, 600 - seconds) / (STEPS[-1] * 0.8)
        run.expect(in_ten_minutes <= 60, f"{connects} connects in {seconds:.0f} s")
        run.expect(connects > 0, "nobody tried to connect while the relay was gone")
        _await_healing(world)
        _expect_delivered(run, world)
        proxy.stop()


def _login_refused(run):
    with World(run.seed) as world:
        key, certificate = world.folder / "key.pem", world.folder / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days",
             "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        mailbox = world.add_mailbox(
            encryption="starttls", certificate=str(certificate), key=str(key), logins={"worker": "secret"},
            requiresLogin=True)
        worker = world.start_worker(
            smtp_url=f"smtp://worker:secret@127.0.0.1:{mailbox.port}", smtp_tls="required", smtp_ca_file=certificate)
        events = world.producer(prefix="token-login-")
        events.enqueue(100)
        world.wait_until_done(MEANWHILE)
        mailbox.suspend()  # its sessions are logged in already
        mailbox.faults({"stage": "login", "reply": "535 5.7.8 Authentication credentials invalid"})
        mailbox.resume()
        _leave_ill(run, world, worker, events, "535")
        run.expect("535" in worker.logged("relay left alone")[0]["fault"], "the log does not say that it is the login")
        run.note("refused_535", mailbox.state()["hits"][0])
        run.expect(mailbox.state()["hits"][0] > 0, "no login was refused")
        mailbox.faults()
        _await_healing(world)
        _expect_delivered(run, world)


def _leave_ill(run, world, worker, events, name):
    """10,000 events meet a relay that is ill until the breaker has taken its steps; returns how long."""
    events.enqueue(run.scale(10_000, 1_000))
    worker.wait_for("relay left alone", 30)
    start, cpu = time.monotonic(), worker.cpu_seconds()
    steps = run.scale(STEPS, STEPS[:1])
    # Each begins when the one before is over: the last one too in the full form.
    begun = run.scale(len(steps) + 1, 1)
    world.wait_until(lambda: len(_pauses(worker)) >= begun, 1.3 * sum(steps) + 60, f"{begun} pauses of the breaker", 0.2)
    time.sleep(3)
    seconds = time.monotonic() - start
    share = (worker.cpu_seconds() - cpu) / seconds
    run.note(f"{name}_cpu_percent", 100 * share)
    run.expect(share <= 0.05, f"{name}: {100 * share:.1f} % CPU")
    pauses = _pauses(worker)
    run.note(f"{name}_pauses", pauses)
    run.expect(all(0.79 * step <= pause <= 1.21 * step for step, pause in zip(steps, pauses)),
               f"{name}: the breaker's pauses were {pauses}")
    run.say(f"{name}: pauses {pauses}")
    return seconds


def _pauses(worker):
    """Seconds that the breaker left the relay alone, one after the other."""
    messages = ("relay left alone", "relay paused", "relay still not usable")
    return [float(line["pause"].removesuffix(" s")) for line in worker.lines() if line["message"].startswith(messages)]


def _await_healing(world):
    world.wait_until_done(STEPS[-1] * 1.2 + MEANWHILE)


def _hits(run, world, name, least):
    hits = sum(world.mailbox.state()["hits"])
    run.note(name, hits)
    run.expect(hits >= least, f"{name}: only {hits} faults took effect, not {least}")
    return hits


def _expect_delivered(run, world, charged=0, unsent=0):
    """All sent but so many, and so many attempts charged beside the last ones."""
    found = world.server.value("select count(*) from notify.attempts where charged")
    run.note("attempts_charged", run.figures.get("attempts_charged", 0) + found)
    run.expect(found == charged, f"{found} attempts charged, not {charged}")
    run.expect_clean(world.check(), unsent=unsent)
    for worker in world.workers:
        code, _ = worker.terminate()
        run.expect(code == 0, f"the worker ended with {code}")


@row("refuses-all", "a relay that suddenly refuses all",
     "10,000 events each under way: 530 to MAIL, 550 5.7.1 and 550 5.1.1 to RCPT, 554 5.7.1 after the dot, to all, "
     "side by side, until three probes were refused too (5 min reckoned)",
     "at most 10 events failed; the rest waits, uncharged, and is delivered after healing; alarm")
def refuses_all(run):
    together(*(functools.partial(_refusing, run, *refusal) for refusal in (
        ("530", "mail", "530 5.7.0 Authentication required"), ("5.7.1", "rcpt", "550 5.7.1 Relaying denied"),
        ("5.1.1", "rcpt", "550 5.1.1 User unknown"), ("after_dot", "dot", "554 5.7.1 Rejected as spam"))))


def _refusing(run, name, stage, reply):
    mails = run.scale(10_000, 2_000)
    with World(run.seed) as world:
        events = world.producer(prefix=f"token-{name.replace('.', '')}-")
        events.enqueue(mails)
        worker = world.start_worker()
        share = world.random.randrange(mails // 10, mails // 4)
        world.wait_until(lambda: world.mailbox.state()["mails"] >= share, 60, "mails go out")
        world.mailbox.faults({"stage": stage, "reply": reply})
        world.wait_until(lambda: _pauses(worker), 30, "the relay is left alone")
        probes = run.scale(3, 0)
        world.wait_until(lambda: len(_pauses(worker)) > probes, 180, f"{probes} probes", 0.2)
        time.sleep(run.scale(3, 1))
        alarms = [line for line in worker.lines() if line["level"] in ("error", "critical")]
        run.expect(alarms, f"{name}: no alarm")
        failed = world.server.query(
            "select smtp_code, count(*) from notify.deliveries where outcome <> 'sent' group by 1")
        run.note(f"failed_{name}", sum(count for _, count in failed))
        run.note(f"refused_{name}", sum(world.mailbox.state()["hits"]))
        run.expect(world.mailbox.state()["hits"][0] > 0, f"{name}: nothing was refused")
        run.say(f"{name}: {world.mailbox.state()['hits'][0]} refused, failed {failed}, {world.open_count()} wait")
        run.expect(world.open_count() >= mails // 4, f"{name}: only {world.open_count()} events were left to wait")
        world.mailbox.faults()
        _await_healing(world)
        _expect_delivered(run, world, unsent=10)


# As the relay's whole answer, in place of CODE the one that would be right; `flood` goes on for ever.
ODD = {
    "line of 2 MB": b"CODE " + b"a" * 2_000_000 + b"\r\n",
    "endless continuation": "flood",
    "no code": b"hello there\r\n",
    "code 999": b"999 4.2.0 what is this\r\n",
    "NUL": b"CODE 4.2.0 before\0after\r\n",
    "not UTF-8": b"CODE 4.2.0 caf\xe9 \xff\xfe\x80 \xf0\x9f\x98\r\n",
    "control characters": b"CODE 4.2.0 \x1b[31mred\x07\x08 \xe2\x80\xaeright to left\tand\x85so on\r\n",
    "long text": b"CODE-4.2.0 \xe2\x82\xac\xf0\x9f\x98\x80 and so on\r\n" * 300 + b"CODE 4.2.0 end\r\n",
}
STAGES = ("greeting", "hello", "mail", "rcpt", "data", "dot", "reset", "quit")
TEXT_LIMIT = 1_024  # octets of what is stored


@row("odd-replies", "odd replies", "2 MB line, endless continuation, no code, code 999, NUL, not UTF-8, control "
     "characters, 10 kB of text; at each stage from greeting to QUIT, twice",
     "no crash; memory grows by ≤ 32 MB; what is stored is valid text ≤ 1 kB, escaped in logs")
def odd_replies(run):
    with World(run.seed) as world:
        cases = [(stage, name) for stage in STAGES for name in ODD]
        world.random.shuffle(cases)
        events = world.producer()
        worker = world.start_worker(
            smtp_timeouts="connect=3,greeting=3,mail=3,rcpt=3,data=3,block=3,dot=3,quit=3,idle=0.5")
        events.enqueue(200)
        world.wait_until_done(MEANWHILE)
        base, in_doubt = worker.most_resident_bytes(), 0
        for number, (stage, name) in enumerate(cases[:run.scale(len(cases), 8)]):
            hits = _answer_oddly(world, events, stage, name)
            run.expect(hits, f"“{name}” at {stage} was never answered")
            in_doubt += hits if stage == "dot" else 0
            if not run.expect(worker.is_running, f"the worker ended at “{name}” at {stage}: {worker.tail()}"):
                break
            if (number + 1) % 16 == 0:
                run.say(f"{number + 1} odd replies")
        world.mailbox.faults()
        world.wait_until_done(STEPS[0] * 4 + MEANWHILE)
        peak = worker.most_resident_bytes() or 0
        run.note("odd_replies", number + 1)
        run.note("memory_grew_mb", (peak - base) / 1e6)
        run.expect(peak - base <= 32e6, f"memory grew by {(peak - base) / 1e6:.0f} MB")
        _expect_valid_texts(run, world)
        # A relay that answers the final dot oddly has taken the mail.
        run.expect_clean(world.check(), duplicates=in_doubt)
        code, _ = worker.terminate()
        run.expect(code == 0, f"the worker ended with {code}")


def _answer_oddly(world, events, stage, name):
    """Two events meet the reply, then one a relay that is well, so that no breaker opens; returns how many did."""
    reply = ODD[name]
    # As the relay goes on as though it had answered well, a refusal of RCPT or DATA would have it take what is no mail.
    code = {"mail": b"250", "rcpt": b"250", "data": b"354"}.get(stage, b"450")
    does = {"flood": b"250-more\r\n"} if reply == "flood" else {"raw": reply.replace(b"CODE", code)}
    does = {key: base64.b64encode(octets).decode() for key, octets in does.items()}
    refused = [{"stage": "rcpt", "first": 2, "reply": "450 4.2.0 Later"}] if stage == "reset" else []
    world.mailbox.faults({"stage": stage, "first": 2, **does}, *refused)
    if stage in ("greeting", "hello", "quit"):  # which need a session that begins or ends
        world.wait_until(lambda: not world.mailbox.state()["openSessions"] or stage == "quit", 20, "idle sessions end")
    events.enqueue(2)
    hits = lambda: world.mailbox.state()["hits"][0]  # noqa: E731
    with contextlib.suppress(RuntimeError):
        world.wait_until(hits, 20, "an odd reply")
        world.wait_until(lambda: hits() == 2, 1, "another one")
    found = hits()
    world.mailbox.faults()
    before = world.mailbox.state()["mails"]
    events.enqueue(1)
    world.wait_until(lambda: world.mailbox.state()["mails"] > before, 40, "the relay is used again")
    return found


def _expect_valid_texts(run, world):
    texts = [text for row in world.server.query(
        "select smtp_reply, detail from notify.attempts union all select smtp_reply, detail from notify.deliveries")
        for text in row if text]
    run.note("longest_stored_octets", max(len(text.encode()) for text in texts))
    run.expect_none([text for text in texts if len(text.encode()) > TEXT_LIMIT], "texts over 1 kB")
    run.expect_none([text for text in texts if not _is_plain(text)], "texts with control characters")
    run.expect(run.short or any("\ufffd" in text for text in texts), "no repaired text was stored")
    raw = world.log.read_bytes().splitlines()
    lines = [line.decode(errors="replace") for line in raw]
    run.expect_none([line for line in lines if not _is_plain(line)], "log lines that are not escaped")
    run.expect_none([line for line in raw if len(line) > 16_384], "log lines over 16 kB")
    for line in raw:
        json.loads(line)  # valid UTF-8, valid JSON
    run.expect(run.short or any(line.count("450") for line in lines), "no odd reply was logged")


def _is_plain(text):
    """Without control characters, and without those that turn the direction of writing."""
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in text)
