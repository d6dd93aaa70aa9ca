"""Kinds of showers: known shapes by hand, three known impacts come back, a lost kind is seen."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import DarkroomError
from core.figures.generation import GENERATED, TRUTH
from core.statistics.intervals import efficiency
from core.zdc.grid import Grid
from core.zdc.masks import analysis, kinds
from core.zdc.masks.fractions import compare, counts_of
from core.zdc.masks.kinds import EMPTY, Kinds, agreement
from core.zdc.masks.report import Sorted, report_of
from core.zdc.masks.views import MASK_NAMES, folded, mask_shapes, mask_view, window_view, windows
from core.zdc.simulate import SimulationParameters, simulate_showers

IMPACTS_MM = {"cell": (15.0, 15.0), "edge": (0.0, 15.0), "corner": (0.0, 0.0)}
N = 150


def at(x_mm: float, y_mm: float, n: int = N, seed: int = 1) -> np.ndarray:
    settings = SimulationParameters(energy_high_gev=20.0, impact="fixed", impact_x_mm=x_mm, impact_y_mm=y_mm)
    return simulate_showers(n, seed, settings).cells_mev


@pytest.fixture(scope="module")
def showers() -> tuple[np.ndarray, np.ndarray]:
    """Showers of 2 to 20 GeV into the middle of a cell, between two, and between four; and which of these."""
    parts = [at(*place, seed=seed) for seed, place in enumerate(IMPACTS_MM.values())]
    return np.concatenate(parts), np.repeat(np.arange(3), N)


@pytest.fixture(scope="module")
def sorted_kinds(showers: tuple[np.ndarray, np.ndarray]) -> Kinds:
    return kinds.find(window_view(showers[0]))


def test_three_impacts_come_back_whatever_the_energy(
    showers: tuple[np.ndarray, np.ndarray], sorted_kinds: Kinds
) -> None:
    cells, impact = showers
    assert sorted_kinds.k == 3 and sorted_kinds.is_clear
    assert agreement(sorted_kinds.assign(window_view(cells)), impact) > 0.98
    best = next(choice for choice in sorted_kinds.choices if choice.k == 3)
    assert best.silhouette > 0.7 and best.stability > 0.95
    fresh = at(0.0, -15.0, 50, seed=9)  # the same edge, seen from another side
    own = np.bincount(sorted_kinds.assign(window_view(cells[impact == 1]))).argmax()
    assert (sorted_kinds.assign(window_view(fresh)) == own).mean() > 0.95
    assert sorted_kinds.unlike(window_view(fresh)).mean() < 0.1


def test_masks_as_they_are_follow_the_energy(showers: tuple[np.ndarray, np.ndarray]) -> None:
    """The trap that the window is for."""
    flat = (showers[0] > 0).reshape(len(showers[0]), -1)[:, ::7].astype(float)
    flat += np.random.default_rng(1).normal(0.0, 1e-3, flat.shape)
    assert agreement(kinds.find(flat, k=3).assign(flat), showers[1]) < 0.6


def test_a_window_is_turned_so_that_most_lies_right_and_up() -> None:
    square = np.zeros((3, 3))
    square[1, 1], square[1, 2], square[2, 1] = 5.0, 3.0, 1.0
    turned = np.stack([np.rot90(s, i) for s in (square, square[::-1]) for i in range(4)])
    assert (folded(turned) == square).all()
    image = np.zeros((2, 6, 8))
    image[0, 5, 0], image[0, 5, 1] = 6.0, 2.0
    view = windows(image)[0]
    assert view[2, 2] == 0.75 and view[2, 3] == 0.25 and view.sum() == 1.0
    assert np.isnan(windows(image)[1]).all()


def test_the_shape_of_masks_by_hand() -> None:
    ring, line, two, nothing, full = np.zeros((5, 6, 6))
    ring[1:4, 1:4], ring[2, 2] = 1.0, 0.0
    line[2, 1:5] = 1.0
    two[0, 0], two[1, 1], two[5, 4:6] = 1.0, 1.0, 1.0
    full[:] = 1.0
    shapes = mask_shapes(np.stack([ring, line, two, nothing, full]))
    assert tuple(shapes) == MASK_NAMES
    assert shapes["n_on"].tolist() == [8, 4, 4, 0, 36]
    assert shapes["components"].tolist() == [1, 1, 3, 0, 1]
    assert shapes["holes"].tolist() == [1, 0, 0, 0, 0]
    assert shapes["largest_share"][:3].tolist() == [1.0, 1.0, 0.5]
    np.testing.assert_allclose(shapes["perimeter2_over_area"][[0, 1, 4]], [16.0**2 / 8, 10.0**2 / 4, 24.0**2 / 36])
    np.testing.assert_allclose(shapes["eccentricity"][[0, 1, 4]], [0.0, np.sqrt(1 - 1 / 16), 0.0], atol=1e-7)
    np.testing.assert_allclose(shapes["empty_share"][[0, 1, 2]], [1 / 9, 0.0, 1 - 4 / 36])
    assert all(np.isnan(shapes[name][3]) for name in ("largest_share", "eccentricity", "empty_share"))
    view = mask_view(np.stack([ring, nothing]))
    assert view.shape == (2, 7) and np.isfinite(view[0]).all() and np.isnan(view[1]).all()


def test_a_lost_kind_is_seen_and_equal_samples_agree(
    showers: tuple[np.ndarray, np.ndarray], sorted_kinds: Kinds
) -> None:
    cells, impact = showers
    own = sorted_kinds.assign(window_view(cells))
    whole, lost = counts_of(own, 3), counts_of(own[impact != 2], 3)
    dropped, same = compare(whole, lost), compare(whole, whole)
    assert len(dropped.missing) == 1 and not dropped.invented and not same.missing
    assert compare(lost, whole).invented == dropped.missing
    assert dropped.p < 1e-6 and same.chi2 == 0.0 and same.p == 1.0
    assert dropped.divergence.low > 0.05 > same.divergence.value


def test_chi2_of_two_kinds_is_that_of_the_textbook_and_holds_its_level() -> None:
    pair = compare(np.array([30, 70, 0]), np.array([45, 55, 0]))
    assert pair.chi2 == pytest.approx(200 * (30 * 55 - 70 * 45) ** 2 / (75 * 125 * 100 * 100)) and pair.ndf == 1
    rng = np.random.default_rng(3)
    p = [compare(*rng.multinomial(500, [0.5, 0.3, 0.2], 2)).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09
    assert np.isnan(compare(np.array([5, 0]), np.array([9, 0])).p)
    assert np.isnan(compare(np.array([5, 1]), np.array([0, 0])).p)


def test_empty_showers_are_a_kind_of_their_own(sorted_kinds: Kinds) -> None:
    view = window_view(np.zeros((3, 20, 20), np.float32))
    assert (sorted_kinds.assign(view) == EMPTY).all()
    assert counts_of(sorted_kinds.assign(view), 3).tolist() == [0, 0, 0, 3]


def test_showers_that_are_all_alike_are_one_kind_and_too_few_are_refused() -> None:
    same = kinds.find(np.tile([0.5, 0.25, 0.25], (60, 1)))
    assert same.k == 1 and not same.is_clear and (same.assign(np.full((2, 3), 0.5)) == 0).all()
    with pytest.raises(DarkroomError, match="need 50 showers with energy, there are 10"):
        kinds.find(np.ones((10, 3)))


def test_a_cloud_has_no_kinds() -> None:
    cloud = np.random.default_rng(4).normal(size=(300, 8))
    assert not kinds.find(cloud).is_clear


def test_the_report_tells_kinds_shares_and_what_a_person_thinks(
    showers: tuple[np.ndarray, np.ndarray], sorted_kinds: Kinds
) -> None:
    cells, impact = showers
    own = sorted_kinds.assign(window_view(cells))
    whole = Sorted(np.arange(len(cells)), cells, own)
    poor = Sorted(whole.rows[impact != 0], cells[impact != 0], own[impact != 0])
    compared = {GENERATED: compare(counts_of(own, 3), counts_of(poor.kinds, 3))}
    unlike = {GENERATED: efficiency(1, 300)}
    by_hand = (own, impact, tuple(IMPACTS_MM))
    report = report_of(sorted_kinds, {TRUTH: whole, GENERATED: poor}, compared, Grid(), unlike, by_hand, "title")
    assert report.values["k"] == 3 and report.values["by_hand"]["adjusted_rand"] > 0.98
    assert len(report.values["compared"][GENERATED]["missing"]) == 1
    assert any("dropped mode" in note for note in report.notes)
    pictures = [figure for figure in report.figures if figure.group == "pictures"]
    assert len(pictures) == 5  # three kinds of truth, two of generated
    assert all(len(figure.columns["row"]) == 20 for figure in pictures)
    table = next(table for table in report.tables if table.title == "By hand")
    assert sum(row[f"by hand: {name}"] for row in table.rows for name in IMPACTS_MM) == 3 * N
    report.to_dict()


def test_the_analysis_sorts_a_data_set_without_a_run(
    showers: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    cells, impact = showers
    labels = np.where(np.arange(len(cells)) % 2, impact, np.nan).astype(np.float32)
    dataset = SimpleNamespace(
        name="three", n_rows=len(cells), geometry=Grid().arrays(), derived={"hand_label": {"classes": list(IMPACTS_MM)}},
        column=lambda _name: labels,
    )  # fmt: skip
    monkeypatch.setattr(analysis, "stored_blocks", lambda _data, _name, rows: iter([cells[rows]]))
    inputs = SimpleNamespace(dataset=dataset, run=None)
    report = analysis.run(inputs, analysis.MaskParameters(n_rows=200), lambda *_: None)  # type: ignore[arg-type]
    assert report.values["k"] == 3 and report.values["by_hand"]["n"] == 225
    assert report.values["by_hand"]["adjusted_rand"] > 0.95
    assert not report.values["compared"]["other truth"]["missing"]
    with pytest.raises(DarkroomError, match="choose one"):
        analysis.run(SimpleNamespace(dataset=None), analysis.MaskParameters(), lambda *_: None)  # type: ignore[arg-type]
