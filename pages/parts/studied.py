"""A study and its matrix, kept so that a threshold step reads no score file; and the picker of studies."""

import shlex
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import parameters, runs
from core.data.dataset import Dataset
from core.data.selection import from_dict, grid_of, of_regions, usable_schemes
from core.experiment import Experiment
from core.judge import compatibility, compatibility_summary
from core.judge import sample as sampling
from core.judge import scored as scoring
from core.judge.compatibility import Matrix
from core.judge.evaluation import Evaluation
from core.judge.sample import Sample
from core.learn import asking
from core.learn import study as studies
from core.learn.study import Missing, Study, StudyTask
from core.learn.training import training_for
from pages.parts import cached, choose, frame, opening

NEW = "new study"


def pick(data: Dataset) -> Study | None:
    """The study that is shown, kept in the address; None where a new one is wanted."""
    with frame.refusals():
        there = {study.id: study for study in studies.list_studies(data.name)}
    chosen = choose.one_of("study", [*there, NEW], "study", format_func=lambda name: title(there.get(name)))
    return there.get(chosen)


def title(study: Study | None) -> str:
    """How a study is named in a list."""
    if study is None:
        return NEW
    when = study.created_at[:16].replace("T", " ")
    return f"{study.network} {n_trained(study)}/{len(study.regions)}, {when}"


def n_trained(study: Study) -> int:
    return sum(run is not None for run in study.runs)


def again(study: Study, data: Dataset) -> StudyTask:
    """The same study as a plan: what is there is taken over, the rest is to be trained."""
    experiment = cached.experiment_of(data)
    axes = parameters.build(grid_of(experiment).parameters, study.axes)
    chosen = from_dict(experiment, study.selection)
    return studies.plan(experiment, data, chosen, study.network, study.parameters, study.training, axes)


def _key(study: Study, data: Dataset) -> str:
    """Changes with the study, its runs and their scores of the data set."""
    versions = (scoring.version(runs.open_run(run), data.name) for run in study.runs if run)
    return "|".join((str(study), data.id, *versions))


@st.cache_resource(max_entries=4, show_spinner="Reading the scores of the study's runs ...")
def _sample(_study: Study, _experiment: Experiment, _data: Dataset, key: str, scheme: str) -> Sample:
    del key
    return sampling.open_sample(_study, _experiment, _data, scheme)


def sample(study: Study, data: Dataset, scheme: str) -> Sample:
    """Rows, labels and scores of a study under a label scheme."""
    return _sample(study, cached.experiment_of(data), data, _key(study, data), scheme)


@st.cache_resource(max_entries=32, show_spinner=False)
def _matrix(_sample: Sample, key: str, scheme: str, threshold: float) -> Matrix:
    del key, scheme
    return compatibility.matrix(_sample, threshold)


def matrix(study: Study, data: Dataset, threshold: float, scheme: str) -> Matrix:
    """Every cell of the study at a threshold."""
    return _matrix(sample(study, data, scheme), _key(study, data), scheme, threshold)


def cell(study: Study, data: Dataset, at: tuple[int, int], threshold: float, scheme: str) -> Evaluation:
    """Everything that is judged of one cell (trained, tested)."""
    found = sample(study, data, scheme)
    return compatibility.cell_evaluation(found, cached.experiment_of(data), data, *at, threshold)


@st.cache_resource(max_entries=8, show_spinner=False)
def _missing(_study: Study, _experiment: Experiment, _data: Dataset, key: str) -> Missing:
    del key
    return studies.missing(_study, _experiment, _data)


def missing(study: Study, data: Dataset) -> Missing:
    """What has to be trained or scored before the study is whole."""
    return _missing(study, cached.experiment_of(data), data, _key(study, data))


def why_missing(study: Study) -> Mapping[tuple[int, int], str]:
    """Why a cell may not be there, by (trained, tested)."""
    told = [
        why or ("no scores of these rows yet" if run else "not trained yet, or its run was deleted")
        for run, why in zip(study.runs, study.empty, strict=True)
    ]
    return {(i, j): told[i] for i in range(len(told)) for j in range(len(told))}


def schemes(data: Dataset) -> list[str]:
    """Label schemes that mean something on the data set."""
    experiment = cached.experiment_of(data)
    usable = usable_schemes(experiment, data)
    return [s for s in usable if data.simulated or s not in experiment.truth_schemes]


def where(study: Study, data: Dataset, at: tuple[int, int], scheme: str) -> dict[str, Any]:
    """How the page of events is asked for those of a cell: the run's own selection, changed to the tested region's cuts."""
    experiment, (trained, tested) = cached.experiment_of(data), at
    hull = from_dict(experiment, study.selection)
    own, wanted = (of_regions(experiment, hull, [study.regions[i]]) for i in (trained, tested))
    asked = {"scores": study.runs[trained], "from": opening.OF_RUN, "label": scheme}
    split = compatibility_summary.split_of(sample(study, data, scheme), trained, tested)
    asked |= {"of": split} if split else {}
    return asked | {"cut": tuple(parameters.as_assignments(wanted.cuts, own.cuts))}


def trained_rows(study: Study) -> list[dict[str, Any]]:
    """What each training was made of, for a table; of a region without a run, why."""
    rows = []
    for region, run_id, why in zip(study.regions, study.runs, study.empty, strict=True):
        row: dict[str, Any] = {"region": region.name, "evaluate": run_id and f"evaluate?run={run_id}"}
        told = runs.open_run(run_id).provenance if run_id else {}
        for name, counts in told.get("counts", {}).items():
            row[name] = (
                " · ".join(f"{n:,} {of}" for of, n in counts.items()) if isinstance(counts, dict) else str(counts)
            )
        row |= {
            "seconds": told.get("seconds"),
            "epochs": told.get("n_epochs"),
            "device": told.get("device"),
            "run": run_id,
        }
        rows.append(row | {"": why or ("" if run_id else "not trained, or its run was deleted")})
    return rows


def command(study: Study, data: Dataset, threshold: float) -> str:
    """The command that makes the same study, or finds it again, and prints its matrix."""
    experiment = cached.experiment_of(data)
    network, chosen = asking.network_of(experiment, study.network), from_dict(experiment, study.selection)
    grid: Any = parameters.build(grid_of(experiment).parameters, study.axes)
    own = parameters.build(network.parameters, study.parameters)
    told = training_for(network, study.training)
    axes = "".join(
        f" --{spec.name.removesuffix(f'_{spec.unit.lower()}')} {','.join(map(str, getattr(grid, spec.name)))}"
        for spec in parameters.specs(type(grid))
    )
    changed = parameters.as_assignments(own, network.parameters())
    changed += parameters.as_assignments(told, training_for(network, {}))
    settings = "".join(f" --set {shlex.quote(text)}" for text in changed)
    options = choose.as_options(experiment, chosen)
    at = "" if threshold == 0.5 else f" --threshold {threshold:g}"
    return f"python -m core compatibility {data.name} --model {study.network}{axes}{options}{settings}{at}"
