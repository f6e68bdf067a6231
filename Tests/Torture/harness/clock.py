"""A wall clock that a row sets, for one process and what it starts, by libfaketime. Durations stay true."""

import os
import pathlib

LIBRARY = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


class Clock:
    """`wrapper` is for a worker, `environment` for a server."""

    def __init__(self, file):
        self._file = pathlib.Path(file)
        self.set(0)
        settings = {
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1", "FAKETIME_TIMESTAMP_FILE": str(self._file)}
        self.environment = settings | {"LD_PRELOAD": str(LIBRARY)}
        # Through the program, which sets its library up beforehand: a library that adds to the environment itself takes
        # Swift its arguments away.
        self.wrapper = ("faketime", "-f", "+0", "env", "-u", "FAKETIME", *(f"{k}={v}" for k, v in settings.items()))

    def set(self, seconds):
        """`seconds` ahead of the true time from now on; behind it when negative."""
        self.seconds = seconds
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+.3f}\n")
        new.chmod(0o644)
        os.replace(new, self._file)
