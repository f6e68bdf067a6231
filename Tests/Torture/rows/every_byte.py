"""A dialogue that is cut off at each of its bytes."""

import collections
import re
import shutil
import time

from harness.producer import USERS
from harness.proxy import Cut, Proxy, cut_after
from harness.row import row
from harness.world import ROOT, World

# Of a mail of some 2 kB, not 7: a short dialogue.
LAYOUT = "".join(f"{{{{${name}}}}}{{{{/{name}}}}}" for name in ("headline", "teaser", "title", "action")) + "\n"
DOT = b"\r\n.\r\n"
TOKEN = re.compile(rb"token-\d{6}")


class Cuts:
    """A proxy's hook: gives each link its place to be cut, and remembers which mail was under way then.

    Every third link is left alone until its first mail is answered: a relay that never accepted anything would be
    given up.
    """

    def __init__(self):
        self.places = []  # (direction, octets that pass, how), yet to come
        self.given = {}  # link: its place
        self.made = []  # (token or None, whether the last byte of its dot had passed)
        self.length = None  # octets of a whole dialogue, up and down, to the answer to the dot
        self.is_over = False

    def __call__(self, link, direction, octets):
        notes = link.notes
        if not notes:
            is_cut = self.places and not self.is_over and link.number % 3
            notes |= {"up": b"", "down": b"", "place": self.places.pop() if is_cut else None}
            if is_cut:
                self.given[link] = notes["place"]
        if notes.get("is_cut"):
            # An answer that has passed whole may bring the rest of the mail before the link has ended.
            raise Cut()
        notes[direction] += octets
        if notes["place"]:
            try:
                return cut_after(*notes["place"])(link, direction, octets)
            except Cut as cut:
                passed = notes[direction][:len(notes[direction]) - len(octets) + len(cut.octets)]
                self.made.append(self.mail({**notes, direction: passed}["up"]))
                self.given.pop(link, None)
                notes["is_cut"] = True
                raise
        if direction == "down" and DOT in notes["up"] and not self.is_over and octets.endswith(b"\r\n"):
            self.length = self.length or (notes["up"].index(DOT) + len(DOT), len(notes["down"]))
            raise Cut("close", octets)
        return octets

    def reclaim(self, links):
        """The places of links that ended by themselves."""
        for link in set(self.given) - links:
            if place := self.given.pop(link, None):
                self.places.append(place)

    @staticmethod
    def mail(sent):
        found = TOKEN.search(sent)
        return found[0].decode() if found else None, DOT in sent


@row("every-byte", "drop at every byte of a short dialogue",
     "in either direction, through a proxy, with MAIL RCPT DATA joined and in turn",
     "lost 0; duplicates 0 before the last byte of the dot, ≤ 1 after")
def every_byte(run):
    in_doubt = collections.Counter()
    with World(run.seed) as world:
        events = world.producer()
        shutil.copytree(ROOT / "templates", world.folder / "templates")
        (world.folder / "templates/email/layout.html.mustache").write_text(LAYOUT)
        for pipelining in run.scale(("transaction", "off"), ("transaction",)):
            made = cut_everywhere(run, world, events, pipelining)
            in_doubt.update(token for token, is_after in made if is_after)
        run.note("cuts_after_the_dot", in_doubt.total())
        tally = world.check()
        run.expect_clean(tally, duplicates=in_doubt.total())
        wrong = [token for token, copies in tally.duplicates.items() if copies > in_doubt[token]]
        run.expect_none(wrong, "sent again more often than they were cut off after the dot")
        # Where the relay had taken it and only its answer was cut off.
        run.expect(tally.duplicates, "no cut left a mail in doubt that the relay had taken")


def choose(run, world, up, down):
    """Places in a dialogue of so many octets, in any order: all of them, or in the short form some."""
    ways = [("up", place) for place in range(up + 1)] + [("down", place) for place in range(down + 1)]
    if run.short:
        ways = world.random.sample(ways, 60) + [("up", up - back) for back in range(10)] + [
            ("down", down - back) for back in range(20)]
    places = [(way, place, world.random.choice(("reset", "close"))) for way, place in ways]
    world.random.shuffle(places)
    return places


def cut_everywhere(run, world, events, pipelining):
    """Cuts one link at each place; returns what was under way at each cut."""
    cuts, proxy = Cuts(), Proxy(world.mailbox.port)
    proxy.hook = cuts
    worker = world.start_worker(
        smtp_url=f"smtp://127.0.0.1:{proxy.port}", smtp_pipelining=pipelining, smtp_connections=4,
        templates=world.folder / "templates")

    def feed():
        # All alike, so that every dialogue is as long as the first. Those cut off at MAIL wait for 15 s.
        if events.with_fate("acknowledged") and world.open_count() > 300:
            return
        events.enqueue(100, kind="assigned_ticket", user_id=USERS[0], organization_id=None)

    feed()
    world.wait_until(lambda: cuts.length, 20, "a first whole dialogue")
    places = choose(run, world, *cuts.length)
    count = len(places)
    cuts.places = places
    deadline = time.monotonic() + 300
    while len(cuts.made) < count and time.monotonic() < deadline:
        feed()
        cuts.reclaim(set(proxy.links))
        time.sleep(0.3)
    cuts.is_over = True
    run.expect(len(cuts.made) == count, f"{len(cuts.made)} of {count} cuts were made in time")
    run.note(f"cuts_{pipelining}", len(cuts.made))
    run.say(f"{pipelining}: {len(cuts.made)} cuts of {cuts.length} octets in {proxy.connects} connections")
    world.wait_until_done(60)
    code, _ = worker.terminate()
    run.expect(code == 0, f"the worker ended with {code}")
    proxy.stop()
    return cuts.made
