"""Keeps the last result of each row, and the table of docs/reliability.md that is made of them."""

import json

from .row import ROWS
from .worker import ROOT

RESULTS = ROOT / "Tests/Torture/results.json"
REPORT = ROOT / "docs/reliability.md"
BEGIN, END = "<!-- table: made by scripts/torture --record -->", "<!-- end of table -->"


def record(results):
    """Results of the short form do not count."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept |= {result["row"]: result for result in results if not result["short"]}
    kept = {name: kept[name] for name in ROWS if name in kept}
    RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    text = REPORT.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    REPORT.write_text(f"{before}{BEGIN}\n{table(kept)}\n{END}{after}")


def table(results):
    lines = ["| row | fault | passes with | passed | last figures | seed, date, commit |", "|---|---|---|---|---|---|"]
    for name, row in ROWS.items():
        result = results.get(name)
        if result is None:
            verdict, figures, origin = "not run", "", ""
        else:
            verdict = "yes" if result["passed"] else "**no**: " + "; ".join(result["faults"])
            figures = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in result["figures"].items())
            origin = f"{result['seed']}, {result['date']}, {result['commit']}"
        cells = (f"`{name}`", f"{row.fault}: {row.how}", row.passes, verdict, figures, origin)
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines)
