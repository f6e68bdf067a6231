"""What was measured, as Markdown."""

import os
import platform
import subprocess
import time

from .measure import ROWS
from .programs import ROOT
from .world import BINARY


def markdown(bench):
    lines = ["# From event to mail", "", "Made by `make bench`: medians, with the least and the most of the ratios of "
             "figures that were taken in turns in the same run.", ""]
    by_row = {}
    for name, figure in bench.figures:
        by_row.setdefault(name, []).append(figure)
    for name, found in by_row.items():
        lines += [f"## {ROWS[name].title}", "", "| what | ours | reference | figure | wanted |", "|---|---|---|---|---|"]
        lines += [f"| {one.what} | {one.ours} | {one.reference} | {one.value} | {one.wanted}"
                  f"{'' if one.holds else ': **short**'} |" for one in found]
        lines += ["", *(note + "  " for note in bench.notes.get(name, [])), ""]
    return "\n".join([*lines, machine(bench), ""])


def machine(bench):
    return (f"Seed {bench.seed}, {bench.rounds} rounds, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores "
            f"({processor()}), load {os.getloadavg()[0]:.1f} at the end, Linux {platform.release()}, "
            f"{first_line('psql', '--version')}, {first_line('swift', '--version')}, "
            f"notify-worker {first_line('git', 'describe', '--always', '--dirty')} ({BINARY.stat().st_size >> 20} MiB).")


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def first_line(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0]
