"""The simulated trigger: the closed form where it must hold, the figures of the brief where it must not, dark counts."""

import dataclasses

import numpy as np
import pytest

from core.analysis import trigger_scan
from core.cosine.simulation import pulses
from core.cosine.simulation.trigger import (
    TRIGGER,
    TriggerParameters,
    above_threshold,
    accidental_hz,
    charge_above,
    closed_form,
    scan,
)
from core.errors import DarkroomError
from core.statistics.intervals import clopper_pearson

ENERGIES_KEV = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0]
IDEAL = TriggerParameters(threshold_pe=0.0, coincidence_ns=1e6, dark_counts_khz=0.0, split_rms=0.0)


def test_closed_form_gives_the_known_numbers() -> None:
    np.testing.assert_allclose(closed_form(ENERGIES_KEV, IDEAL), [0.278, 0.604, 0.800, 0.954, 0.990, 0.999], atol=5e-4)
    assert closed_form([0.0], IDEAL)[0] == 0.0


@pytest.mark.parametrize("hit_efficiency", [1.0, 0.7])
def test_a_wide_window_without_threshold_meets_the_closed_form(hit_efficiency: float) -> None:
    accepted = trigger_scan.scan(
        TRIGGER, dataclasses.replace(IDEAL, hit_efficiency=hit_efficiency), ENERGIES_KEV, 20_000, seed=4
    )
    assert accepted.agreement[2] > 1e-3
    assert "agrees" in trigger_scan.in_words(accepted)
    other = dataclasses.replace(IDEAL, hit_efficiency=hit_efficiency - 0.03)
    wrong = dataclasses.replace(accepted, closed=closed_form(ENERGIES_KEV, other))
    assert wrong.agreement[2] < 1e-6


def test_a_threshold_alone_is_the_closed_form_with_what_it_leaves() -> None:
    p = dataclasses.replace(IDEAL, threshold_pe=0.8)
    accepted = trigger_scan.scan(TRIGGER, p, ENERGIES_KEV, 20_000, seed=2)
    assert dataclasses.replace(accepted, closed=accepted.above_threshold).agreement[2] > 1e-3
    assert accepted.agreement[2] < 1e-6


def test_the_toy_of_the_brief_with_its_window() -> None:
    """95 % hit efficiency and 200 ns: 0.885 at 0.5 keV and 0.997 at 1 keV; the toy's own threshold is not recorded."""
    p = TriggerParameters(hit_efficiency=0.95, threshold_pe=0.1, dark_counts_khz=0.0)
    at_half, at_one = (point.light.value for point in scan([0.5, 1.0], p, 40_000))
    assert at_half == pytest.approx(0.885, abs=0.006)
    assert at_one == pytest.approx(0.997, abs=0.003)


def test_the_trigger_is_the_one_of_the_simulated_sample() -> None:
    """Light alone, the sample's own code: photoelectrons, order, first pair within 200 ns."""
    rng, n, times, charges = np.random.default_rng(6), 4000, np.empty(9000), np.empty(9000)
    pmts, light = np.empty(9000, np.int64), np.empty(9000, np.bool_)
    recorded = 0
    for _ in range(n):
        k, _ = pulses._photoelectrons(
            rng, pulses.SIGNAL, 0.3 * 15.0, (2.0, 2.0), (0.0, 0.0), times, pmts, charges, light
        )
        closing = pulses._trigger(np.argsort(times[:k]), times, pmts, charges, 0.15)
        recorded += not np.isnan(closing)
    low, high = clopper_pearson(recorded, n, 0.999)
    point = scan([0.3], TriggerParameters(dark_counts_khz=0.0), 40_000)[0]
    assert low < point.light.value < high


def test_charges_above_threshold_are_those_that_are_drawn() -> None:
    rng = np.random.default_rng(3)
    drawn = np.array([pulses.charge(rng) for _ in range(40_000)])
    for threshold in (0.0, 0.03, 0.15, 0.8):
        assert charge_above(threshold) == pytest.approx(np.mean(drawn >= threshold), abs=0.008)
    assert charge_above(0.0) == pytest.approx(1.0)


def test_dark_counts_are_told_apart() -> None:
    """Without light only two dark counts can make a record, at 2 r^2 window; without dark counts none is helped."""
    p = dataclasses.replace(IDEAL, dark_counts_khz=100.0, coincidence_ns=200.0)
    assert accidental_hz(p) == pytest.approx(2 * 1e10 * 200e-9)
    dark = scan([0.0], p, 100_000)[0]
    assert dark.light.k == dark.helped.k == 0
    low, high = clopper_pearson(dark.accidental.k, dark.accidental.n, 0.999)
    assert low < -np.expm1(-accidental_hz(p) * 8160e-9) < high
    assert all(item.helped.k == item.accidental.k == 0 for item in scan(ENERGIES_KEV, IDEAL, 500))
    lit, helped = (scan([0.1], dataclasses.replace(p, dark_counts_khz=r), 20_000)[0] for r in (0.0, 100.0))
    assert helped.light.value == pytest.approx(lit.light.value, abs=0.015)  # the efficiency does not know of them
    assert helped.helped.value > 0.01


def test_same_seed_same_counts_and_more_is_more() -> None:
    p = TriggerParameters()
    assert scan(ENERGIES_KEV, p, 300, 5) == scan(ENERGIES_KEV, p, 300, 5)
    for change in ({"coincidence_ns": 50.0}, {"threshold_pe": 1.0}, {"hit_efficiency": 0.6}):
        less = scan([0.3], dataclasses.replace(p, **change), 4000)[0].light
        assert less.high < scan([0.3], p, 4000)[0].light.low
    assert (above_threshold(ENERGIES_KEV, p) < closed_form(ENERGIES_KEV, p)).all()


def test_where_the_trigger_is_full_and_which_loss_is_whose() -> None:
    accepted = trigger_scan.scan(TRIGGER, TriggerParameters(), trigger_scan.even_energies(2.0), 2000)
    value, low, high = trigger_scan.reaches(accepted, 0.9)
    assert low <= value <= high
    assert scan([value], TriggerParameters(), 20_000)[0].light.value == pytest.approx(0.9, abs=0.015)
    assert np.isnan(trigger_scan.reaches(accepted, 1.1)).all()
    assert "coincidence window" in trigger_scan.in_words(accepted)
    dim = trigger_scan.scan(TRIGGER, TriggerParameters(light_yield_pe_per_kev=0.1), [0.01], 10)
    assert "No energy" in trigger_scan.in_words(dim)


def test_bad_requests_are_refused_in_a_sentence() -> None:
    for energies, n in (([], 10), ([-1.0], 10), ([1.0], 0), ([300.0], 10)):
        with pytest.raises(DarkroomError, match="expected at least one of both"):
            scan(energies, TriggerParameters(), n)
    with pytest.raises(DarkroomError, match="highest energy"):
        trigger_scan.even_energies(0.0)
