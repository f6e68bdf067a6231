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
