"""The rows, in the order of docs/reliability.md."""

from . import kills, relays, relay_faults, every_byte, relay_tls, soak  # noqa: F401
