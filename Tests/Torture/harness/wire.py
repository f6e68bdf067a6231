"""PostgreSQL's protocol as far as a proxy's hook needs it: whole messages, and which statement is run."""

import struct

STARTUP = ""  # the kind of a message before the session stands: it has no letter


class Messages:
    """Takes one direction of a link apart; what is not whole yet waits for the rest."""

    def __init__(self, is_client):
        self._lead = 0 if is_client else 1  # octets before the length
        self._waiting = b""

    def feed(self, octets):
        """(kind, message, octets of this piece up to its end) of each message that is whole now."""
        before, self._waiting = len(self._waiting), self._waiting + octets
        end, found = 0, []
        while len(self._waiting) - end >= self._lead + 4:
            size = self._lead + struct.unpack_from("!i", self._waiting, end + self._lead)[0]
            if len(self._waiting) - end < size:
                break
            message = self._waiting[end:end + size]
            end += size
            found.append((message[:self._lead].decode(), message, end - before))
            # A request for TLS or GSSAPI is answered first, and then the startup message comes.
            if not self._lead and struct.unpack_from("!h", message, 4)[0] == 3:
                self._lead = 1
        self._waiting = self._waiting[end:]
        return found


def messages(link, octets):
    """What the client of a link sends, as (kind, message)."""
    return [(kind, message) for kind, message, _ in link.notes.setdefault("client", Messages(True)).feed(octets)]


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
