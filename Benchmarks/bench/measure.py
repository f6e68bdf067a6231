"""A row of the results: what is measured against what, in turns, and how the figures come together."""

import dataclasses
import statistics
import sys
import time

ROWS = {}  # by name, in the order of the report


@dataclasses.dataclass
class Row:
    name: str
    title: str
    wanted: str  # in words
    body: object


def row(name, title, wanted):
    """Registers `body(bench)` as a row."""
    def register(body):
        ROWS[name] = Row(name, title, wanted, body)
        return body

    return register


@dataclasses.dataclass
class Figure:
    """A line of the report: `value` with what it was held against; `holds` says whether that is enough."""
    what: str
    ours: str
    reference: str
    value: str
    wanted: str
    holds: bool


class Bench:
    """One run: its options, its seed, and the figures so far."""

    def __init__(self, seed, rounds, quick):
        self.seed, self.rounds, self.quick = seed, rounds, quick
        self.figures = []
        self.notes = {}  # what a row tells beside its figures, by row
        self.row = None
        self._start = time.monotonic()

    def scale(self, full, quick):
        return quick if self.quick else full

    def say(self, text):
        """Progress, on stderr."""
        print(f"bench: {time.monotonic() - self._start:5.0f} s: {self.row or ''}: {text}", file=sys.stderr, flush=True)

    def note(self, text):
        self.notes.setdefault(self.row, []).append(text)

    def add(self, what, ours, reference, value, wanted, holds):
        self.figures.append((self.row, Figure(what, ours, reference, value, wanted, holds)))
        self.say(f"{what}: {ours} / {reference} → {value}, wanted {wanted}{'' if holds else ' — SHORT'}")

    def add_ratio(self, what, ours, reference, least, unit="mails/s"):
        """Two lists that were measured in turns: the median of their ratios, and the least and the most of them."""
        ratios = sorted(a / b for a, b in zip(ours, reference))
        value = statistics.median(ratios)
        self.add(what, f"{statistics.median(ours):,.0f} {unit}", f"{statistics.median(reference):,.0f} {unit}",
                 f"{value:.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})", f"≥ {least}", value >= least)
        return value

    def add_limit(self, what, value, most, unit):
        self.add(what, f"{value:,.3g} {unit}", "–", f"{value:,.3g} {unit}", f"≤ {most:g} {unit}", value <= most)

    def tell(self, what, value):
        """A figure that is held against nothing."""
        self.add(what, value, "–", value, "–", True)

    def in_turns(self, *measures, rounds=None):
        """Calls each of them once a round, in another order each time; returns a list of results for each."""
        results = [[] for _ in measures]
        for number in range(rounds or self.rounds):
            order = list(range(len(measures)))
            # Who goes second finds the machine otherwise than who goes first.
            order = order[number % len(order):] + order[:number % len(order)]
            for index in order:
                results[index].append(measures[index]())
            self.say(f"round {number + 1}: " + ", ".join(f"{found[-1]:,.0f}" for found in results))
        return results
