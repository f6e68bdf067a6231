"""Hooks for the proxy that follow what passes, and cut where it matters."""

import collections
import re

from . import wire
from .proxy import Cut


class CutAnswers:
    """Cuts off answers after the transaction behind them has committed: `wanted` is how many of each statement.

    Statements go by the name under which they were prepared, without its number, or by their text. An answer counts
    from a row or a COMMIT on. Needs `sslmode=disable`.
    """

    def __init__(self, randomness, wanted, share=0.3):
        self.random, self.share = randomness, share
        self.wanted = dict(wanted)
        self.cuts = collections.Counter()

    @property
    def is_done(self):
        return all(self.cuts[name] >= count for name, count in self.wanted.items())

    def __call__(self, link, direction, octets):
        notes = link.notes
        if not notes:
            notes |= {"up": wire.Messages(True), "down": wire.Messages(False), "asked": set(), "tells": False}
        for kind, message, end in notes[direction].feed(octets):
            body = message[5:]
            if direction == "up":
                if name := wire.statement(kind, message):
                    notes["asked"].add(name)
                elif kind == "Q":
                    notes["asked"].add(body.rstrip(b"\0").decode())
            elif kind == "D" or (kind == "C" and body == b"COMMIT\0"):
                notes["tells"] = True
            elif kind == "E":
                notes["tells"] = False
                notes["asked"].clear()
            elif kind == "Z":
                asked, tells, notes["asked"], notes["tells"] = notes["asked"], notes["tells"], set(), False
                if body == b"I" and tells and self._takes(asked):
                    # The server says Z once the commit is durable. Any part of what stands before may pass.
                    raise Cut(self.random.choice(("reset", "close")), octets[:self.random.randrange(max(1, end))])
        return octets

    def _takes(self, asked):
        for name in asked & self.wanted.keys():
            if self.cuts[name] < self.wanted[name] and self.random.random() < self.share:
                self.cuts[name] += 1
                return True
        return False


class CutAnywhere:
    """Cuts each link after a random number of octets, either way, until `limit` cuts.

    `reach` has the farthest cut of each direction; one in five comes within the first 500 octets, where sessions begin.
    """

    def __init__(self, randomness, limit, reach, follow=None):
        self.random, self.limit, self.reach, self.follow = randomness, limit, reach, follow
        self.cuts = collections.Counter()  # by direction
        self.doubts = collections.Counter()  # by token: mails whose last octet had passed up, and whose answer not down

    def __call__(self, link, direction, octets):
        if "at" not in link.notes:
            way = self.random.choice(("up", "down"))
            far = 500 if self.random.random() < 0.2 else self.reach[way]
            link.notes |= {"way": way, "at": self.random.randrange(far), "follow": self.follow and self.follow()}
        follow, rest = link.notes["follow"], link.notes["at"] - (link.octets[direction] - len(octets))
        cuts = direction == link.notes["way"] and rest < len(octets) and self.cuts.total() < self.limit
        passing = octets[:max(0, rest)] if cuts else octets
        if follow:
            follow.feed(direction, passing)
        if cuts:
            self.cuts[direction] += 1
            if follow:
                self.doubts.update(follow.unanswered())
            raise Cut(self.random.choice(("reset", "close")), passing)
        return octets


class SMTPDialogue:
    """What passed of one session, without TLS: which mails' last octet went up without an answer having come down."""

    TOKEN = re.compile(rb"token-[A-Za-z0-9_-]+")

    def __init__(self):
        self.lines = {"up": b"", "down": b""}
        self.awaited = collections.deque([b"greeting"])  # commands in order, or the token of a mail
        self.content = None  # its octets so far

    def feed(self, direction, octets):
        *lines, self.lines[direction] = (self.lines[direction] + octets).split(b"\r\n")
        for line in lines:
            self._up(line) if direction == "up" else self._down(line)

    def _up(self, line):
        if self.content is None:
            self.awaited.append(line[:4].upper())
        elif line == b".":
            token = self.TOKEN.search(self.content)
            self.awaited.append(token[0].decode() if token else "?")
            self.content = None
        else:
            self.content += line + b"\r\n"

    def _down(self, line):
        if line[3:4] == b"-" or not self.awaited:
            return
        if self.awaited.popleft() == b"DATA" and line.startswith(b"354"):
            self.content = b""

    def unanswered(self):
        return [awaited for awaited in self.awaited if isinstance(awaited, str)]
