"""The rows, in the order of docs/reliability.md."""

from . import kills
from . import database
from . import trouble
from . import times
from . import refusals
from . import content
from . import soak
from . import starved
