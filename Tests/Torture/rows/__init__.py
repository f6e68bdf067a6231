"""The rows, in the order of docs/reliability.md."""

from . import database, kills, soak  # noqa: F401
