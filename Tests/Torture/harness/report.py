"""Keeps the last result of each row, and the table of docs/reliability.md that is made of them."""

import itertools
import json
import subprocess

from .row import ROWS
from .worker import ROOT

RESULTS = ROOT / "Tests/Torture/results.json"
REPORT = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- table: made by scripts/torture --record -->", "<!-- end of table -->"
# What a result depends on. The results themselves do not, nor does what is written about them.
PARTS = {"program": ("Sources", "templates", "Package.swift"),
         "harness": ("Tests/Torture", "scripts/torture", ":!Tests/Torture/results.json")}
DIRTY = "-dirty"


def _git(*words):
    """What git says; nothing where it refuses, as it does for a commit that it does not know."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def changed(*revisions):
    """The parts that differ: between two commits, or between one and the files as they are."""
    return [part for part, paths in PARTS.items() if _git("diff", "--name-only", *revisions, "--", *paths)]


def commit():
    """The present one, marked where a part differs from it."""
    differs = _git("status", "--porcelain", "--", *itertools.chain(*PARTS.values()))
    return (_git("rev-parse", "--short", "HEAD") or "unknown") + (DIRTY if differs else "")


def is_stale(binary):
    """Whether a file of the program is younger than what was built of it."""
    files = _git("ls-files", "--", *PARTS["program"]).splitlines()
    return any((ROOT / name).stat().st_mtime > binary.stat().st_mtime for name in files)


def kept_results():
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def record(result):
    """One of the short form, or of a row that could not be run here, does not count."""
    kept = kept_results()
    if not result["short"] and not result["skipped"]:
        kept[result["row"]] = result
    kept = {name: kept[name] for name in ROWS if name in kept}
    RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    text = REPORT.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    REPORT.write_text(f"{before}{BEGIN}\n{table(kept)}\n{END}{after}")


def verdict(result):
    """A row counts as passed at the commit that it was run at, and for as long as nothing has changed since."""
    if not result["passed"]:
        return "**no**: " + "; ".join(result["faults"])
    if result["commit"].endswith(DIRTY):
        return "**not counted**: run with changes that are in no commit"
    if not _git("rev-parse", "--verify", "--quiet", result["commit"] + "^{commit}"):
        return "**not counted**: its commit is not known here"
    parts = changed(result["commit"], "HEAD")
    return f"yes, but {' and '.join(parts)} changed since" if parts else "yes"


def table(results):
    lines = ["| row | fault | passes with | passed | last figures | seed, date, commit |", "|---|---|---|---|---|---|"]
    for name, row in ROWS.items():
        result = results.get(name)
        if result is None:
            passed, figures, origin = "not run", "", ""
        else:
            passed = verdict(result)
            figures = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in result["figures"].items())
            origin = f"{result['seed']}, {result['date']}, {result['commit']}"
        cells = (f"`{name}`", f"{row.fault}: {row.how}", row.passes, passed, figures, origin)
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines)
