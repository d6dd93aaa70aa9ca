"""The matrix of a study and the picker of studies; a change of the threshold reads no file of scores."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import parameters, run_names, runs
from core.data.dataset import Dataset
from core.judge import compatibility, compatibility_report
from core.judge import score_table as scoring
from core.judge.compatibility import Matrix, Sample
from core.judge.evaluation import Evaluation
from core.judge.grid import grid_of
from core.selection.schemes import meaningful_schemes
from core.selection.selection import from_dict
from core.workflows import as_command
from core.workflows import cross_training as studies
from core.workflows.cross_training import Missing, Study, StudyPlan
from core.workflows.study_scores import open_sample
from pages.widgets import cached, choose, layout, opening

NEW = "new study"


def pick(data: Dataset) -> Study | None:
    """The study that is shown, kept in the address; None where a new one is wanted."""
    with layout.refusals():
        by_id = {study.id: study for study in studies.list_studies(data.name)}
    chosen = choose.one_of(
        "study", [*by_id, NEW], "study", of=choose.owner(data), format_func=lambda name: title(by_id.get(name))
    )
    return by_id.get(chosen)


def title(study: Study | None) -> str:
    """How a study is named in a list."""
    if study is None:
        return NEW
    when = study.created_at[:16].replace("T", " ")
    return f"{study.network} {n_trained(study)}/{len(study.regions)}, {when}"


def n_trained(study: Study) -> int:
    return sum(run is not None for run in study.runs)


def again(study: Study, data: Dataset) -> StudyPlan:
    """The same study as a plan: what is there is taken over, the rest is to be trained."""
    experiment = cached.experiment_of(data)
    axes = parameters.build(grid_of(experiment).parameters, study.axes)
    chosen = from_dict(experiment.selecting, experiment.labels, study.selection)
    return studies.plan(experiment, data, chosen, study.network, study.parameters, study.training, axes)


def _key(study: Study, data: Dataset) -> str:
    """Changes with the study, its runs and their scores of the data set."""
    versions = (scoring.version(runs.open_run(run), data.name) for run in study.runs if run)
    return "|".join((str(study), data.id, *versions))


@st.cache_resource(max_entries=4, show_spinner="Reading the scores of the study's runs ...", hash_funcs=cached.KEYS)
def _sample(_study: Study, key: str, data: Dataset, scheme: str) -> Sample:
    del key
    return open_sample(_study, cached.experiment_of(data), data, scheme)


def sample(study: Study, data: Dataset, scheme: str) -> Sample:
    """Rows, labels and scores of a study under a label scheme."""
    return _sample(study, _key(study, data), data, scheme)


@st.cache_resource(max_entries=32, show_spinner=False)
def _matrix(_sample: Sample, key: str, scheme: str, threshold: float) -> Matrix:
    del key, scheme
    return compatibility.matrix(_sample, threshold)


def matrix(study: Study, data: Dataset, threshold: float, scheme: str) -> Matrix:
    """Every cell of the study at a threshold."""
    return _matrix(sample(study, data, scheme), _key(study, data), scheme, threshold)


def cell(study: Study, data: Dataset, at: tuple[int, int], threshold: float, scheme: str) -> Evaluation:
    """Everything that is judged of one cell (trained, tested)."""
    region_scores = sample(study, data, scheme)
    return compatibility.cell_evaluation(region_scores, cached.experiment_of(data).judging, data, *at, threshold)


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=cached.KEYS)
def _missing(_study: Study, key: str, data: Dataset) -> Missing:
    del key
    return studies.missing(_study, cached.experiment_of(data), data)


def missing(study: Study, data: Dataset) -> Missing:
    """What has to be trained or scored before the study is whole."""
    return _missing(study, _key(study, data), data)


def why_missing(study: Study) -> Mapping[tuple[int, int], str]:
    """Why a cell may not be there, by (trained, tested)."""
    reasons = [
        why or ("no scores of these rows yet" if run else "not trained yet, or its run was deleted")
        for run, why in zip(study.runs, study.empty, strict=True)
    ]
    return {(i, j): reasons[i] for i in range(len(reasons)) for j in range(len(reasons))}


def schemes(data: Dataset) -> list[str]:
    """Label schemes that mean something on the data set."""
    experiment = cached.experiment_of(data)
    return meaningful_schemes(experiment.selecting, experiment.labels, data)


def where(study: Study, data: Dataset, at: tuple[int, int], scheme: str) -> dict[str, Any]:
    """How the page of events is asked for those of a cell: the run's own selection, changed to the tested region's cuts."""
    experiment, (trained, tested) = cached.experiment_of(data), at
    hull = from_dict(experiment.selecting, experiment.labels, study.selection)
    trained_cuts, tested_cuts = (grid_of(experiment).widened(hull, [study.regions[i]]) for i in (trained, tested))
    address = {"scores": study.runs[trained], "from": opening.OF_RUN, "label": scheme}
    split = compatibility_report.split_of(sample(study, data, scheme), trained, tested)
    address |= {"of": split} if split else {}
    return address | {"cut": tuple(parameters.as_assignments(tested_cuts.cuts, trained_cuts.cuts))}


def trained_rows(study: Study) -> list[dict[str, Any]]:
    """What each training was made of, for a table; of a region without a run, why."""
    rows = []
    for region, run_id, why in zip(study.regions, study.runs, study.empty, strict=True):
        row: dict[str, Any] = {"region": region.name, "evaluate": run_id and f"evaluate?run={run_id}"}
        provenance = runs.open_run(run_id).provenance if run_id else {}
        for name, counts in provenance.get("counts", {}).items():
            row[name] = (
                " · ".join(f"{n:,} {of}" for of, n in counts.items()) if isinstance(counts, dict) else str(counts)
            )
        row |= {
            "seconds": provenance.get("seconds"),
            "epochs": provenance.get("n_epochs"),
            "device": provenance.get("device"),
            "run": run_id and run_names.of(run_id).name,
        }
        rows.append(row | {"": why or ("" if run_id else "not trained, or its run was deleted")})
    return rows


def command(study: Study, data: Dataset, threshold: float) -> str:
    """The command that makes the same study, or finds it again, and prints its matrix."""
    return as_command.compatibility(cached.experiment_of(data), study, threshold)
