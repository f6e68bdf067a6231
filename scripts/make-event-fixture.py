#!/usr/bin/env python3
"""Make Tests/Fixtures/events.jsonl and users.json from phrases.json; the same bytes each time.

With --check it writes nothing and exits 1 if the files differ from what it would write.
"""
import json
import random
import sys
import unicodedata
import uuid
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
NAMESPACE = uuid.UUID("6b1f4c52-6f0e-5d0a-9d5c-2f1c3a7e9b11")
EVENTS = 1_050
PAYLOAD_OCTETS = 65_536
URL_CHARACTERS = 2_000
KINDS = ["assigned_conversation", "assigned_ticket", "conversation_note", "assigned_reminder", "assigned_inquiry"]
PRIORITIES = ["urgent", "high", "normal", "low", "P1 – kritisch", "緊急", "عاجل"]
ORGANIZATIONS = ["Acme Support", "Größe & Söhne GmbH", "株式会社あさひ商事", "شركة النور", "O'Reilly \"Books\" <Ltd>"]

# Users beside those of phrases.json: (name, address, locale, zone, needs SMTPUTF8).
SPECIAL_USERS = [
    ("Quoted Local", '"quoted local"@example.com', "en", "UTC", False),
    ("Plus O'Address", "o'address+tickets@mail.example.org", "en-GB", "America/St_Johns", False),
    ("Büchner, Ilse", "ilse@bücher.example", "de-AT", "Europe/Vienna", False),
    ("例え 太郎", "info@例え.example", "ja", "Asia/Tokyo", False),
    ("用户 一", "用户@example.com", "zh-CN", "Asia/Shanghai", True),
    ("José Peña", "josé@example.org", "es-MX", "America/Mexico_City", True),
    ("👩‍💻 Dana 🏳️‍🌈", "dana@example.net", "en", "America/Los_Angeles", False),
    ("=?utf-8?Q?not_encoded?=", "lookalike@example.net", "en", "UTC", False),
    ("Robert'); DROP TABLE users;--", "bobby@example.net", "en", "UTC", False),
    ("<b>Bold</b> & \"Quoted\" \\ Slash", "bold@example.net", "fr", "Europe/Paris", False),
    ("support@bank.example", "phish@example.net", "en", "UTC", False),
    ("Hubert Blaine Wolfeschlegelsteinhausenbergerdorff senior of Philadelphia and of the whole long name that "
     "follows him wherever he goes", "hubert@example.net", "en", "America/New_York", False),
    ("Kṛṣṇa Nguye\u0302\u0303n", "combining@example.net", "pt", "Pacific/Chatham", False),
    ("\u202eevil\u202c reversed", "reversed@example.net", "xx", "Asia/Kathmandu", False),
]

SUBJECTS = [
    lambda s, r: s,
    lambda s, r: f"🔥 {s} 👩‍🚒👨‍👩‍👧‍👦 🏳️‍🌈 🇯🇵",
    lambda s, r: f"\"{s}\" <urgent> & 'more'",
    lambda s, r: f"{s} " * 12,
    lambda s, r: f"{s} {'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz' * 2}",
    lambda s, r: unicodedata.normalize("NFD", s),
    lambda s, r: f"  {s}\t with  spaces  ",
    lambda s, r: f"=?utf-8?Q?{r.randint(1, 99)}?= {s}",
    lambda s, r: f"[#{r.randint(1000, 99999)}] Re: Fwd: {s}",
    lambda s, r: f"{{{{subject}}}} {s} {{{{{{html}}}}}} %s %@ ${{x}}",
    lambda s, r: f"{s}: x=1&y=2; a\\b, 100 %",
    lambda s, r: f"{s} " + "".join(c + "\u0301\u0323\u0330" for c in "zalgo"),
    lambda s, r: f"\u200f{s}\u200e \u2067{s}\u2069",
    lambda s, r: "Pneumonoultramicroscopicsilicovolcanoconiosis" * 6,
]

NOTES = [
    lambda t, r: t,
    lambda t, r: t.replace(" ", "\n", 1),
    lambda t, r: f"{t}\n.\n..\n.hidden line\n. spaced\n{t}",
    lambda t, r: f"From here on it fails:\n{t}\nFrom the log: nothing\n>From a quote",
    lambda t, r: " ".join([t] * 20),
    lambda t, r: "x" * 1_200 + "\n" + t,
    lambda t, r: f"{t}   \n\ttabbed\t\n   \n{t} ",
    lambda t, r: f"{t}\r\n{t}\r{t}\n\r\n\r\r{t}",
    lambda t, r: unicodedata.normalize("NFD", t),
    lambda t, r: f"👍🏽 {t} 👩‍👩‍👧‍👦 🧑🏿‍🚀 ❤️ ☎️ 1️⃣ 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    lambda t, r: f"<script>alert('x')</script> <b>{t}</b> &amp; &lt;tag attr=\"q\"&gt; <!-- {t} -->",
    lambda t, r: f"{{{{note}}}} {{{{{{note}}}}}} {{{{#each}}}} {t} {{{{/each}}}} {{{{> partial}}}}",
    lambda t, r: f"Content-Type: text/html\n\n--=_boundary\n--=_boundary--\n{t}",
    lambda t, r: f"=?utf-8?B?ZmFrZQ==?= {t} =?iso-8859-1?Q?=E9?= =\n=3D=20\n{t}=",
    lambda t, r: f"> On Monday she wrote:\n>> {t}\n>\n{t}\n-- \nSent from a phone",
    lambda t, r: f"{t} https://example.com/a?b=c&d=%20#e, mailto:x@example.com (javascript:alert(1))",
    lambda t, r: f"\u202b{t}\u202c \u2068{t}\u2069",
    lambda t, r: f"C:\\temp\\new 'single' \"double\" `tick` $1 \\u0041 \\n; DROP TABLE events; -- {t}",
    lambda t, r: "name\tamount\n" + "\n".join(f"{t[:10]}\t{r.randint(1, 999)},00" for _ in range(12)),
    lambda t, r: f"\x1b[31mERROR\x1b[0m \x08\x7f{t}\x85{t}\u2028{t}",
]


def identifier(*parts):
    return str(uuid.uuid5(NAMESPACE, "/".join(map(str, parts))))


def make_users(phrases):
    people = []
    for language, entry in phrases.items():
        for number, name in enumerate(entry["people"], 1):
            address = f"agent{number}.{language.lower()}@example.{['com', 'org'][number - 1]}"
            people.append((name, address, entry["locale"], entry["time_zone"], False))
    organizations = [{"id": identifier("organization", name), "name": name} for name in ORGANIZATIONS]
    users = []
    for index, (name, address, locale, zone, needs_smtputf8) in enumerate(people + SPECIAL_USERS):
        users.append({
            "id": identifier("user", address), "email": address, "display_name": name, "locale": locale,
            "time_zone": zone, "organization_ids": [organizations[index % len(organizations)]["id"]],
            "requires_smtputf8": needs_smtputf8,
        })
    return {"organizations": organizations, "users": users}


def make_url(kind, number, rng):
    base = f"https://app.example.com/{kind}/{number}"
    choice = number % 25
    if choice == 1:
        return f"http://localhost:8080/{kind}/{number}"
    if choice == 2:
        return f"{base}?tab=notes&from=mail&x=%E6%97%A5%20b#note-{rng.randint(1, 99)}"
    if choice == 3:
        return f"https://app.example.com:8443/{kind};v=1/(a)/'{number}'/~x/@y?q=a+b,c"
    if number == 4:
        return base + "?q=" + "a" * (URL_CHARACTERS - len(base) - 3)
    return base


def form(forms, number, stride, rng):
    """Two in five texts stay plain; of the others each kind and each language meets every form in turn."""
    turn = number // len(KINDS)
    return forms[0] if rng.random() < 0.4 else forms[(turn + turn // 28 * stride) % len(forms)]


def make_text(entry, number, rng):
    sentences = rng.sample(entry["notes"], rng.randint(1, 4))
    joiner = "" if entry["locale"] in ("ja", "zh-CN", "zh-TW", "th") else " "
    return form(NOTES, number, 7, rng)(joiner.join(sentences), rng)


def make_due_at(rng):
    year, month, day = rng.choice([2026, 2031, 2038]), rng.randint(1, 12), rng.randint(1, 28)
    clock = f"{rng.randint(0, 23):02}:{rng.choice([0, 15, 30, 45]):02}:{rng.choice(['00', '30', '59.999'])}"
    return f"{year}-{month:02}-{day:02}T{clock}{rng.choice(['Z', '+00:00', '+09:00', '-03:30', '+05:45', '-08:00'])}"


def make_payload(kind, number, entry, others, rng):
    subject = form(SUBJECTS, number, 3, rng)(rng.choice(entry["reminders" if "reminder" in kind else "subjects"]), rng)
    text = make_text(entry, number, rng)
    colleague = rng.choice(rng.choice([entry, rng.choice(others)])["people"])
    customer = rng.choice(entry["customers"])
    required, optional = {
        "assigned_conversation": (
            {"conversation_id": f"c-{number}", "subject": subject},
            {"assigned_by": colleague, "customer": customer, "preview": text}),
        "assigned_ticket": (
            {"ticket_id": f"T/{number:06}", "subject": subject},
            {"assigned_by": colleague, "priority": rng.choice(PRIORITIES), "due_at": make_due_at(rng), "preview": text}),
        "conversation_note": (
            {"conversation_id": identifier("c", number), "note_id": str(number), "subject": subject,
             "author": colleague, "note": text}, {}),
        "assigned_reminder": (
            {"reminder_id": f"r{number}", "title": subject},
            {"due_at": make_due_at(rng), "assigned_by": colleague, "note": text}),
        "assigned_inquiry": (
            {"inquiry_id": f"inq_{number}", "subject": subject},
            {"assigned_by": colleague, "customer": customer, "message": text}),
    }[kind]
    payload = required | {"url": make_url(kind, number, rng)}
    for key, value in optional.items():
        fate = rng.random()
        if fate < 0.75:
            payload[key] = value
        elif fate < 0.87 and key != "due_at":
            payload[key] = ""
    return payload


def octets_of(payload):
    """What PostgreSQL's jsonb::text takes: it writes the same separators and escapes."""
    return len(json.dumps(payload, ensure_ascii=False).encode())


def fill(payload, key, unit):
    """Lengthen one value with `unit` until the payload has exactly the octets that are allowed."""
    payload[key] = ""
    room = PAYLOAD_OCTETS - octets_of(payload)
    one = octets_of({"a": unit}) - octets_of({"a": ""})
    payload[key] = unit * (room // one) + "x" * (room % one)
    assert octets_of(payload) == PAYLOAD_OCTETS, octets_of(payload)


def make_events(phrases, users):
    rng = random.Random(20_261_123)
    entries = list(phrases.values())
    # The longest texts: one line of ASCII, lines in Japanese, mixed scripts, quotes that JSON escapes.
    longest = {
        2: ("note", "word "), 7: ("note", "お客様からのご連絡です。\n"), 4: ("message", "naïve 👩‍💻 שלום <b>&\n"),
        12: ("note", "\"quoted\" \\ back\\slash\t\n"),
    }
    events = []
    for number in range(EVENTS):
        kind = KINDS[number % len(KINDS)]
        entry = entries[(number // len(KINDS)) % len(entries)]
        user = rng.choice(users["users"])
        payload = make_payload(kind, number, entry, entries, rng)
        if number in longest:
            fill(payload, *longest[number])
        event = {"kind": kind, "user_id": user["id"], "payload": payload}
        if rng.random() < 0.8:
            event["organization_id"] = user["organization_ids"][0]
        if rng.random() < 0.3:
            event["dedupe_key"] = f"{kind}:{number}" if number % 2 else f"ключ/{number} 🔑"
        if rng.random() < 0.5:
            event["actor_id"] = rng.choice([one["id"] for one in users["users"] if one["id"] != user["id"]])
        if rng.random() < 0.1:
            event["traceparent"] = f"00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-01"
        events.append(event)
    return events


def main():
    phrases = json.loads((FIXTURES / "phrases.json").read_text(encoding="utf-8"))
    users = make_users(phrases)
    lines = [json.dumps(event, ensure_ascii=False) for event in make_events(phrases, users)]
    files = {
        "users.json": json.dumps(users, ensure_ascii=False, indent=1) + "\n",
        "events.jsonl": "\n".join(lines) + "\n",
    }
    for name, text in files.items():
        path = FIXTURES / name
        if "--check" in sys.argv:
            if not path.exists() or path.read_bytes() != text.encode():
                sys.exit(f"{path} is not what make-event-fixture.py writes")
        else:
            path.write_bytes(text.encode())
    print(f"{len(lines)} events, {len(users['users'])} users")


if __name__ == "__main__":
    main()
