#!/usr/bin/env python3
"""Read composed mails back with Python's email package, its strict policy, and compare them with what went in.

Input: a file of JSON lines, each {"id", "mail": base64 of the content, "input": {...}} with the input's from, to,
reply_to (each {"name", "address"}; reply_to may be missing), subject, date, message_id, references, headers ([[name, value]]), text
and html as they were before composing. The cleaning that docs of HeaderText and BodyText promise is written here a
second time, so that a fault in the program's own does not hide itself.

Prints each fault and ends with "N mails read, F faults"; exits 1 if there was any, or no mail at all.
"""
import base64
import email
import email.policy
import email.utils
import json
import re
import sys
from email.header import decode_header, make_header

POLICY = email.policy.strict.clone(linesep="\r\n", utf8=True)
ENCODED_WORD = re.compile(rb"=\?utf-8\?([BQ])\?([^? ]*)\?=")
SUBJECT_CHARACTERS = 250
NAME_CHARACTERS = 100


def clean_header(text):
    text = re.sub("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", text)
    text = re.sub("[\t\n\v\f\r\x85\u2028\u2029]", " ", text)
    blank = "[ \xa0\u1680\u2000-\u200a\u202f\u205f\u3000]"
    return re.sub(f"^{blank}+|{blank}+$", "", re.sub(f"{blank}{{2,}}", " ", text))


def clean_body(text):
    text = re.sub("\r\n|\r|\n", "\r\n", text)
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", text)


class Check:
    def __init__(self, record):
        self.raw = base64.b64decode(record["mail"])
        self.input = record["input"]
        self.has_html = clean_body(self.input["html"]) != ""
        self.faults = []

    def expect(self, condition, fault):
        if not condition:
            self.faults.append(fault)

    def run(self):
        self.check_lines()
        try:
            self.message = self.parse()
            self.check_fields()
            self.check_parts()
        except Exception as error:  # A defect is raised as an exception by these policies.
            self.faults.append(f"{type(error).__name__}: {error}")
        return self.faults

    def parse(self):
        if self.raw.isascii():
            return email.message_from_bytes(self.raw, policy=POLICY)
        # RFC 6532: addresses in UTF-8. The bytes parser would give them as surrogate escapes.
        return email.message_from_string(self.raw.decode(), policy=POLICY)

    def check_lines(self):
        rest = self.raw.replace(b"\r\n", b"")
        self.expect(b"\r" not in rest and b"\n" not in rest and b"\0" not in rest, "bare CR, LF or NUL")
        self.expect(self.raw.endswith(b"\r\n"), "no line end at the end")
        self.expect(all(len(line) <= 998 for line in self.raw.split(b"\r\n")), "line over 998 octets")
        head = self.raw.split(b"\r\n\r\n")[0]
        for line in head.split(b"\r\n"):
            self.expect(line.strip(), "empty header line")
            foldable = len(line.split()) > (1 if line[:1] == b" " else 2)
            self.expect(len(line) <= 78 or not foldable, f"header line of {len(line)} octets: {line!r}")
        for match in ENCODED_WORD.finditer(head):
            self.expect(len(match.group()) <= 75, f"encoded word of {len(match.group())} octets")
            str(make_header(decode_header(match.group().decode())))  # Each is whole characters, or this raises.

    def check_fields(self):
        given = self.input
        names = ["From", "To"] + ["Reply-To"] * ("reply_to" in given) + ["Subject", "Date", "Message-ID"]
        names += ["In-Reply-To", "References"] * bool(given["references"])
        names += [name for name, _ in given["headers"]] + ["MIME-Version", "Content-Type"]
        names += [] if self.has_html else ["Content-Transfer-Encoding"]
        self.expect(self.message.keys() == names, f"fields {self.message.keys()}")
        for field, key in (("From", "from"), ("To", "to"), ("Reply-To", "reply_to")):
            if key in given:
                self.check_mailbox(field, given[key])
        self.check_text("Subject", str(self.message["Subject"]), given["subject"], SUBJECT_CHARACTERS)
        date = email.utils.parsedate_to_datetime(str(self.message["Date"]))
        self.expect(date.timestamp() == given["date"], f"date {date}")
        self.expect(self.message["Message-ID"] == f"<{given['message_id']}>", "Message-ID")
        references = [f"<{one}>" for one in given["references"]]
        if references:
            self.expect(self.message["In-Reply-To"].split() == references[-1:], "In-Reply-To")
            self.expect(self.message["References"].split() == references, "References")
        for name, value in given["headers"]:
            self.expect(" ".join(value.split(" ")) == str(self.message[name]), f"{name}: {self.message[name]!r}")

    def check_mailbox(self, field, given):
        addresses = self.message[field].addresses
        self.expect(len(addresses) == 1, f"{field} has {len(addresses)} addresses")
        expected = given["address"]
        local, _, domain = expected.rpartition("@")
        if local.startswith('"'):
            local = re.sub(r"\\(.)", r"\1", local[1:-1])
        self.expect((addresses[0].username, addresses[0].domain) == (local, domain), f"{field} {addresses[0]!r}")
        name = addresses[0].display_name
        raw = dict(self.message.raw_items())[field]
        if raw.count("=?utf-8?") > 1:
            # Python before 3.12.9 shows the space between two encoded words of a phrase (gh-128110); its older
            # decoder does not.
            phrase = re.sub("\r?\n", "", raw).rpartition(" <")[0].strip()
            name = str(make_header(decode_header(phrase)))
        self.check_text(f"name in {field}", name, given["name"], NAME_CHARACTERS)

    def check_text(self, what, got, given, characters):
        whole = clean_header(given)
        if got == whole:
            # A character is at least one code point: what is not cut has no more octets than the bound either.
            self.expect(len(whole.encode()) <= 4 * characters, f"{what} over its bound")
            return
        kept = got[:-1]
        self.expect(got.endswith("…") and whole.startswith(kept), f"{what} {got!r} for {whole!r}")
        self.expect(len(whole) > characters or len(whole.encode()) > 4 * characters, f"{what} cut without need")
        self.expect(len(got.encode()) <= 4 * characters, f"{what} of {len(got.encode())} octets")

    def check_parts(self):
        parts = list(self.message.iter_parts()) if self.message.is_multipart() else [self.message]
        expected = [("text/plain", "text"), ("text/html", "html")][: 2 if self.has_html else 1]
        self.expect([part.get_content_type() for part in parts] == [kind for kind, _ in expected], "parts")
        for part, (_, key) in zip(parts, expected):
            self.expect(part.get_content_charset() == "utf-8", f"charset of {key}")
            got = part.get_payload(decode=True).decode()
            given = clean_body(self.input[key])
            if not self.has_html and given and not given.endswith("\r\n"):
                given += "\r\n"
            self.expect(got == given, f"{key} differs at {first_difference(got, given)}")


def first_difference(got, given):
    at = next((i for i, (a, b) in enumerate(zip(got, given)) if a != b), min(len(got), len(given)))
    return f"{at}: {got[at:at + 20]!r} for {given[at:at + 20]!r}"


def main():
    mails = faults = 0
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            mails += 1
            for fault in Check(record).run():
                faults += 1
                print(f"mail {record['id']}: {fault}")
    print(f"{mails} mails read, {faults} faults")
    return 1 if faults or not mails else 0


if __name__ == "__main__":
    sys.exit(main())
