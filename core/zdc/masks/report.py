"""The report on kinds of showers: how many there are, their mean window, twenty pictures of each, their shares in truth and generated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.figures.gallery import mosaic
from core.figures.generation import GENERATED, STYLES, TRUTH
from core.figures.style import NEUTRAL, SEQUENCE, SIGNAL, errors, finish
from core.judge.report import Figure, KeyNumber, Report, Table, key_number
from core.statistics.intervals import Efficiency
from core.zdc.grid import Grid
from core.zdc.masks.fractions import Compared, name_of
from core.zdc.masks.kinds import Kinds, agreement
from core.zdc.masks.views import MASK_NAMES, mask_shapes, windows

N_PICTURES, ENLARGED = 20, 2  # cells of 20 x 20 fill a tile of 48 pixels better
CHOICE, SHARES, PICTURES, BY_HAND = "how many kinds", "shares", "pictures", "by hand"
WINDOW_NOTE = "Mean share of energy in the cells around the brightest one, turned so that most lies right and up: what sets the kinds apart."
CHOICE_NOTE = (
    "Silhouette: how far kinds lie apart. Stability: how alike kinds of resampled showers are (adjusted Rand index). The number with the highest "
    "product is taken; below 0.25 of silhouette, kinds are parts of one cloud."
)
SHARES_NOTE = "Shares with 95 % intervals (Clopper-Pearson). A kind that the truth has and the generator has not is a dropped mode."
PICTURES_NOTE = "Showers of one kind, drawn at random, on one logarithmic scale: they should look alike, and unlike those of other kinds."
HAND_NOTE = "Kinds (rows) against what a person called the same showers."


@dataclass(frozen=True)
class Sorted:
    """Showers of one sample: rows int64 (n,) of the data set, images float32 (n, n_y, n_x) in MeV, kinds int64 (n,)."""

    rows: np.ndarray
    cells_mev: np.ndarray
    kinds: np.ndarray


def report_of(
    kinds: Kinds, samples: Mapping[str, Sorted], compared: Mapping[str, Compared], grid: Grid, unlike: Mapping[str, Efficiency],
    by_hand: tuple[np.ndarray, np.ndarray, tuple[str, ...]] | None, title: str,
) -> Report:  # fmt: skip
    """`samples` by what they are, the truth first; `compared` with it by name; `unlike`: the share that is like no kind, by sample;
    `by_hand`: kinds (n,), a person's labels (n,) of the same showers, and what the labels are called.
    """
    truth = samples[TRUTH]
    tables = [Table("Numbers of kinds", [vars(choice) for choice in kinds.choices], CHOICE_NOTE, CHOICE)]
    figures = [
        Figure("How many kinds", draw_choices(kinds), CHOICE_NOTE, _choice_columns(kinds), CHOICE),
        Figure(
            "Mean window of each kind",
            draw_windows(truth, kinds.k),
            WINDOW_NOTE,
            _window_columns(truth, kinds.k),
            CHOICE,
        ),
        Figure("Share of each kind", draw_shares(compared), SHARES_NOTE, _share_columns(compared), SHARES),
        *_pictures(samples, kinds.k, grid),
    ]
    tables.append(Table("Shape of the masks of each kind", shape_rows(truth, kinds.k), "means", CHOICE))
    tables.append(Table("Share of each kind", share_rows(compared), SHARES_NOTE, SHARES))
    numbers = [_number_of_kinds(kinds), *_key_numbers(compared, unlike)]
    values: dict[str, Any] = {
        "k": kinds.k, "is_clear": kinds.is_clear, "choices": [vars(choice) for choice in kinds.choices],
        "compared": {name: pair.to_dict() for name, pair in compared.items()},
        "unlike": {name: share.to_dict() for name, share in unlike.items()},
    }  # fmt: skip
    if by_hand is not None:
        own, labels, names = by_hand
        index = agreement(own, labels)
        numbers.append(
            KeyNumber(
                "by hand, Rand index",
                f"{index:.3f}",
                f"n={len(own):,}",
                "1: a person sorts alike; 0: chance (adjusted)",
            )
        )
        tables.append(Table("By hand", hand_rows(own, labels, names, kinds.k), HAND_NOTE, BY_HAND))
        values["by_hand"] = {"adjusted_rand": index, "n": len(own)}
    return Report(tuple(numbers), tuple(tables), tuple(figures), tuple(_notes(kinds, compared)), values, title=title)


def _number_of_kinds(kinds: Kinds) -> KeyNumber:
    best = next((choice for choice in kinds.choices if choice.k == kinds.k), None)
    detail = f"silhouette {best.silhouette:.3f}, stability {best.stability:.2f}" if best else "all showers are alike"
    return KeyNumber("kinds", str(kinds.k), detail, CHOICE_NOTE)


def _key_numbers(compared: Mapping[str, Compared], unlike: Mapping[str, Efficiency]) -> list[KeyNumber]:
    numbers = []
    if GENERATED in compared:
        pair = compared[GENERATED]
        names = _names(pair.missing, len(pair.first) - 1) or "none"
        numbers.append(
            KeyNumber("missing kinds", names, f"chi2 {pair.chi2:.1f} / {pair.ndf}, p = {pair.p:.2g}", SHARES_NOTE)
        )
        numbers.append(
            key_number("divergence [bit]", pair.divergence, "Jensen-Shannon, of the shares: 0 the same", "", digits=4)
        )
        numbers.append(
            key_number("like no kind", unlike[GENERATED], "generated showers less likely than 99.9 % of those sorted")
        )
    return numbers


def _names(kinds: Sequence[int], k: int) -> str:
    return ", ".join(name_of(i, k) for i in kinds)


def _notes(kinds: Kinds, compared: Mapping[str, Compared]) -> list[str]:
    notes = []
    if not kinds.is_clear:
        notes.append(
            "No kinds stand apart here: showers form one cloud, and where it is cut is arbitrary. That is so where particles hit everywhere in a cell."
        )
    for name, pair in compared.items():
        k = len(pair.first) - 1
        if pair.missing:
            notes.append(f"Of {_names(pair.missing, k)} there is next to nothing among {name}: a dropped mode.")
        if pair.invented:
            notes.append(f"{_names(pair.invented, k)} among {name} is hardly met in truth: look at its pictures.")
    return notes


def share_rows(compared: Mapping[str, Compared]) -> list[dict[str, Any]]:
    """A line for each kind: its share in the truth and in what is compared with it."""
    first = next(iter(compared.values()))
    k = len(first.first) - 1
    rows = []
    for i in range(k + 1):
        row: dict[str, Any] = {"kind": name_of(i, k), "truth": first.shares[0][i]}
        row |= {name: pair.shares[1][i] for name, pair in compared.items()}
        rows.append(row)
    return rows


def shape_rows(sample: Sorted, k: int) -> list[dict[str, Any]]:
    """A line for each kind: number of showers and the mean shape of their masks."""
    shapes = mask_shapes(sample.cells_mev)
    rows = []
    for i in range(k):
        inside = sample.kinds == i
        means = {name: round(float(shapes[name][inside].mean()), 4) if inside.any() else None for name in MASK_NAMES}
        rows.append({"kind": name_of(i, k), "n": int(inside.sum()), **means})
    return rows


def hand_rows(kinds: np.ndarray, labels: np.ndarray, names: tuple[str, ...], k: int) -> list[dict[str, Any]]:
    """A line for each kind: how many of its showers a person gave each label."""
    return [
        {
            "kind": name_of(i, k),
            **{f"by hand: {name}": int(((kinds == i) & (labels == c)).sum()) for c, name in enumerate(names)},
        }
        for i in range(k)
    ]


def draw_choices(kinds: Kinds) -> go.Figure:
    """Silhouette and stability by number of kinds; the number that is taken as a line."""
    figure = go.Figure()
    k = [choice.k for choice in kinds.choices]
    for name, colour, symbol in (("silhouette", SIGNAL, "circle"), ("stability", NEUTRAL, "square")):
        values = [getattr(choice, name) for choice in kinds.choices]
        figure.add_scatter(
            x=k, y=values, name=name, mode="lines+markers", line={"color": colour}, marker={"symbol": symbol, "size": 8}
        )
    figure.add_vline(kinds.k, line={"color": NEUTRAL, "dash": "dot"})
    return finish(figure, "number of kinds", "silhouette, adjusted Rand index").update_xaxes(dtick=1)


def _choice_columns(kinds: Kinds) -> dict[str, list[Any]]:
    return {name: [getattr(choice, name) for choice in kinds.choices] for name in ("k", "silhouette", "stability")}


def draw_windows(sample: Sorted, k: int) -> go.Figure:
    """The mean window of each kind, log10 of shares on one scale."""
    means = _mean_windows(sample, k)
    figure = make_subplots(1, k, subplot_titles=[name_of(i, k) for i in range(k)])
    for i, mean in enumerate(means):
        with np.errstate(divide="ignore"):
            z = np.log10(mean)
        figure.add_heatmap(
            z=np.where(np.isfinite(z), z, np.nan), zmin=-4.0, zmax=0.0, colorscale=SEQUENCE, showscale=i == k - 1, row=1, col=i + 1,
            colorbar={"title": {"text": "share"}, "tickvals": [-4, -3, -2, -1, 0], "ticktext": ["10⁻⁴", "10⁻³", "0.01", "0.1", "1"]},
            customdata=mean, hovertemplate="%{customdata:.4f}<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(scaleanchor=f"x{i + 1 if i else ''}", constrain="domain", row=1, col=i + 1)
    figure.update_xaxes(constrain="domain")
    return finish(figure, "", "").update_xaxes(visible=False).update_yaxes(visible=False).update_layout(height=260)


def _mean_windows(sample: Sorted, k: int) -> list[np.ndarray]:
    view = windows(sample.cells_mev)
    nothing = np.full(view.shape[1:], np.nan)
    return [view[sample.kinds == i].mean(axis=0) if (sample.kinds == i).any() else nothing for i in range(k)]


def _window_columns(sample: Sorted, k: int) -> dict[str, list[Any]]:
    return {name_of(i, k): mean.ravel().tolist() for i, mean in enumerate(_mean_windows(sample, k))}


def draw_shares(compared: Mapping[str, Compared]) -> go.Figure:
    """The share of each kind in percent, truth beside the others."""
    figure = go.Figure()
    first = next(iter(compared.values()))
    names = [name_of(i, len(first.first) - 1) for i in range(len(first.first))]
    for name, shares in {TRUTH: first.shares[0], **{name: pair.shares[1] for name, pair in compared.items()}}.items():
        colour, _, symbol = STYLES.get(name, (NEUTRAL, "dot", "square-open"))
        value, low, high = (
            100.0 * np.array([getattr(share, end) for share in shares]) for end in ("value", "low", "high")
        )
        figure.add_scatter(
            x=names, y=value, mode="markers", name=name, marker={"color": colour, "symbol": symbol, "size": 10},
            error_y=errors(high - value, value - low, colour), hovertemplate=f"{name}: %{{y:.2f}} %<extra></extra>",
        )  # fmt: skip
    return finish(figure, "kind", "showers [%]").update_yaxes(rangemode="tozero")


def _share_columns(compared: Mapping[str, Compared]) -> dict[str, list[Any]]:
    rows = share_rows(compared)
    columns: dict[str, list[Any]] = {"kind": [row["kind"] for row in rows]}
    for name in (TRUTH, *compared):
        columns |= {f"{name} {end}": [getattr(row[name], end) for row in rows] for end in ("value", "low", "high")}
    return columns


def _pictures(samples: Mapping[str, Sorted], k: int, grid: Grid) -> list[Figure]:
    """At most twenty showers of each kind and sample, at random."""
    drawn = []
    for name, sample in samples.items():
        for i in range(k):
            places = np.flatnonzero(sample.kinds == i)
            chosen = np.sort(np.random.default_rng(i).permutation(places)[:N_PICTURES])
            if not len(chosen):
                continue
            rows = sample.rows[chosen]
            titles = [f"{sample.cells_mev[place].sum() / 1e3:.3g} GeV" for place in chosen]
            large = sample.cells_mev[chosen].repeat(ENLARGED, axis=1).repeat(ENLARGED, axis=2)
            figure = mosaic(large, rows, titles, "MeV", max(grid.threshold_mev, 0.1))
            columns = {"row": rows.tolist(), "energy [GeV]": (sample.cells_mev[chosen].sum(axis=(1, 2)) / 1e3).tolist()}
            drawn.append(Figure(f"{name_of(i, k)}, {name} ({len(places):,})", figure, PICTURES_NOTE, columns, PICTURES))
    return drawn
