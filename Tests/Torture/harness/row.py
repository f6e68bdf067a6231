"""A row of the table of faults: what it is, how it is run, and what it found."""

import concurrent.futures
import dataclasses
import sys
import time

ROWS = {}  # by name, in the order of the table


@dataclasses.dataclass
class Row:
    name: str
    fault: str
    how: str
    passes: str  # the figure that passes, in words
    body: object
    needs: tuple  # programs that it cannot do without
    apart: bool  # has a command of its own


def row(name, fault, how, passes, needs=(), apart=False):
    """Registers `body(run)` as a row."""
    def register(body):
        ROWS[name] = Row(name, fault, how, passes, body, tuple(needs), apart)
        return body

    return register


def together(*parts):
    """Runs functions side by side; what one of them raised is raised when all have ended."""
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
        for part in [pool.submit(part) for part in parts]:
            part.result()


class Run:
    """One run of a row. `scale` gives the small number in the short form, the full one otherwise."""

    def __init__(self, name, seed, short):
        self.name, self.seed, self.short = name, seed, short
        self.figures = {}
        self.faults = []  # what did not pass
        self._start = time.monotonic()

    def scale(self, full, short):
        return short if self.short else full

    def say(self, text):
        """Progress, on stderr."""
        print(f"torture: {self.name}: {time.monotonic() - self._start:5.0f} s: {text}", file=sys.stderr, flush=True)

    def note(self, name, value):
        """A figure for the report."""
        self.figures[name] = round(value, 3) if isinstance(value, float) else value

    def expect(self, holds, text):
        """What has to hold; the row goes on either way."""
        if not holds:
            self.faults.append(text)
            self.say(f"NOT PASSED: {text}")
        return holds

    def side_by_side(self, cases, body, at_once):
        """`body(number, case)` for each, so many at a time; returns the results of those that did not break off."""
        results = []
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            work = {pool.submit(body, number, case): case for number, case in enumerate(cases)}
            try:
                for count, done in enumerate(concurrent.futures.as_completed(work), start=1):
                    if count % 10 == 0:
                        self.say(f"{count} of {len(work)} cases")
                    try:
                        results.append(done.result())
                    except RuntimeError as error:
                        self.expect(False, f"{work[done]} broke off: {error}")
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return results

    def expect_none(self, found, what):
        """Nothing of this kind: a list or dict, of which the first few are told."""
        return self.expect(not found, f"{len(found)} {what}: {sorted(map(str, found))[:5]}")

    def expect_clean(self, tally, duplicates=0, unsent=0):
        """Lost 0, unexpected 0, nothing open, copies with one Message-ID; duplicates and unsent at most so many.

        The figures of a row with several worlds are their sums.
        """
        for name in ("attempted", "acknowledged", "unknown", "accepted", "duplicated"):
            self.note(name, self.figures.get(name, 0) + getattr(tally, name))
        for name in ("lost", "unexpected", "open"):
            self.note(name, self.figures.get(name, 0) + len(getattr(tally, name)))
            self.expect_none(getattr(tally, name), name)
        self.expect_none(tally.unequal, "copies with another Message-ID")
        self.expect(tally.acknowledged > 0, "no event was ever acknowledged")
        self.expect(tally.duplicated <= duplicates,
                    f"{tally.duplicated} duplicates, at most {duplicates}: {sorted(tally.duplicates)[:5]}")
        self.expect(len(tally.unsent) <= unsent, f"{len(tally.unsent)} ended otherwise than sent: "
                    f"{sorted(tally.unsent.items())[:5]}")
