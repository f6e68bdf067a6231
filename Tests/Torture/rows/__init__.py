"""The rows, in the order of docs/reliability.md."""

from . import kills  # noqa: F401
