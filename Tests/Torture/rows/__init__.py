"""The rows, in the order of docs/reliability.md."""

from . import kills  # noqa: F401
from . import refusals  # noqa: F401
from . import starved  # noqa: F401
