"""A relay, or somebody in its place, that would have mail or a password in clear."""

import base64

from harness.certificates import Authority
from harness.proxy import Proxy
from harness.row import row
from harness.world import World

PASSWORD = "rather-secret"
MAILS = 20
CASES_AT_ONCE = 8
INJECTED = base64.b64encode(
    b"220 2.0.0 Ready\r\n250-injected\r\n250 AUTH PLAIN LOGIN\r\n235 2.7.0 In\r\n250 2.0.0 Okay\r\n").decode()
# Who speaks TLS, with which certificate or rule, and how strictly the worker was told to ask for it.
CASES = {
    "expired": {}, "expired, implicit": {"encryption": "implicit"}, "expired, opportunistic": {"tls": "opportunistic"},
    "wrong name": {}, "wrong name, implicit": {"encryption": "implicit"},
    "self-signed": {}, "self-signed, implicit": {"encryption": "implicit"},
    "self-signed, opportunistic": {"tls": "opportunistic"},
    "stripped": {"rule": {"stage": "hello", "action": "stripSTARTTLS"}},
    "stripped, opportunistic": {"tls": "opportunistic", "rule": {"stage": "hello", "action": "stripSTARTTLS"}},
    "refused": {"rule": {"stage": "startTLS", "reply": "454 4.7.0 TLS not available"}},
    "TLS 1.0": {"newestVersion": "tls1"}, "TLS 1.0, implicit": {"newestVersion": "tls1", "encryption": "implicit"},
    "TLS 1.1": {"newestVersion": "tls11"},
    "injected": {"rule": {"stage": "startTLS", "raw": INJECTED}},
    "injected, opportunistic": {"tls": "opportunistic", "rule": {"stage": "startTLS", "raw": INJECTED}},
}
ALARMS = ("relay left alone after faults in a row", "relay paused")


@row("tls", "TLS: expired, wrong name, self-signed, stripped, TLS 1.0, text injected before the handshake",
     "STARTTLS and implicit, required and opportunistic with a password; everything on the wire is looked through",
     "no mail and no login in clear, ever; events wait; alarm; delivered once the relay is mended", needs=("openssl",))
def tls(run):
    with World(run.seed, server_settings=("max_connections=300",)) as world:
        authority = Authority(world.folder / "authority")
        certificates = {
            "good": authority.certificate("good"), "expired": authority.certificate("expired", is_expired=True),
            "wrong name": authority.certificate("elsewhere", host="elsewhere.example"),
            "self-signed": authority.certificate("self", is_self_signed=True)}
        names = run.scale(list(CASES), ["expired", "stripped, opportunistic", "injected"])
        run.side_by_side(names, lambda _, name: case(run, world, name, authority.file, certificates), CASES_AT_ONCE)
        run.note("cases", len(names))


def case(run, world, name, authority, certificates):
    options = dict(CASES[name])
    rule, mode = options.pop("rule", None), options.pop("tls", "required")
    encryption = options.get("encryption", "starttls")
    certificate = certificates.get(name.split(",")[0], certificates["good"])
    relay = {"encryption": encryption, "logins": {"worker": PASSWORD}, "requiresLogin": True}
    # So that a worker that would send in clear finds somebody who takes it.
    ill = relay | {"allowsLoginInClear": True} | certificate | options
    with World(run.seed, beside=world, mailbox_options=ill) as one:
        if rule:
            one.mailbox.faults(rule)
        proxy = Proxy(one.mailbox.port)
        proxy.hook = listen
        proxy.kept = []
        scheme = "smtps" if encryption == "implicit" else "smtp"
        worker = one.start_worker(
            smtp_url=f"{scheme}://worker:{PASSWORD}@127.0.0.1:{proxy.port}", smtp_tls=mode, smtp_ca_file=authority)
        events = one.producer()
        events.enqueue(MAILS)
        one.wait_until(lambda: any(worker.has_logged(alarm) for alarm in ALARMS), 30, f"an alarm: {name}", 0.1)
        attempts = len(proxy.kept)
        waiting = one.server.query("select state, attempts from notify.events")
        run.expect(len(waiting) == MAILS and all(charged == 0 for _, charged in waiting),
                   f"{name}: of {MAILS} events {len(waiting)} wait, {sum(count for _, count in waiting)} tries charged")
        run.expect(one.mailbox.state()["mails"] == 0, f"{name}: the relay got mail")
        run.expect(attempts >= 2, f"{name}: {attempts} connections only")
        mended = one.add_mailbox(**relay, **certificates["good"])
        if not run.short:
            proxy.target = (proxy.target[0], mended.port)
            # The breaker's pause, or two of them.
            one.wait_until_done(90, pause=0.5)
            run.expect_clean(one.check())
            run.expect(mended.state()["mails"] == MAILS, f"{name}: the mended relay has not got all mails")
        worker.terminate()
        proxy.stop()
        clear = [word for link in proxy.kept for word in said_in_clear(link, encryption)]
        run.expect_none(clear, f"commands in clear: {name}")
        run.note(name.replace(",", "").replace(" ", "_"), f"{attempts} tries")
        for mailbox in one.mailboxes:
            run.expect_none(mailbox.state()["violations"], f"violations of the protocol: {name}")


def listen(link, direction, octets):
    link.notes[direction] = link.notes.get(direction, b"") + octets
    return octets


def said_in_clear(link, encryption):
    """What the worker said on this link before its handshake and should not have."""
    heard = link.notes.get("up", b"")
    secrets = [PASSWORD.encode(), base64.b64encode(PASSWORD.encode()),
               base64.b64encode(b"\0worker\0" + PASSWORD.encode()), b"AUTH", b"MAIL FROM", b"token-"]
    found = [word for word in secrets if word in heard]
    if encryption == "implicit" and heard and not heard.startswith(b"\x16\x03"):
        found.append(b"no handshake first")
    return found
