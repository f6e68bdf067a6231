"""Enqueues events and remembers what became of each transaction: acknowledged, unknown or refused."""

import json
import random
import threading
import time
import uuid

import psycopg

USERS = [str(uuid.UUID(int=number)) for number in range(1, 101)]
ORGANIZATIONS = [str(uuid.UUID(int=1_000 + number)) for number in range(10)]
KINDS = ("assigned_conversation", "assigned_ticket", "conversation_note", "assigned_reminder", "assigned_inquiry")


def address(user):
    return f"user{uuid.UUID(user).int}@example.com"


def prepare(connection):
    """The users and organisations that events are about; every user is a member of every organisation."""
    with connection.pipeline():
        for user in USERS:
            connection.execute("select notify.upsert_user(%s, %s, 'Jane Doe')", (user, address(user)))
        for organization in ORGANIZATIONS:
            connection.execute("select notify.upsert_organization(%s, 'Example Ltd')", (organization,))
            for user in USERS:
                connection.execute("select notify.add_member(%s, %s)", (organization, user))


def event(token, randomness, kind=None):
    """An event as `enqueue_many` takes it, of any kind or this. Its token is its dedupe key and stands in its mail."""
    kind, user = kind or randomness.choice(KINDS), randomness.choice(USERS)
    url = f"https://app.example.com/{token}"
    payload = {
        "assigned_conversation": {"conversation_id": token, "subject": token, "url": url},
        "assigned_ticket": {"ticket_id": token, "subject": token, "url": url},
        "conversation_note": {
            "conversation_id": token, "note_id": "1", "subject": token, "author": "Max", "note": "Look", "url": url},
        "assigned_reminder": {"reminder_id": token, "title": token, "url": url},
        "assigned_inquiry": {"inquiry_id": token, "subject": token, "url": url},
    }[kind]
    return {
        "kind": kind, "user_id": user, "payload": payload, "dedupe_key": token,
        "organization_id": randomness.choice([None, *ORGANIZATIONS]),
    }


class Producer:
    """`fates` has each token that was ever attempted."""

    def __init__(self, url, seed=1, prefix="token-"):
        self.url = url
        self.prefix = prefix
        self.random = random.Random(seed)
        self.fates = {}
        self.asks_again = False  # sends an event whose commit is in doubt once more, as its dedupe key allows
        self.in_doubt = 0  # transactions
        self.ids = {}  # of what was acknowledged; a cancel frees the key, and with it the row that knows
        self.recipients = {}  # whom its mail is for, where that is one of the directory's users
        self.times = {}  # when its commit was acknowledged or lost, time.time()
        self._next = 0
        self._connection = None
        self._stop = threading.Event()
        self._thread = None
        self._fault = None

    def connect(self):
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.url, connect_timeout=5)

    def tokens(self, count):
        start, self._next = self._next, self._next + count
        return [f"{self.prefix}{number:06}" for number in range(start, start + count)]

    def enqueue(self, count, batch=1_000, each=None, kind=None, **changes):
        """Returns the tokens. `changes` go into every event, such as `user_id`; so does what `each(number, token)` gives."""
        made = []
        while len(made) < count:
            tokens = self.tokens(min(batch, count - len(made)))
            events = [{**event(token, self.random, kind), **changes, **(each(len(made) + n, token) if each else {})}
                      for n, token in enumerate(tokens)]
            made += self._send(events)
            while self.asks_again and self.fates[made[-1]] == "unknown":
                self._send(events)
        return made

    def _send(self, events):
        tokens = [one["dedupe_key"] for one in events]
        for one in events:
            self.fates[one["dedupe_key"]] = "attempted"
            if one["user_id"] in USERS:
                self.recipients[one["dedupe_key"]] = address(one["user_id"])
        fate = "refused"
        try:
            self.connect()
            rows = self._connection.execute("select notify.enqueue_many(%s::jsonb)", (json.dumps(events),)).fetchall()
            # From here on a failure leaves open whether it took effect.
            fate = "unknown"
            self._connection.commit()
            fate = "acknowledged"
            self.ids |= {token: row[0] for token, row in zip(tokens, rows)}
        except psycopg.Error:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
        self.in_doubt += fate == "unknown"
        for token in tokens:
            self.fates[token] = fate
            self.times[token] = time.time()
        return tokens

    def start(self, rate, batch=10):
        """Enqueues `rate` events/s from a thread until `stop`."""
        def run():
            try:
                produce()
            except Exception as error:  # told by `stop`
                self._fault = error

        def produce():
            due = time.monotonic()
            while not self._stop.is_set():
                self.enqueue(batch, batch)
                due = max(due + batch / rate, time.monotonic() - 1)
                self._stop.wait(max(0, due - time.monotonic()))

        self._stop.clear()
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def stop(self):
        self._stop.set()
        if self._thread:
            self._thread.join(30)
            if self._fault or self._thread.is_alive():
                raise RuntimeError(f"the producer has not gone on to its end: {self._fault or 'it hangs'}")
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def with_fate(self, *fates):
        return [token for token, fate in self.fates.items() if fate in fates]
