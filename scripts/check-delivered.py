#!/usr/bin/env python3
"""Compare mails that a relay delivered with the events that they were made from.

Usage: check-delivered.py EVENTS MAILS USERS. EVENTS has one JSON object a line: {"event": a line of events.jsonl,
"delivery": {"event_id", "outcome", "reason", "message_id", "enqueued_at", "finished_at"}}. MAILS has
{"mail": base64 of a delivered file} a line, with whatever trace fields the relay put on top. USERS is users.json.

Each event that was sent must have one mail, and each mail one such event. A mail is read by Python's email package with
its strict policy; its fields and parts are compared with the event. What templates and composer promise to clean or to
cut is written here a second time, so that a fault in the program's own does not hide itself.

Prints each fault and ends with "N mails of M events, F faults"; exits 1 if there was any, or no mail at all.
"""
import base64
import collections
import datetime
import email.utils
import html.parser
import importlib.machinery
import importlib.util
import json
import pathlib
import re
import sys
import zoneinfo

ROOT = pathlib.Path(__file__).parent.parent
loader = importlib.machinery.SourceFileLoader("check_mails", str(ROOT / "scripts/check-mails.py"))
check_mails = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_mails", loader))
loader.exec_module(check_mails)

PUBLIC_URL = "https://notify.example.com"
SENDER = {"name": "Example Support", "address": "notify@example.com"}
FIELDS = """From To Subject Date Message-ID In-Reply-To References Auto-Submitted X-Auto-Response-Suppress List-Id
    Feedback-ID List-Unsubscribe List-Unsubscribe-Post MIME-Version Content-Type""".split()
FIXED = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
    "List-Id": "<notifications.example.com>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "MIME-Version": "1.0",
}
LINES = ("subject", "title", "customer", "assigned_by", "author", "priority")
TEXTS = ("preview", "note", "message")
SUBJECT_SCALARS = 250
LINE_SCALARS = 300  # in the HTML part
TEXT_SCALARS, TEXT_LINES = 4_000, 120  # in the HTML part
CHARACTER_SCALARS = 17  # A cut may come so much earlier, as not to split a character.
BIDI_DEPTH = 8
SPACES = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
ENVELOPE_RECIPIENT = ("x-original-to", "envelope-to", "x-rcpt-to", "x-rcpt-args", "delivered-to")


def clean_line(text):
    text = re.sub("[\u202a-\u202e\u2066-\u2069\ufeff]", "", text)
    return re.sub("[\x00-\x20\x7f-\x9f\u2028\u2029]+", " ", text).strip(" ")


def balanced(text):
    """Embeddings and isolates end in their line; overrides, stray ends and what is nested too deep are gone."""
    return re.sub("[^\n\u2029]+", lambda line: balanced_line(line.group()), text)


def balanced_line(line):
    shown, opened = [], []
    for character in line:
        if character in "\u202a\u202b\u2066\u2067\u2068" and len(opened) < BIDI_DEPTH:
            opened.append("\u202c" if character < "\u2066" else "\u2069")
        elif character in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            opened.append("")
            continue
        elif character == "\u202c":
            if not opened or opened[-1] == "\u2069" or not opened.pop():
                continue
        elif character == "\u2069":
            if character not in opened:
                continue
            while opened.pop() != character:
                pass
        shown.append(character)
    return "".join(shown + opened[::-1])


def clean_block(text):
    text = re.sub("\r\n|\r|\x85", "\n", text)
    text = balanced(re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", text))
    return re.sub(f"^[{SPACES}]*\n", "", re.sub(f"[{SPACES}]+$", "", text))


def shown_in_html(text, scalars, lines):
    """What the HTML part must have of a value, and whether that is all."""
    if len(text) > scalars:
        text, whole = text[: scalars - CHARACTER_SCALARS], False
    else:
        whole = True
    parts = text.split("\n")
    return ("\n".join(parts[: lines - 1]), False) if len(parts) > lines else (text, whole)


class HTMLText(html.parser.HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.data, self.links, self.tags = [], [], collections.Counter()
        self.feed(source)
        self.close()
        self.text = "".join(self.data).replace("\u200b", "")

    def handle_data(self, data):
        self.data.append(data)

    def handle_starttag(self, tag, attributes):
        self.tags[tag] += 1
        self.links += [value for name, value in attributes if name in ("href", "src", "background", "action")]


class DeliveredMail(check_mails.Check):
    def __init__(self, raw):
        # Postfix, Exim and OpenSMTPD keep LF line ends.
        raw = raw if b"\r\n" in raw else raw.replace(b"\n", b"\r\n")
        start = re.search(rb"^From: ", raw, re.MULTILINE).start()
        self.trace, self.raw = raw[:start].decode(), raw[start:]
        self.faults = []
        self.message = self.parse()
        self.message_id = str(self.message["Message-ID"]).strip()

    def run(self, record, user):
        self.event, self.payload, self.user = record["event"], record["event"]["payload"], user
        try:
            self.check_lines()
            self.check_envelope()
            self.check_fields(record["delivery"])
            self.check_parts()
        except Exception as error:  # A defect is raised as an exception by the strict policy.
            self.faults.append(f"{type(error).__name__}: {error}")
        return self.faults

    @property
    def address(self):
        local, _, domain = self.user["email"].rpartition("@")
        return f"{local}@{domain.encode('idna').decode()}"

    def check_envelope(self):
        fields = re.findall(r"^([A-Za-z-]+): *(.*?)\r?$", self.trace, re.MULTILINE)
        recipients = [value for name, value in fields if name.lower() in ENVELOPE_RECIPIENT]
        self.expect(recipients, f"no envelope recipient in {self.trace!r}")
        pattern = rf"<?{re.escape(self.address)}>?( .*)?"
        found = any(re.fullmatch(pattern, value) for value in recipients)
        self.expect(found, f"envelope recipient {recipients}")

    def check_fields(self, delivery):
        message = self.message
        self.expect(message.keys() == FIELDS, f"fields {message.keys()}")
        self.expect(message.defects == [], f"defects {message.defects}")
        self.check_mailbox("From", SENDER)
        self.check_mailbox("To", {"name": self.user["display_name"], "address": self.address})
        self.check_subject()
        self.expect(self.message_id == f"<{delivery['message_id']}@example.com>", f"Message-ID {self.message_id}")
        date = email.utils.parsedate_to_datetime(str(message["Date"])).timestamp()
        self.expect(delivery["enqueued_at"] - 1 <= date <= delivery["finished_at"] + 1, f"Date {message['Date']}")
        for name, value in FIXED.items():
            self.expect(message[name] == value, f"{name}: {message[name]!r}")
        self.expect(str(message["Feedback-ID"]).startswith(self.event["kind"] + ":"), f"{message['Feedback-ID']!r}")
        self.root = str(message["References"]).strip()
        self.expect(re.fullmatch(r"<[0-9a-f]{32}\.thread@example\.com>", self.root), f"References {self.root!r}")
        self.expect(message["In-Reply-To"] == self.root, "In-Reply-To is not References")
        link = re.fullmatch(rf"<({PUBLIC_URL}/u/[A-Za-z0-9_-]+)>", str(message["List-Unsubscribe"]))
        self.expect(link, f"List-Unsubscribe: {message['List-Unsubscribe']!r}")
        self.unsubscribe = link[1] if link else ""

    def check_subject(self):
        given = self.payload.get("subject") or self.payload["title"]
        whole = re.sub(r"\{\{\w+\}\}", lambda _: clean_line(given), self.template("subject.txt").strip("\n"))
        got, expected = str(self.message["Subject"]), check_mails.clean_header(clean_line(whole))
        if len(clean_line(whole)) <= SUBJECT_SCALARS:
            self.expect(got == expected, f"subject {got!r} for {expected!r}")
        else:
            removed = len(whole) - len(expected)
            is_cut = got.endswith("…") and expected.startswith(got[:-1])
            self.expect(is_cut and len(got) <= SUBJECT_SCALARS, f"subject {got!r} for {expected!r}")
            self.expect(len(got) >= SUBJECT_SCALARS - CHARACTER_SCALARS - removed, f"subject cut too early: {got!r}")

    def template(self, part):
        language = self.user["locale"]
        folder = ROOT / "templates/email" / self.event["kind"]
        while not (folder / language).is_dir():
            language = language.rpartition("-")[0] or "en"
        return (folder / language / f"{part}.mustache").read_text()

    def check_parts(self):
        parts = list(self.message.iter_parts())
        kinds = [(part.get_content_type(), part.get_content_charset()) for part in parts]
        self.expect(kinds == [("text/plain", "utf-8"), ("text/html", "utf-8")], f"parts {kinds}")
        self.expect(all(part.defects == [] for part in parts), "defects in a part")
        text, source = (part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in parts)
        self.expect("\r" not in text + source, "bare CR in a part")
        self.check_text_part(text)
        self.check_html_part(HTMLText(source))

    def check_text_part(self, text):
        lines = text.split("\n")
        for name in LINES:
            value = clean_line(self.payload.get(name, ""))
            self.expect(any(value in line for line in lines), f"{name} not in the text part: {value!r}")
        subject = clean_line(self.payload.get("subject") or self.payload["title"])
        self.expect(subject in lines, f"no line with the subject alone: {subject!r}")
        for name in TEXTS:
            block = clean_block(self.payload.get(name, ""))
            self.expect(not block or f"\n\n{block}\n\n" in text, f"{name} not whole in the text part: {block[:300]!r}")
        self.expect(self.payload["url"] in lines, "no line with the url alone")
        for link in (self.unsubscribe, f"{PUBLIC_URL}/preferences"):
            self.expect(any(line.endswith(link) for line in lines), f"{link} not in the text part")
        if self.payload.get("due_at"):
            self.check_due(lines)

    def check_due(self, lines):
        due = datetime.datetime.fromisoformat(self.payload["due_at"])
        local = due.astimezone(zoneinfo.ZoneInfo(self.user["time_zone"]))
        wanted = [f"{local.year}", f"{local.day}", f":{local.minute:02}"]
        found = any(all(part in line for part in wanted) for line in lines)
        self.expect(found, f"due at {local}, which no line of the text part says")

    def check_html_part(self, page):
        for name in LINES + TEXTS:
            given = self.payload.get(name, "")
            is_line = name in LINES
            value = clean_line(given) if is_line else clean_block(given)
            scalars, lines = (LINE_SCALARS, 2) if is_line else (TEXT_SCALARS, TEXT_LINES)
            value, whole = shown_in_html(value, scalars, lines)
            # HTML text cannot hold a zero-width space of the value apart from those that break links.
            value = value.replace("\u200b", "")
            self.expect(value in page.text, f"{name} not in the HTML part: {value[:300]!r}")
            self.expect(whole or "…" in page.text, f"{name} cut without a mark")
        allowed = {self.payload["url"], f"{PUBLIC_URL}/preferences", self.unsubscribe}
        self.expect(set(page.links) == allowed, f"links {set(page.links) ^ allowed}")
        foreign = set(page.tags) & {"script", "img", "iframe", "form", "object", "svg", "base", "link"}
        self.expect(not foreign and page.tags["body"] == 1, f"elements {foreign}")


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def thread_faults(mails):
    """One thread for each organisation, recipient and object, and one object for each thread."""
    roots, objects = collections.defaultdict(set), collections.defaultdict(set)
    for mail in mails:
        identifier = next(name for name in mail.payload if name.endswith("_id") and name != "note_id")
        key = (mail.event.get("organization_id"), mail.event["user_id"], identifier, mail.payload[identifier])
        roots[key].add(mail.root)
        objects[mail.root].add(key)
    return [f"threads of {key}: {found}" for key, found in [*roots.items(), *objects.items()] if len(found) != 1]


def main():
    records, delivered = read_lines(sys.argv[1]), read_lines(sys.argv[2])
    users = {user["id"]: user for user in json.loads(pathlib.Path(sys.argv[3]).read_text(encoding="utf-8"))["users"]}
    mails = collections.defaultdict(list)
    faults = []
    for one in delivered:
        try:
            mail = DeliveredMail(base64.b64decode(one["mail"]))
            mails[mail.message_id].append(mail)
        except Exception as error:
            faults.append(f"a mail that cannot be read: {type(error).__name__}: {error}")
    checked = []
    for record in records:
        delivery = record["delivery"]
        found = mails.pop(f"<{delivery['message_id']}@example.com>", [])
        if len(found) != (1 if delivery["outcome"] == "sent" else 0):
            faults.append(f"event {delivery['event_id']}, {delivery['outcome']}: {len(found)} mails")
        for mail in found:
            faults += [
                f"event {delivery['event_id']}: {fault}" for fault in mail.run(record, users[record["event"]["user_id"]])
            ]
            checked.append(mail)
    faults += [f"a mail of no event: {message_id}" for message_id in mails]
    faults += thread_faults([mail for mail in checked if hasattr(mail, "root")])
    for fault in faults:
        print(fault)
    print(f"{len(checked)} mails of {len(records)} events, {len(faults)} faults")
    return 1 if faults or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
