"""An analysis that runs as a job: it gets the runs that it compares, as a short one does on its page."""

from types import SimpleNamespace
from typing import Any

import pytest

from core import parameters
from core.analysis.analysis import Inputs
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.workflows import analyse
from core.workflows.analyse import Names


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path))
    monkeypatch.setattr(analyse.control, "ensure_runner", lambda: False)


def test_a_long_analysis_gets_the_runs_that_it_compares(workspace: None, monkeypatch: pytest.MonkeyPatch) -> None:
    del workspace
    experiment, key = next(
        (experiment, key)
        for experiment in EXPERIMENTS.values()
        for key, analysis in experiment.analyses.items()
        if analysis.takes_long and analysis.trainings
    )
    values, given = experiment.analyses[key].parameters(), {}

    def opened(*_: Any, trained: Any = None, **__: Any) -> Inputs:
        given["trained"] = trained
        return Inputs()

    monkeypatch.setattr(analyse, "key_of", lambda *_, trained=None, **__: f"key-{len(trained or {})}")
    monkeypatch.setattr(analyse, "open_inputs", opened)
    trained = {"images": "run-1"}
    job = analyse.submit(experiment, key, Names(), values, trained)
    assert job.arguments["report"] == "key-1"
    assert job.arguments["parameters"] == parameters.to_dict(values)
    work = SimpleNamespace(arguments=job.arguments, report=lambda *_: None, stop_requested=lambda: False)
    with pytest.raises(DarkroomError, match="choose"):  # there is no data set
        analyse.run_job(work)
    assert given["trained"] == trained
