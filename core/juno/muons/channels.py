"""Hypothesis 2: channels whose range is made for MeV, in 256 steps: what muons and electrons look like in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.style import BACKGROUND, SIGNAL, finish
from core.judge.report import Figure, Table
from core.juno.images.fill import FLOOR
from core.juno.muons.check import EXPLAINS, NOT, PART, Check
from core.juno.muons.sample import Sample
from core.juno.recipe import PmtImage
from core.juno.views.event import images_of

HYPOTHESIS = "2. Ranges for MeV, 8 bit"
CHANNELS = ("first", "mean", "std", "charge")
N_BINS, CHUNK = 51, 50
CLASSES = {"muon": SIGNAL, "electron": BACKGROUND}
END = 1.0 / 510.0  # half a step of 256
MUCH, SOME = 0.5, 0.05  # of the lit pixels at an end
GROUP = "channels"
NOTE = (
    "Share of lit pixels by value, 8 bit, times as they are: 1 is early, the least value late. Surprising: a heap at either end, where a "
    "range is too narrow, or classes that do not differ at all."
)


@dataclass(frozen=True)
class Seen:
    """Of one class: histogram of the lit pixels' values for each channel, (k, N_BINS); share (k,) of them at the lower and at the upper
    end of the range; steps (k,) of 256 that hold 90 % of them.
    """

    counts: np.ndarray
    low: np.ndarray
    high: np.ndarray
    steps: np.ndarray


def seen(sample: Sample, recipe: PmtImage) -> Seen:
    """All lit pixels of a sample's images."""
    k = len(recipe.channels)
    steps = np.zeros((k, 256), np.int64)
    above = np.zeros(k)
    for begin in range(0, len(sample), CHUNK):
        images = images_of(sample.dataset, sample.rows[begin : begin + CHUNK], recipe)
        lit = images[images.max(axis=-1) > 0.0]
        above += (lit >= 1.0 - END).sum(axis=0)
        for c in range(k):
            steps[c] += np.bincount(np.rint(255.0 * np.clip(lit[:, c], 0.0, 1.0)).astype(int), minlength=256)
    total = np.maximum(steps.sum(axis=1), 1)
    floor = [round(255.0 * FLOOR) if name != "charge" else 0 for name in recipe.channels]
    low = np.array([steps[c, : floor[c] + 1].sum() for c in range(k)]) / total
    ordered = np.sort(steps, axis=1)[:, ::-1].cumsum(axis=1)
    return Seen(
        steps[:, :255].reshape(k, N_BINS, -1).sum(axis=2), low, above / total, (ordered < 0.9 * total[:, None]).sum(axis=1) + 1
    )  # fmt: skip


def check(sample: Sample) -> Check:
    """Channels of the slides and the charge, by class."""
    recipe = PmtImage(mode="raw", channels=CHANNELS, as_bytes=True)
    by_class = {
        "muon": seen(sample.where(sample.is_muon), recipe),
        "electron": seen(sample.where(~sample.is_muon), recipe),
    }
    rows = [
        {"class": name, "channel": channel, "at the lower end [%]": round(100.0 * float(s.low[c]), 2),
         "at the upper end [%]": round(100.0 * float(s.high[c]), 2), "steps of 256 with 90 % of the pixels": int(s.steps[c])}
        for name, s in by_class.items() for c, channel in enumerate(CHANNELS)
    ]  # fmt: skip
    return Check(
        HYPOTHESIS, *_verdict(by_class), (Table("Ends of the range", rows, group=GROUP),),
        (Figure("Values of lit pixels", _draw(by_class), NOTE, _columns(by_class), GROUP),),
        {name: {"low": s.low.tolist(), "high": s.high.tolist()} for name, s in by_class.items()},
    )  # fmt: skip


def _verdict(by_class: Mapping[str, Seen]) -> tuple[str, str]:
    times = [(share, name, CHANNELS[c]) for name, s in by_class.items() for c, share in enumerate((s.low + s.high)[:3])]
    share, name, channel = max(times)
    narrow, of = min((int(s.steps[c]), CHANNELS[c]) for s in by_class.values() for c in range(3))
    why = (
        f"at most {100.0 * share:.0f} % of the lit pixels are at an end of their range ('{channel}', {name}); the narrowest channel, '{of}', "
        f"holds 90 % of its pixels in {narrow} of 256 steps"
    )
    if share > MUCH:
        return EXPLAINS, why
    return (PART if share > SOME or narrow < 16 else NOT), why


def _draw(by_class: Mapping[str, Seen]) -> go.Figure:
    figure = make_subplots(rows=1, cols=len(CHANNELS), subplot_titles=CHANNELS, horizontal_spacing=0.05)
    for c in range(len(CHANNELS)):
        for name, s in by_class.items():
            figure.add_scatter(
                x=_middles(), y=100.0 * s.counts[c] / max(s.counts[c].sum(), 1), name=name, legendgroup=name, showlegend=c == 0,
                line={"color": CLASSES[name], "shape": "hvh"}, mode="lines", row=1, col=c + 1,
            )  # fmt: skip
    return finish(figure, "", "lit pixels [%]")


def _middles() -> np.ndarray:
    return (np.arange(N_BINS) + 0.5) / N_BINS


def _columns(by_class: Mapping[str, Seen]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"value": _middles().tolist()}
    for name, s in by_class.items():
        columns |= {f"{channel} {name}": s.counts[c].tolist() for c, channel in enumerate(CHANNELS)}
    return columns
