"""The rows, in the order of docs/reliability.md."""

from . import kills, soak  # noqa: F401
