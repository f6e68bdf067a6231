"""A worker that is told to stop, or stops without having been told."""

import pathlib
import signal
import subprocess
import time

from harness.database import children  # noqa: F401
