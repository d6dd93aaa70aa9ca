"""Whether runs, studies and sweeps are whole, and what they rest on is there."""

from collections.abc import Iterator
from pathlib import Path

from core import manifest, outputs, runs, workspace
from core.data.dataset import list_datasets
from core.errors import DarkroomError
from core.housekeeping.problem import DAMAGE, NOTE, WARNING, Problem, file_problem, split_sentence, where
from core.workflows import cross_training as studies
from core.workflows import run_admin, sweeps, training_job


def check_runs(is_deep: bool) -> Iterator[Problem]:
    """Runs that are unfinished without a job, damaged, or rest on data sets that are no more; deep: every hash is computed."""
    busy, known = run_admin.busy_jobs(), list_datasets()
    for path in sorted(runs.runs_folder().glob("[!.]*")):
        if not path.is_dir() or path.name in busy:
            continue
        if not manifest.is_there(path):
            can_go_on = training_job.is_resumable(path.name)
            yield Problem(
                f"Run '{path.name}' is unfinished and no job works on it", where(path), WARNING,
                f"`python -m core {'resume' if can_go_on else 'runs delete'} {path.name}`",
            )  # fmt: skip
            continue
        yield from _sealed_run(path, is_deep, known)


def _sealed_run(path: Path, is_deep: bool, known: list[str]) -> Iterator[Problem]:
    try:
        names = manifest.read(path)
        run = runs.open_run(path.name)
    except DarkroomError as error:
        what, remedy = split_sentence(error)
        yield Problem(what, where(path), DAMAGE, remedy)
        return
    for name in names:
        why = file_problem(path / name)
        sentence = manifest.problem(path, [name]) if why or is_deep else ""  # what has its hash is as it was written
        if sentence:
            what, remedy = split_sentence(DarkroomError(sentence))
            yield Problem(f"{name} of run '{path.name}' {why}" if why else what, where(path / name), DAMAGE, remedy)
    yield from _orphans(run, known)


def _orphans(run: runs.Run, known: list[str]) -> Iterator[Problem]:
    """What a run rests on and is no more: the data set that it was trained on, those that it has scores of."""
    gone = sorted({run.dataset, *outputs.datasets(run.path)} - set(known))
    if gone:
        names = ", ".join(f"'{name}'" for name in gone)
        yield Problem(
            f"Run '{run.id}' was trained on or has scores of data set {names}, which is no more", where(run.path), NOTE,
            "bring the data set back (`python -m core bin`) or prepare it again; the run alone can still score others",
        )  # fmt: skip


def check_studies() -> Iterator[Problem]:
    """Studies that cannot be read, whose runs were deleted, or whose data set is no more."""
    known = list_datasets()
    for path in sorted(studies.folder().glob("[!.]*.json")):
        try:
            study = studies.open_study(path.stem)
            named = workspace.read_sealed(path, "")["runs"]
        except DarkroomError as error:
            what, remedy = split_sentence(error)
            yield Problem(what, where(path), DAMAGE, remedy)
            continue
        gone = [run for run in named if run and not (runs.runs_folder() / run).is_dir()]
        if gone:
            yield Problem(
                f"Study '{study.id}' lacks {len(gone)} of its {len(study.regions)} runs, which are no more: {', '.join(gone[:3])}",
                where(path), WARNING,
                "bring them back (`python -m core bin`), or ask for the study again, which trains what is missing",
            )  # fmt: skip
        if study.dataset not in known:
            yield Problem(
                f"Study '{study.id}' is of data set '{study.dataset}', which is no more", where(path), NOTE,
                f"bring the data set back (`python -m core bin`), or `python -m core compatibility --delete {study.id}`",
            )  # fmt: skip


def check_sweeps() -> Iterator[Problem]:
    """Sweeps that cannot be read, or whose data set is no more; a member whose run was deleted waits to be trained again."""
    known = list_datasets()
    for path in sorted(sweeps.folder().glob("[!.]*.json")):
        try:
            sweep = sweeps.open_sweep(path.stem)
        except DarkroomError as error:
            what, remedy = split_sentence(error)
            yield Problem(what, where(path), DAMAGE, remedy)
            continue
        if sweep.dataset not in known:
            yield Problem(
                f"Sweep '{sweep.id}' is of data set '{sweep.dataset}', which is no more", where(path), NOTE,
                f"bring the data set back (`python -m core bin`), or `python -m core sweep --delete {sweep.id}`",
            )  # fmt: skip
