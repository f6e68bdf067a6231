"""Compares what was enqueued, what the relay took and what the database says, in the manner of Jepsen's total-queue."""

import collections
import dataclasses


@dataclasses.dataclass
class Tally:
    attempted: int
    acknowledged: int
    unknown: int  # commits whose answer was lost
    accepted: int  # tokens that the relay took at least once
    open: list  # tokens still in the queue
    lost: list  # acknowledged, not open, and without an outcome or "sent" without an acceptance
    # Accepted though never committed or not recorded as sent, with another Message-ID than recorded or for somebody else;
    # recorded twice, or recorded and nobody's.
    unexpected: list
    duplicates: dict  # token: copies beyond the first
    unequal: list  # tokens whose copies differ in Message-ID
    unsent: dict  # token: (outcome, reason) other than sent
    outcomes: collections.Counter  # by (outcome, reason)

    @property
    def duplicated(self):
        return sum(self.duplicates.values())


def check(server, producers, mailboxes):
    """The whole sum, once all is quiet. `server` is where the truth is now, after a failover the new primary."""
    recipients = {token: whom for producer in producers for token, whom in producer.recipients.items()}
    fates = {token: fate for producer in producers for token, fate in producer.fates.items()}
    with server.connect() as connection:
        events = dict(connection.execute("select key, event_id from notify.dedupe_keys").fetchall())
        events |= {token: event_id for producer in producers for token, event_id in producer.ids.items()}
        still_open = {row[0] for row in connection.execute("select id from notify.events")}
        rows = connection.execute("select event_id, outcome, reason, message_id::text from notify.deliveries").fetchall()
    outcomes, message_ids = collections.defaultdict(list), {}
    for event_id, outcome, reason, message_id in rows:
        outcomes[event_id].append((outcome, reason))
        message_ids[event_id] = message_id
    ids = collections.defaultdict(list)
    lost, unexpected, unsent, open_tokens = [], [], {}, []
    for mailbox in mailboxes:
        for entry in mailbox.accepted():
            token, message_id = entry.get("token"), entry.get("message_id") or ""
            ids[token].append(message_id)
            recorded = message_ids.get(events.get(token))
            is_other = recorded and not message_id.startswith(f"<{recorded}@")
            if is_other or recipients.get(token) not in (None, *entry["recipients"]):
                unexpected.append(token)
    for token, fate in fates.items():
        event_id = events.get(token)
        if event_id is None:
            if fate == "acknowledged":
                lost.append(token)
            elif token in ids:
                unexpected.append(token)
            continue
        ends = outcomes.get(event_id, [])
        if fate == "refused" or len(ends) > 1 or (ends and event_id in still_open):
            unexpected.append(token)
        elif event_id in still_open:
            open_tokens.append(token)
        elif not ends:
            lost.append(token)
        elif ends[0][0] == "sent":
            if token not in ids:
                lost.append(token)
        else:
            unsent[token] = ends[0]
            if token in ids:
                unexpected.append(token)
    unexpected += [token for token in ids if token not in fates]
    nobodys = (still_open | outcomes.keys()) - set(events.values())
    unexpected += [f"event {event_id}" for event_id in nobodys]
    return Tally(
        attempted=len(fates), acknowledged=sum(fate == "acknowledged" for fate in fates.values()),
        unknown=sum(fate == "unknown" for fate in fates.values()), accepted=len(ids), open=open_tokens, lost=lost,
        unexpected=unexpected, duplicates={token: len(found) - 1 for token, found in ids.items() if len(found) > 1},
        unequal=[token for token, found in ids.items() if len(set(found)) > 1], unsent=unsent,
        outcomes=collections.Counter(outcome for ends in outcomes.values() for outcome in ends))
