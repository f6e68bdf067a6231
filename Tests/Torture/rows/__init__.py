"""The rows, in the order of docs/reliability.md."""

from . import kills, trouble, content  # noqa: F401
