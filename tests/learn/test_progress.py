"""Curves from running means, class weights, expected time: closed forms."""

import math

import numpy as np
import pytest

from core.cosine.model import NETWORKS
from core.errors import DarkroomError
from core.learn.progress import LATEST_BATCHES, Curves
from core.learn.tasks.classify import Classify, class_weights, judged
from core.learn.training import COMPILE_S, START_S, TrainingParameters, expected_seconds, training_for
from core.runs import RunSummary

CLASSES = ("background", "signal")


def test_the_latest_batches_and_the_epoch_are_counted_from_means_of_batches() -> None:
    rng = np.random.default_rng(5)
    n, n_batches = 64, 100
    seen = rng.integers(0, 2, (n_batches, n))
    right = rng.random((n_batches, n)) < 0.8
    loss = rng.random(n_batches)
    curves = Curves(Classify(CLASSES, 1))
    curves.begin_epoch(0)
    for label, hit, value in zip(seen, right, loss, strict=True):
        means = {"loss": value}
        for i in range(2):
            means[f"seen_{i}"] = float(np.float32((label == i).mean()))
            means[f"right_{i}"] = float(np.float32(((label == i) & hit).mean()))
        point = curves.add_batch(n, means)
    whole = curves.add_epoch({}, True)
    for metrics, rows in ((point, slice(-LATEST_BATCHES, None)), (whole, slice(None))):
        label, hit = seen[rows].ravel(), right[rows].ravel()
        assert metrics["signal_efficiency"] == pytest.approx(hit[label == 1].mean(), abs=1e-12)
        assert metrics["background_efficiency"] == pytest.approx(hit[label == 0].mean(), abs=1e-12)
        assert metrics["loss"] == pytest.approx(loss[rows].mean(), rel=1e-6)
        assert metrics["step"] == n_batches
    assert point["n_signal"] == (seen[-LATEST_BATCHES:] == 1).sum()
    assert point["n_background"] == (seen[-LATEST_BATCHES:] == 0).sum()


def test_the_curves_go_on_over_an_epoch_and_tell_an_absent_class_as_unknown() -> None:
    curves = Curves(Classify(CLASSES, 1))
    for epoch in range(2):
        curves.begin_epoch(epoch)
        point = curves.add_batch(10, {"loss": 0.5, "seen_0": 1.0, "right_0": 0.7, "seen_1": 0.0, "right_1": 0.0})
    assert (point["epoch"], point["step"], point["n_background"]) == (2, 2, 20)
    assert point["background_efficiency"] == pytest.approx(0.7)
    assert point["signal_efficiency"] is None


def test_a_validation_is_judged_by_weighted_cross_entropy() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    metrics = judged(probabilities, np.array([0, 1, 1]), np.array([1.0, 2.0, 2.0]), CLASSES)
    assert metrics["loss"] == pytest.approx(-(math.log(0.9) + 2 * math.log(0.8) + 2 * math.log(0.4)) / 3, rel=1e-6)
    assert (metrics["background_efficiency"], metrics["signal_efficiency"]) == (1.0, 0.5)
    assert set(judged(probabilities[:0], np.array([], int), np.ones(0), CLASSES).values()) == {None}


def test_class_weights_let_every_class_count_alike() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    weights = class_weights(labels, 2, is_balanced=True)
    assert weights == pytest.approx([100 / 180, 100 / 20])
    assert weights[labels].mean() == pytest.approx(1.0)
    assert class_weights(labels, 2, is_balanced=False).tolist() == [1.0, 1.0]
    assert class_weights(labels[:90], 2, is_balanced=True).tolist() == [0.5, 0.0]


def test_training_parameters_start_from_the_networks_own_and_refuse_nonsense() -> None:
    assert training_for(NETWORKS["dense"], {"epochs": "2"}) == TrainingParameters(
        epochs=2, batch_size=2048, learning_rate=0.001, beta_1=0.9
    )
    with pytest.raises(DarkroomError, match="Unknown parameter 'epoch'"):
        training_for(NETWORKS["cnn"], {"epoch": 3})
    with pytest.raises(DarkroomError, match="'epochs' is 0: expected a whole number from 1"):
        training_for(NETWORKS["cnn"], {"epochs": 0})


def test_the_expected_time_follows_earlier_runs() -> None:
    network = NETWORKS["cnn"]
    guessed = expected_seconds("cnn", network, 1000, 0, 3)
    assert guessed == pytest.approx(START_S + COMPILE_S + 3000 / network.cpu_events_per_s)
    past = [RunSummary(str(i), "finished", network="cnn", events_per_s=v) for i, v in enumerate([100.0, 300.0, 200.0])]
    past += [RunSummary("d", "finished", network="dense", events_per_s=1e9), RunSummary("e", "damaged", network="cnn")]
    assert expected_seconds("cnn", network, 1000, 0, 3, past) == pytest.approx(START_S + COMPILE_S + 3000 / 200)
