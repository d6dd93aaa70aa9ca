"""With or without XLA: the faster way is taken, measured once, and the estimate counts what compiling costs."""

import copy
import dataclasses

import pytest

from core.learn import compilation, request
from core.learn.compilation import WITH, WITHOUT
from core.learn.training import COMPILE_S, MEASURE_S
from tests.learn.learning_toy import QUICK, TINY, planned

LONG = {**QUICK, "epochs": 1000}
SLOWER_WITH = {WITHOUT: {"events_per_s": 62.0, "compile_s": 1.5}, WITH: {"events_per_s": 41.0, "compile_s": 9.0}}


@pytest.fixture
def speeds(monkeypatch):
    """What a measurement gives, as this test sets it; `calls` says how often there was one."""
    table, calls = copy.deepcopy(SLOWER_WITH), []

    def speed(_keras, _asked, xla):
        calls.append(xla)
        return table[WITH if xla else WITHOUT]

    monkeypatch.setattr(compilation, "_speed", speed)
    monkeypatch.setattr(compilation.backend, "load_keras", lambda: None)
    monkeypatch.setattr(compilation.backend, "device", lambda: "CPU, 2 threads (tensorflow)")
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return table, calls


def plan(toy, **training):
    slow = planned(toy, "compact", TINY, {**LONG, **training})
    return dataclasses.replace(slow, network=dataclasses.replace(slow.network, cpu_events_per_s=100.0))


def test_the_faster_way_is_taken_and_measured_once(toy, speeds):
    table, calls = speeds
    chosen = compilation.choose(plan(toy))
    assert not chosen.xla
    assert chosen.compile_s == 1.5
    assert chosen.reason == "measured here: 62 events/s without XLA, 41 events/s with XLA"
    table[WITH]["events_per_s"] = 1e6
    assert not compilation.choose(plan(toy)).xla
    assert calls == [False, True]
    assert compilation.choose(plan(toy, batch_size=32)).xla  # another batch is another measurement


def test_another_device_is_measured_anew(toy, speeds, monkeypatch):
    _, calls = speeds
    compilation.choose(plan(toy))
    monkeypatch.setattr(compilation.backend, "device", lambda: "GPU X (tensorflow)")
    compilation.choose(plan(toy))
    assert calls == [False, True] * 2


def test_what_is_asked_for_and_short_trainings_need_no_measurement(toy, speeds, monkeypatch):
    _, calls = speeds
    assert compilation.choose(plan(toy, xla="yes")).xla
    assert not compilation.choose(plan(toy, xla="no")).xla
    short = compilation.choose(planned(toy, "compact", TINY, QUICK))
    assert (short.xla, short.reason) == (False, "the training is too short to measure what is faster")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert compilation.choose(plan(toy)).xla
    assert calls == []


def test_a_damaged_file_is_measured_anew(toy, speeds, workspace):
    _, calls = speeds
    compilation.choose(plan(toy))
    (file,) = (workspace / "compilation").glob("*.json")
    for text in ("", "[1]", '{"with XLA": 3}', '{"with XLA": {"events_per_s": "x"}}'):
        file.write_text(text)
        assert compilation.measured(plan(toy)) is None
    compilation.choose(plan(toy))
    assert calls == [False, True] * 2


def test_the_estimate_counts_compiling(toy, speeds):
    planned_training = plan(toy)
    before = request.expected_seconds(planned_training)
    assert compilation.expected_s(planned_training) == COMPILE_S + MEASURE_S
    compilation.choose(planned_training)
    assert request.expected_seconds(planned_training) == pytest.approx(before - COMPILE_S - MEASURE_S + 1.5)
    assert compilation.expected_s(planned(toy, "compact", TINY, {**QUICK, "batch_size": 8})) == COMPILE_S


@pytest.mark.network
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
def test_both_ways_are_really_trained(toy, monkeypatch):
    monkeypatch.setattr(compilation, "STEADY_S", 0.0)
    known = compilation.measure(plan(toy))
    assert known == compilation.measured(plan(toy))
    for way in (WITHOUT, WITH):
        assert known[way]["events_per_s"] > 0
        assert known[way]["compile_s"] > 0.05  # the first step compiles
