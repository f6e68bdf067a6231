"""What scripts/check-api adds to schemathesis.

By its schema alone an event is for a user whom nobody knows, and a link leads nowhere. Half of what is sent gets values
that exist, in place of values that could; what is wrong by the schema stays wrong.
"""

import os
import random
import re
import uuid
import zlib

import schemathesis

USER = "6f1c3a5e-0000-4000-8000-000000000001"
ORGANIZATION = "0b2e9d4f-0000-4000-8000-000000000001"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from another client: the checks try many bad tokens, and an address that does has to wait."""
    octets = [random.randint(1, 254) for _ in range(3)]
    case.headers["X-Forwarded-For"] = ".".join(map(str, [203, *octets]))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if path_parameters and "token" in path_parameters and is_chosen(path_parameters):
        path_parameters["token"] = os.environ["LINK_TOKEN"]
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and is_chosen(body):
        events = body.get("events") if isinstance(body.get("events"), list) else [body]
        for event in filter(lambda event: isinstance(event, dict), events):
            replace(event, "user_id", is_id, USER)
            replace(event, "actor_id", is_id, USER)
            replace(event, "organization_id", is_id, ORGANIZATION)
        replace(body, "email", lambda text: re.search("@", text), f"{uuid.uuid4()}@example.com")
        replace(body, "time_zone", lambda text: re.fullmatch("[A-Za-z][A-Za-z_/-]{0,62}", text), "Asia/Tokyo")
    return body


def is_chosen(value):
    """Half of all values, and the same each time."""
    return zlib.crc32(repr(value).encode()) % 2 == 0


def replace(members, name, is_valid, value):
    if isinstance(members.get(name), str) and is_valid(members[name]):
        members[name] = value


def is_id(text):
    return re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
