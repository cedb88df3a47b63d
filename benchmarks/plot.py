"""Draw docs/performance.svg, cost against size, from what `scale.py` wrote down.

    python -m pip install --group benchmarks
    python benchmarks/plot.py [RESULTS [SVG]]

The same results give the same file, with the same version of matplotlib.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from tables import RESULTS

TARGET = Path(__file__).parent.parent / "docs" / "performance.svg"
INK, QUIET = "#24292f", "#6e7781"
BACKGROUND = "#ffffff"
COLOURS = ("#8250df", "#0969da", "#bc4c00")


def lines(results: dict[str, Any]) -> dict[str, dict[int, float]]:
    """Give what is drawn: for each line, milliseconds by number of entries."""
    start = {
        subject["entries"]: statistics.median(subject["seconds"]) * 1_000
        for subject in results["start"]
        if subject["program"] == "flodeslasare" and subject["entries"]
    }
    hits = {int(n): one["typed"]["p95"] * 1_000 for n, one in results["questions"].items()}
    down = {
        int(n): one["keys"]["cursor down"]["p95"] * 1_000
        for n, one in results["keys"].items()
        if n != "blank"
    }
    return {
        "start to first screen (median)": start,
        "key down to screen (p95)": down,
        "first hits of a typed word, in the database (p95)": hits,
    }


def draw(results: dict[str, Any], target: Path) -> None:
    """Draw the lines, with their values."""
    mpl.rcParams.update(
        {
            "svg.hashsalt": "flodeslasare",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 11,
            "text.color": INK,
            "axes.labelcolor": INK,
            "xtick.color": QUIET,
            "ytick.color": QUIET,
        }
    )
    figure = Figure(figsize=(7.6, 4.4), facecolor=BACKGROUND)
    axes = figure.add_subplot()
    axes.set_facecolor(BACKGROUND)
    for (name, points), colour in zip(lines(results).items(), COLOURS, strict=True):
        entries = sorted(points)
        cost = [points[each] for each in entries]
        axes.plot(entries, cost, marker="o", color=colour, linewidth=2)
        for x, y in zip(entries, cost, strict=True):
            axes.annotate(
                f"{y:.3g} ms", (x, y), (0, 8), textcoords="offset points", ha="center", color=colour
            )
        axes.annotate(
            name, (entries[0], cost[0]), (0, -18), textcoords="offset points", color=colour
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(500, 2_000_000)
    axes.margins(y=0.25)
    axes.xaxis.set_major_formatter(lambda value, _at: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _at: f"{value:g}")
    axes.minorticks_off()
    axes.set_xlabel("entries in the library")
    axes.set_ylabel("milliseconds")
    axes.grid(axis="y", color="#d0d7de", linewidth=0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#d0d7de")
    axes.tick_params(length=0)
    axes.set_title("Cost against size: flat is the goal", loc="left", fontsize=12, color=INK)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None, "Creator": None})


def main() -> None:
    """Read, and draw."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET
    draw(json.loads(path.read_text(encoding="utf-8")), target)


if __name__ == "__main__":
    main()
