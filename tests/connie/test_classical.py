"""The classical muon cuts and rules, on tracks made up for them."""

import numpy as np
import pytest

from core.connie.features import DEBLENDED, EDGE, SATURATED
from core.connie.labels.classes import FINE
from core.connie.muons.classical import DEDX, SHAPE, DedxBand, ShapeBand, is_classical_muon, observed_peak, rule_classes
from core.errors import DarkroomError

MUON = {
    "flags": 0, "length_px": 40.0, "log_dedx_adu": 2.75, "e1": 5e4, "box_diagonal_px": 40.0, "mean_width_px": 4.4,
    "sigma_t_px": 0.45, "npix": 220, "residual_px": 0.3, "charge_e": 8e4, "x_min_px": 0, "x_max_px": 30, "y_min_px": 0,
    "y_max_px": 25, "w_over_l": 0.05, "straightness": 0.98, "sagitta_over_l": 0.01, "dedx_kev_per_um": 0.3,
}  # fmt: skip


def table(*changes: dict[str, float]) -> dict[str, np.ndarray]:
    """Tracks that differ from a typical muon as said."""
    rows = [{**MUON, **change} for change in changes]
    kinds = {"flags": np.int32, "npix": np.int32}
    return {name: np.array([row[name] for row in rows], kinds.get(name, np.float32)) for name in MUON}


def test_the_band_follows_the_observed_peak():
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(2.81, 0.04, 600), rng.uniform(2.0, 4.0, 400)])
    tracks = table(*({"log_dedx_adu": v} for v in values), *({"log_dedx_adu": 3.5, "length_px": 5.0},) * 900)
    assert observed_peak(tracks) == pytest.approx(2.81, abs=0.02)
    passed = is_classical_muon(tracks, DEDX)
    expected = np.abs(tracks["log_dedx_adu"] - observed_peak(tracks)) < 0.1601
    np.testing.assert_array_equal(passed, expected)


def test_too_few_tracks_have_no_peak_and_keep_nothing():
    tracks = table(*[{}] * 20)
    assert np.isnan(observed_peak(tracks))
    assert not is_classical_muon(tracks, DEDX).any()


def test_dedx_row_by_row():
    tracks = table(
        {}, {"log_dedx_adu": 2.9}, {"log_dedx_adu": 2.5}, {"log_dedx_adu": np.nan}, {"flags": int(EDGE)},
        {"flags": int(SATURATED)}, {"flags": int(DEBLENDED)},
    )  # fmt: skip
    passed = is_classical_muon(tracks, DEDX, DedxBand())
    np.testing.assert_array_equal(passed, [True, False, False, False, False, False, True])


def test_shape_row_by_row():
    tracks = table(
        {}, {"box_diagonal_px": 20.0}, {"mean_width_px": 5.5}, {"mean_width_px": 3.3}, {"e1": 0.0},
        {"flags": int(EDGE)}, {"mean_width_px": np.nan},
    )  # fmt: skip
    np.testing.assert_array_equal(is_classical_muon(tracks, SHAPE), [True, *[False] * 6])
    assert is_classical_muon(tracks, SHAPE, ShapeBand(half_width_px=1.2))[2]


def test_another_cut_is_refused():
    with pytest.raises(DarkroomError, match="Unknown classical cut 'width': expected dE/dx or shape"):
        is_classical_muon(table({}), "width")


def names(classes: np.ndarray) -> list[str]:
    return [FINE[k] if k >= 0 else "" for k in classes]


def test_the_modern_rules():
    short = {"length_px": 12.0, "w_over_l": 0.2}
    tracks = table(
        {}, {"straightness": 0.7}, {"sagitta_over_l": 0.05}, {"w_over_l": 0.2}, short,
        {**short, "dedx_kev_per_um": 0.8}, {"length_px": 5.0}, {"x_max_px": 0, "y_max_px": 20},
        {"charge_e": 3e5, "length_px": 14.0, "x_max_px": 14, "y_max_px": 13, "straightness": 0.5},
        {"sagitta_over_l": np.nan, "straightness": np.nan},
    )  # fmt: skip
    assert names(rule_classes(tracks)) == [
        "muon sure", "worm", "worm", "worm", "muon unsure", "worm", "spot", "bad pixel", "spot", "worm",
    ]  # fmt: skip
