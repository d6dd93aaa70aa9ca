"""Asking for a training: settings there and back, and what the queue is told."""

from collections.abc import Callable

import pytest

from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.jobs import control
from core.learn import asking, fit
from tests.learn.learning_toy import TINY, selected


def test_settings_make_the_same_training_again(make_dataset: Callable[..., Dataset]) -> None:
    chosen = selected(make_dataset(n=80))
    asked = fit.task(chosen, "compact", TINY, {"epochs": 3, "learning_rate": 0.002, "xla": False})
    settings = asking.as_settings(asked)
    assert {"filters=8,8", "epochs=3", "learning_rate=0.002", "xla=False"} <= set(settings)
    own, training = asking.divide_settings(asked.network, settings)
    again = fit.task(chosen, "compact", own, training)
    assert (again.network_parameters, again.training) == (asked.network_parameters, asked.training)
    assert asking.as_settings(fit.task(chosen, "compact", {}, {})) == []


def test_a_submitted_training_tells_how_long_it_should_take(
    make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    asked = fit.task(selected(make_dataset(n=80)), "compact", TINY, {"epochs": 3})
    job = asking.submit(asked)
    assert job.arguments["expected_seconds"] == pytest.approx(asking.expected_seconds(asked))
    assert (job.kind, job.state, job.title) == ("train", "queued", "compact on toy")


def test_the_cheapest_network_is_the_fastest(make_dataset: Callable[..., Dataset]) -> None:
    networks = (experiment := selected(make_dataset(n=80)).experiment).networks
    fastest = networks[asking.cheapest(experiment)]
    assert all(fastest.cpu_events_per_s >= other.cpu_events_per_s for other in networks.values())


def test_a_setting_of_nobody_is_refused(make_dataset: Callable[..., Dataset]) -> None:
    network = asking.network_of(selected(make_dataset(n=80)).experiment, "compact")
    with pytest.raises(DarkroomError, match="Unknown parameter 'epoch'"):
        asking.divide_settings(network, ["epoch=3"])


def test_the_counts_are_those_of_the_rows(make_dataset: Callable[..., Dataset]) -> None:
    chosen = selected(make_dataset(n=80))
    counts = chosen.counts()
    assert list(counts) == ["train", "validation", "test"]
    assert counts["train"]["signal"] == int((chosen.rows(0)[1] == 1).sum())
    assert sum(n for one in counts.values() for n in one.values()) == 80
