"""Events as products write them: all kinds, 20 organisations, 1,000 users, 5 % of the switches off."""

import json
import pathlib
import random
import uuid

PHRASES = json.loads((pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/phrases.json").read_text())
KINDS = ("assigned_conversation", "assigned_ticket", "conversation_note", "assigned_reminder", "assigned_inquiry")
SWITCHES = ("assigned_conversations", "assigned_tickets", "notes_in_assigned_conversations", "assigned_reminders",
            "assigned_inquiries")
USERS = [str(uuid.UUID(int=number)) for number in range(1, 1_001)]
ORGANIZATIONS = [str(uuid.UUID(int=10_000 + number)) for number in range(20)]
# Seven in ten of the users read English, the others one of the other languages that there are templates for.
LOCALES = ["en"] * 7 + ["de", "fr", "ja"]
SWITCHED_OFF = 0.05


def locale(number):
    return LOCALES[number % len(LOCALES)]


def prepare(connection, seed):
    """The directory that events are about; every user is a member of every organisation."""
    randomness = random.Random(seed)
    with connection.pipeline():
        for number, user in enumerate(USERS):
            name = randomness.choice(PHRASES[locale(number)]["people"])
            connection.execute("select notify.upsert_user(%s, %s, %s, %s, %s)", (
                user, f"user{number}@example.org", name, locale(number), PHRASES[locale(number)]["time_zone"]))
            for switch in SWITCHES:
                if randomness.random() < SWITCHED_OFF:
                    connection.execute("select notify.set_email_preference(%s, %s, false)", (user, switch))
    add_organizations(connection, ORGANIZATIONS)


def add_organizations(connection, organizations):
    connection.execute("select notify.upsert_organization(o, 'Example Ltd') from unnest(%s::uuid[]) o", (organizations,))
    connection.execute("select count(notify.add_member(o, u.id)) from unnest(%s::uuid[]) o, notify.users u",
                       (organizations,))


def make(count, seed, organizations=ORGANIZATIONS, first=0):
    """As `enqueue_many` takes them, the kinds in turn."""
    randomness = random.Random(seed)
    return [event(first + number, randomness, randomness.choice(organizations)) for number in range(count)]


def event(number, randomness, organization):
    index = randomness.randrange(len(USERS))
    phrases = PHRASES[locale(index)]
    kind, key = KINDS[number % len(KINDS)], str(number)
    text = " ".join(randomness.choice(phrases["notes"]) for _ in range(randomness.randint(1, 3)))
    subject, who = randomness.choice(phrases["subjects"]), randomness.choice(phrases["people"])
    customer, url = randomness.choice(phrases["customers"]), f"https://app.example.com/{kind}/{key}"
    payload = {
        "assigned_conversation": {"conversation_id": key, "subject": subject, "url": url, "assigned_by": who,
                                  "customer": customer, "preview": text},
        "assigned_ticket": {"ticket_id": key, "subject": subject, "url": url, "assigned_by": who, "priority": "High",
                            "due_at": "2099-03-01T09:00:00+01:00", "preview": text},
        "conversation_note": {"conversation_id": key, "note_id": "1", "subject": subject, "author": who, "note": text,
                              "url": url},
        "assigned_reminder": {"reminder_id": key, "title": subject, "url": url, "assigned_by": who, "note": text},
        "assigned_inquiry": {"inquiry_id": key, "subject": subject, "url": url, "assigned_by": who,
                             "customer": customer, "message": text},
    }[kind]
    return {"kind": kind, "user_id": USERS[index], "organization_id": organization, "payload": payload}
