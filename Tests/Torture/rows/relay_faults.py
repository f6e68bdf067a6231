"""A relay that refuses, breaks off or is cut off, at each point of the dialogue."""

import collections
import itertools
import random
import time

from harness.certificates import Authority
from harness.row import row
from harness.world import World

CELLS_AT_ONCE = 8
STAGES = ("greeting", "hello", "startTLS", "login", "mail", "rcpt", "data", "content", "dot", "quit")
MODES = {"first": {"first": 1}, "three": {"first": 3}, "random": {"probability": 0.1}}
KINDS = ("4xx", "5xx", "421", "drop")
# A fault of the relay lets a mail wait for 15 s ±20 %, and five of them in a row all mails.
RELAY_PAUSE = 18


def rule(kind, stage, mode, seed):
    if kind == "drop":
        # After the dot: captured, and its 250 never sent.
        stage = "accepted" if stage == "dot" else stage
        action = {"action": "reset" if seed % 2 else "close"}
    else:
        action = {"reply": {
            "4xx": "451 4.7.1 Scripted delay", "421": "421 4.3.2 Scripted shutdown",
            "5xx": "550 5.1.1 Scripted refusal" if stage == "rcpt" else "554 5.7.1 Scripted refusal"}[kind]}
    return {"stage": stage, **({"after": 500} if stage == "content" else {}), **MODES[mode], "seed": seed, **action}


@row("relay-faults", "4xx, 5xx, 421, drop at each stage, first time, three times, 10 % at random",
     "greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, mid-body, after the dot, QUIT: 200 mails each, then healed",
     "lost 0; each delivered once after healing, in-doubt ones at most 1 more for each of their 250 that was cut off; "
     "final refusals kept with code, status, text",
     needs=("openssl",))
def relay_faults(run):
    cells = list(itertools.product(KINDS, STAGES, MODES))
    if run.short:
        # Those that heal without a relay's pause.
        quick = [cell for cell in cells if cell[1] != "mail" and cell[2] != "random"]
        cells = random.Random(run.seed).sample(quick, 6)
    totals = collections.Counter()
    with World(run.seed, server_settings=("max_connections=300",)) as world:
        authority = Authority(world.folder / "authority")
        tls = authority.certificate("relay")
        for result in run.side_by_side(
                cells, lambda number, cell: fault_cell(run, world, number, cell, authority.file, tls), CELLS_AT_ONCE):
            totals.update(result)
    run.note("cases", len(cells))
    for name in ("hits", "mails", "in_doubt", "duplicated", "refusals_kept", "lost", "unexpected", "open"):
        run.note(name, totals[name])


def fault_cell(run, world, number, cell, authority, tls):
    kind, stage, mode = cell
    name = " ".join(cell)
    seed = run.seed * 1_000 + number
    is_secured = stage in ("startTLS", "login")
    options = {"encryption": "starttls", "logins": {"worker": "secret"}, "requiresLogin": True, **tls}
    with World(seed, beside=world, mailbox_options=options if is_secured else {}) as cell_world:
        mailbox = cell_world.mailbox
        login = "worker:secret@" if is_secured else ""
        worker = cell_world.start_worker(
            # Sessions end and begin all the time, so that there are occasions at their stages too.
            smtp_timeouts="idle=0.2", smtp_url=f"smtp://{login}127.0.0.1:{mailbox.port}",
            smtp_tls="required" if is_secured else "off", smtp_ca_file=authority)
        mailbox.faults(rule(kind, stage, mode, seed))
        events = cell_world.producer()
        for _ in range(run.scale(20, 10)):
            events.enqueue(10)
            time.sleep(0.4)
        wanted = MODES[mode].get("first", 1)
        cell_world.wait_until(lambda: mailbox.state()["hits"][0] >= wanted, 60, f"{name} hits {wanted} times", 0.2)
        hits = mailbox.faults()[0]
        healed = time.time()
        try:
            cell_world.wait_until_done(6 * RELAY_PAUSE, pause=0.5)
        except RuntimeError as error:
            run.expect(False, f"{name}: {error}")
        run.expect(worker.terminate()[0] == 0, f"{name}: the worker did not end with 0")
        return judge(run, cell_world, cell, hits, healed)


def sent_again_undoubted(entries):
    """Tokens of mails that came again after a copy whose session went on to a further mail: it had its 250.

    Of the copies that ended their sessions, no more were cut off than the rule has hits.
    """
    last = {entry["session"]: entry for entry in entries}
    found, again = [], set()
    for entry in reversed(entries):
        if entry["token"] in again and last[entry["session"]] is not entry:
            found.append(entry["token"])
        again.add(entry["token"])
    return found


def judge(run, world, cell, hits, healed):
    kind, stage, mode = cell
    name = " ".join(cell)
    tally = world.check()
    is_doubt = kind == "drop" and stage == "dot"
    may_refuse = kind == "5xx" and stage in ("rcpt", "data", "content", "dot")
    for what in ("lost", "unexpected", "open", "unequal"):
        run.expect_none(getattr(tally, what), f"{what} in {name}")
    run.expect(tally.duplicated <= (hits if is_doubt else 0), f"{name}: {tally.duplicated} duplicates of {hits} hits")
    again = sent_again_undoubted(world.mailbox.accepted()) if is_doubt else tally.duplicates
    run.expect_none(again, f"sent again though not in doubt, {name}")
    run.expect(len(tally.unsent) <= (hits if may_refuse else 0),
               f"{name}: {len(tally.unsent)} ended otherwise than sent after {hits} hits: {tally.outcomes}")
    # The first refusals come before any acceptance, and then say nothing of the mail.
    run.expect(bool(tally.unsent) or not may_refuse or mode != "random", f"{name}: no refusal of {hits} was final")
    # What the relay took after it was healed, it was given once.
    late = collections.Counter(
        entry["token"] for entry in world.mailbox.accepted() if entry["time"] > healed)
    run.expect_none([token for token, count in late.items() if count > 1], f"delivered twice after healing, {name}")
    reply = world.server.query(
        "select smtp_code, enhanced_code, smtp_reply from notify.deliveries where outcome <> 'sent'")
    code, status = ("550", "5.1.1") if stage == "rcpt" else ("554", "5.7.1")
    wrong = [one for one in reply
             if (str(one[0]), one[1]) != (code, status) or "Scripted refusal" not in (one[2] or "")]
    run.expect_none(wrong, f"refusals kept without code, status or text, {name}")
    violations = world.mailbox.state()["violations"]
    run.expect_none(violations, f"violations of the protocol in {name}")
    return {"hits": hits, "mails": tally.attempted, "in_doubt": hits if is_doubt else 0,
            "duplicated": tally.duplicated, "refusals_kept": len(reply) - len(wrong), "lost": len(tally.lost),
            "unexpected": len(tally.unexpected), "open": len(tally.open)}
