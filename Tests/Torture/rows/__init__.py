"""The rows, in the order of docs/reliability.md."""

from . import kills, stops, frozen, racing  # noqa: F401
