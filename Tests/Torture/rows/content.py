"""Events that cannot or must not become mails, and what they do to the others."""

import collections
import email
import email.policy
import json
import re
import shutil
import statistics
import time
import uuid

from harness import wire
from harness.cuts import SMTPDialogue
from harness.proxy import Proxy
from harness.row import row
from harness.world import ROOT, World

LONG = "x" * 10_000
HOSTILE = ("\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>\u202e{{url}}\u0007\r\n.\r\n"
           "RCPT TO:<victim@example.com>")


def by_payload(sql):
    return f"update notify.event_payloads set payload = {sql} where event_id = any (%(events)s)"


def by_user(sql):
    return f"update notify.users set {sql} where id = any (%(users)s)"


# What is done to each, the outcome that it must end with, and what its reason must name in `queue dead`.
POISONS = {
    "number": (by_payload("jsonb_set(payload, '{url}', '7')"), ("failed", "bad_payload"), r"^url:"),
    "null": (by_payload("""payload || '{"subject": null}'"""), ("failed", "bad_payload"), r"^subject:"),
    "nested": (by_payload("""payload || '{"subject": {"a": []}}'"""), ("failed", "bad_payload"), r"^subject:"),
    "array": (by_payload("'[1, 2]'"), ("failed", "bad_payload"), r"^payload:"),
    "unknown kind": ("update notify.events set kind = 'assigned_nothing' where id = any (%(events)s)",
                     ("failed", "unknown_kind"), r"kind"),
    "user gone": ("delete from notify.users where id = any (%(users)s)", ("cancelled", "recipient_gone"), None),
    # What an event's templates need, its kind's contract vouches for; an account mail's payload nobody checks but they.
    "broken template": (
        "with account as (update notify.event_payloads set payload = payload - 'subject', to_address = 'a@example.com' "
        "where event_id = any (%(events)s)) update notify.events set kind = 'account_torture', "
        f"bucket = '{uuid.UUID(int=(1 << 128) - 1)}' where id = any (%(events)s)",
        ("failed", "template_error"), r"code"),
    "smuggled address": (
        by_user("email = id || E'@example.com>\\r\\nRCPT TO:<victim@example.com'"),
        ("failed", "address_invalid"), "address"),
    "hostile text": (by_payload("payload || jsonb_build_object('subject', payload->>'subject' || %(hostile)s::text)"),
                     ("sent", None), None),
    "long name": (by_user(f"display_name = '{LONG}'"), ("sent", None), None),
}


@row("poison", "poison",
     "1 % of 10,000 events: bad JSON types put in with SQL, unknown kind, user gone, broken template, hostile text, "
     "10,000-character names, an address that smuggles CR LF; in turns with clean ones",
     "the rest at ≥ 95 % of the clean rate; each poison one in `queue dead` with a reason that names the field (a user "
     "who is gone: cancelled, recipient_gone); batch mates unaffected")
def poison(run):
    count, turns = run.scale(10_000, 1_500), run.scale(5, 1)
    with World(run.seed) as world:
        templates = templates_with_account_mail(run, world)
        rates, expected = collections.defaultdict(list), {}
        for turn in range(turns):
            for is_clean in (True, False) if turn % 2 else (False, True):
                events = world.producer(prefix=f"token-{turn}-{'clean' if is_clean else 'poison'}-")
                tokens = events.enqueue(count - (0 if is_clean else count // 100))
                if not is_clean:
                    expected |= put_in_poison(world, events, count // 100)
                rates[is_clean].append(send_all(run, world, set(tokens), templates=templates))
            run.say(f"turn {turn + 1}: clean {rates[True][-1]:.0f}/s, poisoned {rates[False][-1]:.0f}/s")
        share = statistics.median(rates[False]) / statistics.median(rates[True])
        run.note("clean_mails_per_second", statistics.median(rates[True]))
        run.note("share_of_clean_rate", share)
        run.note("poison", len(expected))
        run.expect(run.short or share >= 0.95, f"the rest went at {share:.0%} of the clean rate")
        judge(run, world, expected)
        look_at_mails(run, world, templates)


def new_ids(world, count):
    return [str(uuid.UUID(int=world.random.getrandbits(128), version=4)) for _ in range(count)]


def templates_with_account_mail(run, world):
    """A copy with an account mail that needs a code. Templates broken in themselves stop the worker's start."""
    place = world.folder / "templates"
    shutil.copytree(ROOT / "templates", place)
    ticket = place / "email/assigned_ticket/fr/body.txt.mustache"
    whole = ticket.read_text()
    ticket.write_text(whole + "{{priority}}{{#due_at}}\n")
    code = world.start_worker(ready=False, templates=place, log=world.folder / "refused.log").process.wait(30)
    run.expect(code == 78, f"a worker with broken templates ended with {code}")
    ticket.write_text(whole)
    for strings in (place / "email/strings").iterdir():
        known = json.loads(strings.read_text())
        known["switch"]["account_torture"] = "Torture"
        strings.write_text(json.dumps(known))
        folder = place / "email/account_torture" / strings.stem
        folder.mkdir(parents=True)
        for part in ("subject.txt", "body.txt", "body.html"):
            (folder / f"{part}.mustache").write_text("{{code}} {{url}}\n")
    sample = {"code": "1", "url": "https://app.example.com/"}
    (place / "email/account_torture/sample.json").write_text(json.dumps(sample))
    return place


def put_in_poison(world, events, count):
    """`count` more events, each for a user of its own, of all poisons; {token: poison}."""
    users = new_ids(world, count)
    with world.server.connect() as connection, connection.pipeline():
        for user in users:
            connection.execute("select notify.upsert_user(%s, %s, 'Poison')", (user, f"{user}@example.com"))

    def each(number, token):
        url = f"https://app.example.com/{token}"
        return {"kind": "assigned_ticket", "user_id": users[number], "organization_id": None,
                "payload": {"ticket_id": token, "subject": token, "url": url}}

    tokens = events.enqueue(count, each=each)
    names = {token: list(POISONS)[number % len(POISONS)] for number, token in enumerate(tokens)}
    with world.server.connect() as connection:
        for name, (sql, _, _) in POISONS.items():
            chosen = [number for number, token in enumerate(tokens) if names[token] == name]
            # Past the functions, which would refuse all of this.
            done = connection.execute(sql, {
                "events": [events.ids[tokens[number]] for number in chosen],
                "users": [uuid.UUID(users[number]) for number in chosen], "hostile": HOSTILE})
            if done.rowcount != len(chosen):
                raise RuntimeError(f"{done.rowcount} poisons of {len(chosen)}: {name}")
    return names


def send_all(run, world, tokens, **settings):
    """Mails/s of these tokens, from the first to the last."""
    worker = world.start_worker(**settings)
    world.wait_until_done(120)
    code, _ = worker.terminate()
    run.expect(code == 0, f"a worker ended with {code}")
    times = [entry["time"] for entry in world.mailbox.accepted() if entry.get("token") in tokens]
    return len(times) / (max(times) - min(times))


def judge(run, world, expected):
    """Every outcome as it must be, told in `queue dead`, and nobody else touched."""
    tally = world.check()
    endings = {token: POISONS[name][1] for token, name in expected.items()}
    unsent = {token: ending for token, ending in endings.items() if ending[0] != "sent"}
    run.expect_clean(tally, unsent=len(unsent))
    run.expect_none({token: (unsent.get(token), tally.unsent.get(token)) for token in unsent | tally.unsent
                     if unsent.get(token) != tally.unsent.get(token)}, "events ended otherwise than they must")
    ids = {token: event_id for producer in world.producers for token, event_id in producer.ids.items()}
    dead = {one["id"]: one for one in json.loads(world.command("queue", "dead", "--json", "--limit", "100000"))}
    unnamed = []
    for token, name in expected.items():
        _, (outcome, reason), names = POISONS[name]
        if outcome != "failed":
            continue
        entry = dead.pop(ids[token], {})
        if entry.get("reason") != reason or not re.search(names, entry.get("detail") or ""):
            unnamed.append((name, entry.get("reason"), entry.get("detail")))
    run.note("in_queue_dead", sum(ending[0] == "failed" for ending in endings.values()))
    run.expect_none(unnamed, "poisons whose entry in `queue dead` does not say what is wrong")
    run.expect_none(dead, "events in `queue dead` that nobody poisoned")
    again = world.server.value("select count(*) from notify.attempts")
    run.expect(again == 0, f"{again} attempts that did not end an event")
    strays = [entry for entry in world.mailbox.accepted() if any("victim" in one for one in entry["recipients"])]
    run.expect_none(strays, "mails to a smuggled recipient")
    run.expect_none(world.mailbox.state()["violations"], "violations of SMTP")


def look_at_mails(run, world, templates):
    """The mails of hostile texts and long names themselves, as they pass."""
    passed = collections.defaultdict(bytes)

    def hook(link, direction, octets):
        if direction == "up":
            passed[link.number] += octets
        return octets

    events = world.producer(prefix="token-look-")
    names = put_in_poison(world, events, 2 * len(POISONS))
    wanted = {token for token, name in names.items() if POISONS[name][1][0] == "sent"}
    proxy = Proxy(world.mailbox.port)
    proxy.hook = hook
    try:
        url = f"smtp://127.0.0.1:{proxy.port}"
        send_all(run, world, wanted, templates=templates, smtp_url=url, smtp_pipelining="off")
    finally:
        proxy.stop()
    mails = [part.split(b"\r\n.\r\n")[0] for octets in passed.values() for part in octets.split(b"DATA\r\n")[1:]]
    run.note("mails_looked_at", len(mails))
    run.expect(len(mails) == len(wanted), f"{len(mails)} mails instead of {len(wanted)}")
    for octets in mails:
        mail = email.message_from_bytes(octets, policy=email.policy.default)
        fields = [one for name in ("to", "cc", "bcc") for one in mail.get_all(name, [])]
        recipients = [address for field in fields for address in field.addresses]
        run.expect(len(recipients) == 1 and recipients[0].domain == "example.com", f"recipients {recipients}")
        run.expect(not mail.defects, f"a mail with defects {mail.defects}")
        run.expect(max(len(line) for line in octets.split(b"\r\n")) <= 998, "a line over 998 octets")
        html = mail.get_body(("html",)).get_content()
        run.expect("<script" not in html, "a script in a mail")


CHANGES = {
    "switch off": ("select notify.set_email_preference(%(user)s, %(switch)s, false)", ("skipped", "preference_off")),
    "user deleted": ("select notify.remove_user(%(user)s)", ("cancelled", "recipient_gone")),
    "address changed": ("select notify.upsert_user(%(user)s, %(new)s, 'Jane Doe')", None),
    "member removed": ("select notify.remove_member(%(organization)s, %(user)s)", ("skipped", "not_a_member")),
    "event cancelled": ("select notify.cancel(%(token)s, %(user)s)", ("cancelled", "by_producer")),
}
WINDOW = 0.1  # seconds from the last check to DATA
CONTENT_WINDOW = 0.5  # and to the content: 250 ms, and what a busy machine takes to hand it over


class Watcher:
    """Two proxies' hooks: when each event was checked again, and when its mail was announced and its content begun."""

    def __init__(self):
        self.checked = collections.defaultdict(list)  # event: when the worker asked
        self.asked = {}  # recipient: when the DATA passed that its content came after
        self.went = {}  # recipient: when its content began

    def database_hook(self, link, direction, octets):
        if direction == "down":
            return octets
        passed = b""
        for kind, message in wire.messages(link, octets):
            passed += message
            if wire.statement(kind, message) == "recheck":
                for event in wire.integers(message):
                    self.checked[event].append(time.time())
        return passed

    def relay_hook(self, link, direction, octets):
        link.notes.setdefault("dialogue", WatchedDialogue(self)).feed(direction, octets)
        return octets


class WatchedDialogue(SMTPDialogue):
    def __init__(self, watcher):
        super().__init__()
        self.watcher = watcher
        self.recipients = collections.deque()
        self.asked = collections.deque()  # (recipient, when), whose content has not begun

    def _up(self, line):
        if self.content is None:
            if found := re.match(rb"(?i)RCPT TO:<([^>]+)>", line):
                self.recipients.append(found[1].decode().lower())
            elif line.upper() == b"DATA":
                self.asked.append((self.recipients.popleft(), time.time()))
        elif not self.content:
            recipient, asked = self.asked.popleft()
            self.watcher.asked.setdefault(recipient, asked)
            self.watcher.went.setdefault(recipient, time.time())
        super()._up(line)


@row("changes", "change between claim and send",
     "switch off, user deleted, address changed, member removed, event cancelled, 1,000 each, while a worker has them",
     "nothing sent after the last check; window from last check to DATA p99 ≤ 100 ms; never to the old address")
def changes(run):
    wanted = run.scale(1_000, 100)
    with World(run.seed) as world:
        database, relay, watcher = Proxy(world.server.port), Proxy(world.mailbox.port), Watcher()
        database.hook, relay.hook = watcher.database_hook, watcher.relay_hook
        try:
            world.mailbox.faults({"stage": "dot", "delayMilliseconds": 60})
            worker = world.start_worker(
                database_url=world.server.url("worker_login", port=database.port),
                smtp_url=f"smtp://127.0.0.1:{relay.port}", smtp_connections=16, lease_seconds=10)
            users, changed = {}, {}
            for name in CHANGES:
                changed[name] = change(world, name, wanted, users)
                world.wait_until_done(60)
                run.say(f"{name}: {len(changed[name])} changed while a worker held them")
            code, _ = worker.terminate()
            run.expect(code == 0, f"the worker ended with {code}")
        finally:
            for proxy in (database, relay):
                proxy.stop()
        weigh(run, world, watcher, users, changed, wanted)


def change(world, name, wanted, user_of):
    """Changes `wanted` events, one user each, while they are leased; {token: when the change had committed}."""
    sql, _ = CHANGES[name]
    events, done = world.producer(prefix=f"token-{name.replace(' ', '-')}-"), {}
    organization = str(uuid.UUID(int=1_000))
    with world.server.connect() as connection:
        while len(done) < wanted:
            users = new_ids(world, min(1_000, 2 * wanted))
            with connection.pipeline():
                for user in users:
                    connection.execute("select notify.upsert_user(%s, %s, 'Jane Doe')", (user, f"{user}@example.com"))
                    connection.execute("select notify.add_member(%s, %s)", (organization, user))
            tokens = events.enqueue(len(users), batch=len(users), organization_id=organization,
                                    each=lambda number, _: {"user_id": users[number]})
            user_of |= dict(zip(tokens, users))
            token_of = {events.ids[token]: token for token in tokens}
            touched = set()
            while len(done) < wanted:
                rows = connection.execute(
                    "select e.id, k.switch from notify.events e join notify.event_kinds k using (kind) "
                    "where e.state = 'leased' and e.id = any (%s)", (list(set(token_of) - touched),)).fetchall()
                if not rows:
                    if not connection.execute("select count(*) from notify.events").fetchone()[0]:
                        break
                    time.sleep(0.01)
                for event_id, switch in world.random.sample(rows, min(len(rows), 10)):
                    token = token_of[event_id]
                    user = user_of[token]
                    connection.execute(sql, {
                        "user": user, "switch": switch, "token": token, "organization": organization,
                        "new": f"new-{user}@example.com"})
                    touched.add(event_id)
                    done[token] = time.time()
                time.sleep(0.005)
    return done


def weigh(run, world, watcher, user_of, changed, wanted):
    """What went out in spite of a change was last checked before it, and not long before."""
    tally = world.check()
    ids = {token: event_id for producer in world.producers for token, event_id in producer.ids.items()}

    def last_check(token, went):
        return max((moment for moment in watcher.checked.get(ids[token], ()) if moment <= went), default=None)

    windows, ages, disregarded, wrong, unsent, late = [], [], [], [], set(), []
    for token, user in user_of.items():
        asked, went = (moments.get(f"{user}@example.com") for moments in (watcher.asked, watcher.went))
        if went and (check := last_check(token, asked)):
            windows.append(asked - check)
            ages.append(went - last_check(token, went))
    for name, tokens in changed.items():
        run.note(name.replace(" ", "_"), len(tokens))
        run.expect(len(tokens) >= wanted, f"{name}: {len(tokens)} changes instead of {wanted}")
        _, ending = CHANGES[name]
        for token, moment in tokens.items():
            went = watcher.went.get(f"{user_of[token]}@example.com")
            if went and went > moment:
                late.append(went - moment)
            if went and (last_check(token, went) or 0) > moment:
                disregarded.append((name, token))
            if token in tally.unsent:
                unsent.add(token)
                if tally.unsent[token] != ending:
                    wrong.append((token, tally.unsent[token]))
    anew = sum(f"new-{user_of[token]}@example.com" in watcher.went for token in changed["address changed"])
    windows.sort()
    ages.sort()
    p99 = windows[int(len(windows) * 0.99)]
    run.note("kept_back", len(unsent))
    run.note("sent_to_the_new_address", anew)
    run.note("sent_after_the_change", len(late))
    run.note("longest_seconds_after_the_change", max(late, default=0))
    run.note("checked_again", len(windows))
    run.note("window_p99_seconds", p99)
    run.note("window_longest_seconds", windows[-1])
    run.note("check_at_content_p99_seconds", ages[int(len(ages) * 0.99)])
    run.note("check_at_content_longest_seconds", ages[-1])
    run.expect(len(unsent) > wanted and anew > wanted / 4, "too few changes came in time to say anything")
    run.expect_none(disregarded, "mails whose last check came after the change")
    run.expect(p99 <= WINDOW, f"p99 from the last check to DATA {p99 * 1_000:.0f} ms")
    run.expect(ages[-1] <= CONTENT_WINDOW, f"content went {ages[-1] * 1_000:.0f} ms after its last check")
    # Whatever was checked, and seen to be.
    run.expect(max(late, default=0) <= CONTENT_WINDOW, f"content went {max(late, default=0):.3f} s after a change")
    run.expect_none(wrong, "events ended for another reason")
    run.expect_none(set(tally.unsent) - unsent, "unchanged events unsent")
    run.expect_clean(tally, unsent=len(unsent))
