"""Network and baselines on the same events: closed forms, thresholds from validation, nobody judged on fewer events."""

import json

import numpy as np
import pytest

from core.judge.baselines import BoxCut, Ranking
from core.judge.judging import BoxSide
from core.judge.paired import NETWORK, compare
from tests.judge.axes import KEV

WINDOWS = ((1.0, 2.0), (2.0, 3.0))


def sample(n: int = 4000, seed: int = 1):
    """Energy, labels, split (validation or test), and a score that tells more in the upper window."""
    rng = np.random.default_rng(seed)
    energy_kev, labels = rng.uniform(1, 3, n), rng.integers(0, 2, n)
    score = rng.normal(labels * (1.0 + 2.0 * (energy_kev >= 2)), 1.0)
    return energy_kev, labels, rng.random(n) < 0.5, score


def rows_of(methods, energy_kev, labels, validation, **options):
    _, rows = compare(methods, energy_kev, labels, ~validation, validation, WINDOWS, **options)
    return {(row.window, row.method): row for row in rows}


def test_a_method_against_itself_never_differs():
    energy_kev, labels, validation, score = sample()
    rows = rows_of({NETWORK: Ranking(score, 0.5), "same": Ranking(score.copy(), 0.5)}, energy_kev, labels, validation)
    for window in (*WINDOWS, None):
        same = rows[window, "same"]
        assert (same.against.n10, same.against.n01, same.against.p) == (0, 0, 1.0)
        assert same.leakage == rows[window, NETWORK].leakage
        assert rows[window, NETWORK].against is None


def test_limits_are_of_validation_and_numbers_of_the_rest():
    energy_kev, labels, validation, score = sample()
    row = rows_of({NETWORK: Ranking(score, 0.5)}, energy_kev, labels, validation)[WINDOWS[1], NETWORK]
    inside = energy_kev >= 2
    threshold = np.float32(row.limits["threshold"])
    accepted = np.float32(score) >= threshold
    assert accepted[validation & inside & (labels == 1)].mean() >= 0.99
    assert (np.float32(score) > threshold)[validation & inside & (labels == 1)].mean() < 0.99
    test = ~validation & inside
    assert (row.leakage.leakage.k, row.leakage.leakage.n) == (
        accepted[test & (labels == 0)].sum(),
        (test & (labels == 0)).sum(),
    )
    assert row.leakage.signal.value == accepted[test & (labels == 1)].mean()
    assert row.n_basis == (validation & inside & (labels == 1)).sum()


def test_a_worse_method_leaks_more_and_p_says_so():
    energy_kev, labels, validation, score = sample()
    blurred = score + np.random.default_rng(2).normal(0, 1.5, len(score))
    methods = {NETWORK: Ranking(score, 0.5), "blurred": Ranking(blurred, 0.5)}
    rows = rows_of(methods, energy_kev, labels, validation)
    against = rows[WINDOWS[1], "blurred"].against
    assert against.high < 0  # the network leaks less
    assert against.p < 1e-6
    turned = rows_of(methods, energy_kev, labels, validation, reference="blurred")[WINDOWS[1], NETWORK].against
    assert (turned.n10, turned.n01, turned.p) == (against.n01, against.n10, against.p)


def test_the_usual_thresholds_are_compared_class_by_class():
    labels = np.array([1, 1, 1, 0, 0, 0])
    first, second = np.array([1.0, 1, 0, 0, 0, 1]), np.array([1.0, 0, 0, 1, 0, 1])
    methods = {NETWORK: Ranking(first, 0.5), "other": Ranking(second, 0.5)}
    at, _ = compare(methods, np.ones(6), labels, np.ones(6, bool), np.ones(6, bool), ())
    assert [(o.method, o.signal.n10, o.signal.n01, o.background.n10, o.background.n01) for o in at] == [
        ("other", 1, 0, 1, 0)
    ]


def test_a_box_is_chosen_anew_in_every_window():
    energy_kev, labels, validation, score = sample()
    box = BoxCut({"score": score}, (BoxSide("score", "above"),))
    rows = rows_of({NETWORK: Ranking(score, 0.5), "box": box}, energy_kev, labels, validation)
    for window in WINDOWS:  # a box of one side is a threshold
        assert rows[window, "box"].leakage.leakage == rows[window, NETWORK].leakage.leakage
        assert rows[window, "box"].against.p == 1.0
    assert rows[WINDOWS[0], "box"].limits != rows[WINDOWS[1], "box"].limits


def test_without_signal_or_events_numbers_are_undefined_and_not_zero():
    energy_kev, labels, validation, score = sample(200)
    energy_kev[:] = 2.5
    methods = {NETWORK: Ranking(score, 0.5), "other": Ranking(-score, 0.5)}
    rows = rows_of(methods, energy_kev, labels, validation)
    plain = json.loads(json.dumps(rows[WINDOWS[0], "other"].to_dict(KEV), allow_nan=False))
    assert plain["leakage"] == {"value": None, "low": None, "high": None, "n": 0, "k": 0, "method": "Clopper-Pearson"}
    assert plain["against"] is None
    only_background = rows_of(methods, energy_kev, np.zeros(200, int), validation)
    assert only_background[WINDOWS[1], NETWORK].leakage.leakage.value != pytest.approx(0.0)


def test_p_with_limits_holds_how_the_limits_were_chosen():
    """Two equally good methods: McNemar at limits from few signal events finds a difference far too often."""
    rng, p_values = np.random.default_rng(4), []
    for _ in range(40):
        labels = np.repeat([1, 1, 0], [200, 200, 2000])
        validation = np.arange(2400) < 200
        common = rng.normal(0, 0.8, 2400) + 3.0 * labels
        methods = {name: Ranking(common + rng.normal(0, 0.6, 2400), 0.5) for name in (NETWORK, "as good")}
        _, rows = compare(methods, np.ones(2400), labels, ~validation, validation, ())
        p_values.append((rows[1].against.p, rows[1].p_with_limits))
    mcnemar_s, with_limits = np.array(p_values).T
    assert (with_limits >= mcnemar_s).all()
    assert (mcnemar_s < 0.05).sum() > 15
    assert (with_limits < 0.05).sum() <= 6  # of 40, 2 expected


def test_p_with_limits_still_finds_what_is_there_and_is_undefined_without_events():
    energy_kev, labels, validation, score = sample()
    blurred = score + np.random.default_rng(2).normal(0, 1.5, len(score))
    rows = rows_of({NETWORK: Ranking(score, 0.5), "blurred": Ranking(blurred, 0.5)}, energy_kev, labels, validation)
    assert rows[WINDOWS[1], "blurred"].p_with_limits < 0.01
    assert np.isnan(rows[WINDOWS[1], NETWORK].p_with_limits)
    energy_kev[:] = 2.5
    rows = rows_of({NETWORK: Ranking(score, 0.5), "blurred": Ranking(blurred, 0.5)}, energy_kev, labels, validation)
    assert rows[WINDOWS[0], "blurred"].to_dict(KEV)["p_with_limits"] is None
