"""Asking for a training: settings there and back, and what the queue is told."""

from collections.abc import Callable

import pytest

from core.cosine.model import NETWORKS
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.jobs import control
from core.learn import request
from core.learn.plan import network_of, plan_training
from tests.learn.learning_toy import TINY, planned, selected


def test_settings_make_the_same_training_again(make_dataset: Callable[..., Dataset]) -> None:
    chosen = selected(make_dataset(n=80))
    plan = plan_training(chosen, NETWORKS, "compact", TINY, {"epochs": 3, "learning_rate": 0.002, "xla": "no"})
    settings = request.as_settings(plan)
    assert {"filters=8,8", "epochs=3", "learning_rate=0.002", "xla=no"} <= set(settings)
    own, training = request.divide_settings(plan.network, settings)
    again = plan_training(chosen, NETWORKS, "compact", own, training)
    assert (again.network_parameters, again.training) == (plan.network_parameters, plan.training)
    assert request.as_settings(plan_training(chosen, NETWORKS, "compact", {}, {})) == []


def test_a_submitted_training_tells_how_long_it_should_take(
    make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    plan = planned(make_dataset(n=80), "compact", TINY, {"epochs": 3})
    job = request.submit(plan)
    assert job.arguments["expected_seconds"] == pytest.approx(request.expected_seconds(plan))
    assert (job.kind, job.state, job.title) == ("train", "queued", "compact on toy")


def test_the_cheapest_network_is_the_fastest() -> None:
    fastest = NETWORKS[request.cheapest(NETWORKS)]
    assert all(fastest.cpu_events_per_s >= other.cpu_events_per_s for other in NETWORKS.values())


def test_a_setting_of_nobody_is_refused() -> None:
    network = network_of(NETWORKS, "compact")
    with pytest.raises(DarkroomError, match="Unknown parameter 'epoch'"):
        request.divide_settings(network, ["epoch=3"])


def test_the_counts_are_those_of_the_rows(make_dataset: Callable[..., Dataset]) -> None:
    chosen = selected(make_dataset(n=80))
    counts = chosen.counts()
    assert list(counts) == ["train", "validation", "test"]
    assert counts["train"]["signal"] == int((chosen.rows(0)[1] == 1).sum())
    assert sum(n for count in counts.values() for n in count.values()) == 80
