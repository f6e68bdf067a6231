"""What scripts/check-api adds to schemathesis."""

import random

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """Each request comes from another client: the checks try many bad tokens, and an address that does has to wait."""
    octets = [random.randint(1, 254) for _ in range(3)]
    case.headers["X-Forwarded-For"] = ".".join(map(str, [203, *octets]))
