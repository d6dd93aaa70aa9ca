"""The preset "2017" mended point by point: the same small network on images that differ in one point each, judged on the same events."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.analysis.analysis import Training
from core.data.splits import TEST, SplitParameters
from core.figures.style import SIGNAL, errors, finish
from core.judge.report import Figure, Report, Table
from core.juno.evaluate import area, scores_of
from core.juno.select import MUE, Cuts
from core.selection.selection import Selected, Selection
from core.statistics.mcnemar import mcnemar

FIRST = "2017"
_BASE: dict[str, Any] = {
    "mode": "raw", "channels": ("first", "mean", "std"), "as_bytes": True, "roll": "random",
}  # fmt: skip
_MENDED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("+ not in 8 bit", {"as_bytes": False}),
    ("+ flight subtracted", {"mode": "tof", "after_ns": 100.0}),
    ("+ roll along the track", {"roll": "pca"}),
    ("+ charge", {"channels": ("first", "mean", "std", "charge", "sharp")}),
)
SMALL: dict[str, Any] = {"filters": (24, 32, 48, 64), "dense_units": 48}
GROUP = "verdicts"
NOTE = (
    "Area under the ROC curve on the same test events, 95 %, from the images of 2017 to all points mended; each step keeps those before it. "
    "Surprising: a step down, or no step up at the charge."
)


def steps() -> dict[str, dict[str, Any]]:
    """Settings of the image by name, each with the points before it."""
    settings, by_name = dict(_BASE), {FIRST: dict(_BASE)}
    for name, changed in _MENDED:
        settings |= changed
        by_name[name] = dict(settings)
    return by_name


def selection(test_fraction: float) -> Selection:
    """All muons and electrons."""
    return Selection(Cuts(), MUE, SplitParameters(validation_fraction=0.06, test_fraction=test_fraction))


def trainings(epochs: int, test_fraction: float) -> dict[str, Training]:
    """A training for each step."""
    return {
        name: Training("compact", SMALL | settings, {"epochs": epochs}, selection(test_fraction))
        for name, settings in steps().items()
    }


def compared(selected: Selected, trained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each step: area, what it adds, share decided rightly against the step before (McNemar on the same events)."""
    rows, labels = selected.rows(TEST)
    truth = (labels == list(selected.classes).index("muon")).astype(np.int8)
    listed, before = [], None
    for name in steps():
        row: dict[str, Any] = {
            "images": name,
            "area": area(np.empty(0), np.empty(0)),
            "added": "",
            "rightly decided more often [%]": "",
        }
        if name in trained:
            scores = scores_of(trained[name], rows)
            row["area"] = area(scores, truth)
            is_right = (scores > 0.5) == (truth == 1)
            if before is not None:
                both = np.isfinite(scores) & np.isfinite(before[0])
                test = mcnemar(is_right[both], before[1][both])
                row["added"] = f"{row['area'].value - before[2]:+.3f}"
                row["rightly decided more often [%]"] = (
                    f"{100 * test.difference:+.1f} [{100 * test.low:.1f}, {100 * test.high:.1f}], p = {test.p:.2g}, n = {test.n:,}"
                )
            before = (scores, is_right, row["area"].value)
        listed.append(row)
    return listed


def report(rows: list[dict[str, Any]]) -> Report:
    """Table and figure of the steps."""
    values = [row["area"] for row in rows]
    figure = go.Figure()
    middle, low, high = (np.array([getattr(number, end) for number in values]) for end in ("value", "low", "high"))
    names = [row["images"] for row in rows]
    figure.add_scatter(
        x=names, y=middle, error_y=errors(high - middle, middle - low, SIGNAL), mode="markers+lines", name="compact",
        line={"color": SIGNAL, "dash": "dot"}, marker={"size": 9},
    )  # fmt: skip
    figure.add_hline(y=0.5, line={"dash": "dot", "width": 1})
    columns = {"images": names, "area": middle.tolist(), "low": low.tolist(), "high": high.tolist()}
    missing = sum(bool(np.isnan(value)) for value in middle)
    note = f"{missing} of {len(rows)} networks are not trained on this data set." if missing else ""
    return Report(
        tables=(Table("2017, mended point by point", rows, note, GROUP, ""),),
        figures=(Figure("Area, step by step", finish(figure, "", "area under the ROC curve"), NOTE, columns, GROUP),),
        values={row["images"]: row["area"].to_dict() for row in rows},
    )
