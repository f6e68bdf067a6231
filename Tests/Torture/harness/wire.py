<<<<<<< HEAD
"""Hooks for the proxy that follow what passes, and cut where it matters."""

import collections
import re

from .proxy import Cut


class PostgresMessages:
    """Takes one direction of a link apart: `feed` gives (type, body, octets of this piece up to its end)."""

    def __init__(self, starts_untyped):
        self._head = 4 if starts_untyped else 5  # the startup message has a length and no type
        self._waiting = b""

    def feed(self, octets):
        before, self._waiting = len(self._waiting), self._waiting + octets
        end, found = 0, []
        while len(self._waiting) - end >= self._head:
            length = int.from_bytes(self._waiting[end + self._head - 4:end + self._head], "big") + self._head - 4
            if len(self._waiting) - end < length:
                break
            kind = self._waiting[end:end + 1] if self._head == 5 else b""
            body = self._waiting[end + self._head:end + length]
            end, self._head = end + length, 5
            found.append((kind, body, end - before))
        self._waiting = self._waiting[end:]
        return found


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
            notes |= {"up": PostgresMessages(True), "down": PostgresMessages(False), "asked": set(), "tells": False}
        for kind, body, end in notes[direction].feed(octets):
            if direction == "up":
                if kind == b"B":
                    notes["asked"].add(re.sub(r"_\d+$", "", body.split(b"\0")[1].decode()))
                elif kind == b"Q":
                    notes["asked"].add(body.rstrip(b"\0").decode())
            elif kind == b"D" or (kind == b"C" and body == b"COMMIT\0"):
                notes["tells"] = True
            elif kind == b"E":
                notes["tells"] = False
                notes["asked"].clear()
            elif kind == b"Z":
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
=======
"""PostgreSQL's protocol as far as a proxy's hook needs it: whole messages, and which statement is run."""

import struct

STARTUP = ""  # the kind of a message before the session stands: it has no letter


def messages(link, octets):
    """What the client sends, as (kind, message); what is not whole yet waits for the rest."""
    buffer = link.notes.get("buffer", b"") + octets
    found = []
    while True:
        lead = 0 if not link.notes.get("started") else 1
        if len(buffer) < lead + 4:
            break
        size = lead + struct.unpack_from("!i", buffer, lead)[0]
        if len(buffer) < size:
            break
        message, buffer = buffer[:size], buffer[size:]
        if not lead and struct.unpack_from("!i", message, 4)[0] == 196_608:  # not a request for TLS or GSSAPI
            link.notes["started"] = True
        found.append((message[:1].decode() if lead else STARTUP, message))
    link.notes["buffer"] = buffer
    return found


def statement(kind, message):
    """The worker's name of the statement that a Bind runs, such as `claim`; None for any other message."""
    if kind != "B":
        return None
    name = message[5:].split(b"\0", 2)[1].decode()
    return name.rpartition("_")[0] or None


def integers(message):
    """The first parameter of a Bind, where that is a binary array of bigint."""
    position = message.index(b"\0", message.index(b"\0", 5) + 1) + 1
    position += 2 + 2 * struct.unpack_from("!h", message, position)[0] + 2
    array = message[position + 4:]
    if struct.unpack_from("!i", array)[0] == 0:
        return []
    count = struct.unpack_from("!i", array, 12)[0]
    return [struct.unpack_from("!q", array, 20 + 12 * index + 4)[0] for index in range(count)]


def ends_call(kind):
    """Whether the client now waits for an answer."""
    return kind in (STARTUP, "S", "Q")


def run_instead(sql):
    """Messages that run `sql` in place of a Bind."""
    parse = b"\0" + sql.encode() + b"\0" + struct.pack("!h", 0)
    bind = b"\0\0" + struct.pack("!hhh", 0, 0, 0)
    return message("P", parse) + message("B", bind)


def message(kind, body):
    return kind.encode() + struct.pack("!i", len(body) + 4) + body
>>>>>>> ttrouble
