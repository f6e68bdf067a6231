"""The rows, in the order of docs/reliability.md."""

from . import kills
from . import stops
from . import frozen
from . import racing
from . import database
from . import trouble
from . import times
from . import relays
from . import relay_faults
from . import every_byte
from . import relay_tls
from . import refusals
from . import content
from . import soak
from . import starved
