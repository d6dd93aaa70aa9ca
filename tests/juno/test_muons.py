"""Why muons and electrons were not told apart: each check on made-up events whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.analysis.analysis import silent
from core.juno import views
from core.juno.geometry import rings
from core.juno.muons import baselines, channels, check, ladder, normalisation, order, report, roll
from core.juno.muons.hand_features import HAND, two_feature_scores
from core.juno.muons.sample import Sample, crossed_scores
from core.juno.recipe import PmtImage
from core.statistics.roc import auc
from tests.juno import flashes

SENSORS = rings(radius_m=5.0, ls_radius_m=4.5)
N = 120


@pytest.fixture
def sample(monkeypatch):
    """Flashes, of which 'muons' have a wider edge."""
    points = flashes.vertices(N, seed=3, most_m=3.0)
    events = [flashes.hits(SENSORS, point, 400, seed=i) for i, point in enumerate(points)]
    rows = flashes.Rows(SENSORS, events, points, monkeypatch, views.event, roll)
    generator, is_muon = np.random.default_rng(4), np.arange(N) % 2 == 1
    for name in HAND:
        rows.table[name] = generator.normal(is_muon * 2.0, 1.0)
    direction = generator.normal(size=(N, 3))
    rows.table |= {
        f"true_dir_{axis}": direction[:, i] / np.linalg.norm(direction, axis=1) for i, axis in enumerate("xyz")
    }
    rows.table |= {"true_energy_mev": np.full(N, 300.0), "truth_class": np.where(is_muon, 2, 0)}
    return Sample(rows, np.arange(N), is_muon, rows.table["true_energy_mev"])


def test_a_regression_learns_what_there_is_and_nothing_from_lots():
    generator, labels = np.random.default_rng(1), np.arange(400) % 2
    features = generator.normal(labels[:, None], 1.0, (400, 2))
    features[7, 0] = np.nan
    scores = crossed_scores(features, labels)
    assert np.flatnonzero(np.isnan(scores)).tolist() == [7]
    known = np.isfinite(scores)
    assert auc(scores[known], labels[known]).value == pytest.approx(0.84, abs=0.05)  # Phi(sqrt(2) / sqrt(2))
    lots = generator.permutation(labels)
    by_lot = auc(crossed_scores(features[known], lots[known]), lots[known])
    assert by_lot.low < 0.5 < by_lot.high + 0.05
    assert np.isnan(crossed_scores(features, np.zeros(400, int))).all()


def test_batches_of_one_class_are_counted():
    labels = np.repeat([0, 1], 640)
    assert order.one_class_share(labels) == 1.0
    assert order.one_class_share(np.tile([0, 1], 640)) == 0.0
    assert order.one_class_share(np.repeat([0, 1], 96)) == pytest.approx(2 / 3)


def test_labels_by_lot_give_nothing(sample):
    mixed = order.check(sample, sample.columns(HAND))
    assert mixed.verdict == check.NOT
    by_class = sample.where(np.argsort(sample.is_muon, kind="stable"))
    assert mixed.values["one_class_share"]["a file for each class"] == order.one_class_share(by_class.is_muon)


def test_directions_alike_are_a_unit_vector():
    assert roll.alignment(np.full(50, 0.3), 1).value == pytest.approx(1.0)
    assert roll.alignment(np.array([0.0, np.pi] * 50), 1).value == pytest.approx(0.0, abs=1e-12)
    assert roll.alignment(np.array([0.0, np.pi] * 50), 2).value == pytest.approx(1.0)


def test_a_roll_turns_directions_in_the_image_only(sample):
    angles = roll.directions(sample)
    assert set(angles) == set(roll.ROLLS)
    assert all(roll.alignment(values, 1).value < 0.3 for values in angles.values())  # directions by lot stay so


def test_saturated_pixels_are_counted(sample):
    short, long = (
        channels.seen(sample, PmtImage(mode="raw", channels=channels.CHANNELS, as_bytes=True, time_span_ns=span))
        for span in (5.0, 2000.0)
    )
    assert short.low[0] > channels.MUCH
    assert long.low[0] < channels.SOME
    assert long.counts[0].sum() > 0
    assert np.all(short.steps >= 1)
    assert channels.check(sample).verdict in (check.NOT, check.PART, check.EXPLAINS)


def test_a_frozen_base_gives_the_same_today_and_did_not_in_2017():
    import keras

    from core.juno.layers import BatchModeNormalization

    generator = np.random.default_rng(6)
    labels = np.arange(64) % 2
    images = (generator.random((64, 32, 64, 3)) * (0.5 + 0.5 * labels[:, None, None, None])).astype(np.float32)
    today = normalisation.modes(keras.layers.BatchNormalization, images, labels)
    assert today.difference < normalisation.SAME
    assert today.in_training.value == today.afterwards.value > 0.9
    assert normalisation.modes(BatchModeNormalization, images, labels).difference > 0.1


def test_every_point_is_mended_after_those_before():
    steps = ladder.steps()
    names = list(steps)
    assert names[0] == "2017"
    assert steps["2017"] == {"mode": "raw", "channels": ("first", "mean", "std"), "as_bytes": True, "roll": "random"}
    assert steps[names[-1]]["mode"] == "tof"
    assert steps[names[-1]]["roll"] == "pca"
    assert "charge" in steps[names[-1]]["channels"]
    assert not steps[names[-1]]["as_bytes"]
    trainings = report.trainings(report.WhyParameters())
    assert len({str(training.selection) for training in trainings.values()}) == 1


def test_steps_are_compared_on_the_same_events():
    rows, labels = np.arange(200), np.arange(200) % 2
    selected = SimpleNamespace(rows=lambda _side: (rows, labels), classes=("electron", "muon"))
    generator = np.random.default_rng(8)
    scores = {
        "2017": generator.random(200),
        "+ not in 8 bit": np.clip(0.5 + 0.4 * (labels - 0.5) + generator.normal(0, 0.1, 200), 0, 1),
    }
    tables = {name: SimpleNamespace(rows=rows, score=score) for name, score in scores.items()}
    compared = ladder.compared(selected, tables)
    assert compared[0]["area"].low < 0.5 < compared[0]["area"].high
    assert compared[1]["area"].value > 0.95
    assert compared[1]["added"].startswith("+0.")
    assert "n = 200" in compared[1]["rightly decided more often [%]"]
    assert np.isnan(compared[-1]["area"].value)
    assert len(ladder.report(compared).figures) == 1


def test_two_features_are_judged_by_others(sample):
    scores, truth = two_feature_scores(sample.dataset)
    assert auc(scores, truth).value > 0.9
    judged = baselines.baselines(sample)
    row = judged.areas()[-1]
    assert row[baselines.TWO].value > 0.9
    assert row["muon [pixels]"] == pytest.approx(1.5 / 0.553, abs=0.06)
    assert baselines.size_check(judged).verdict == check.NOT
    assert baselines.charge_check(judged).verdict in (check.NOT, check.PART)


def test_all_six_have_a_verdict_and_few_events_none(sample):
    done = report.checks(sample, silent)
    assert [checked.hypothesis[0] for checked in done] == list("123456")
    verdicts = {check.EXPLAINS, check.PART, check.NOT, check.UNKNOWN}
    assert all(checked.verdict in verdicts and checked.why for checked in done)
    few = report.checks(sample.where(np.arange(30)), silent)
    assert all(checked.verdict == check.UNKNOWN for checked in few[1:])
    none = report.checks(sample.where(np.arange(0)), silent)
    assert [checked.verdict for checked in none] == [check.UNKNOWN] * 6
