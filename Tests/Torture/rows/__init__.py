"""The rows, in the order of docs/reliability.md."""

from . import kills, trouble, times, content  # noqa: F401
