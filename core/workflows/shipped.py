"""The small trained runs that ship with the samples: taken over into a workspace once, if they fit what it reads today.

data_samples/runs/<id>.zip   a sealed run with its scores of the shipped sample, made by `python -m benchmarks.shipped_runs`
workspace/shipped.json       which were taken over: one that was deleted since does not come back
"""

import shutil
import zipfile
from pathlib import Path
from typing import Any

from core import disk, manifest, runs, workspace
from core.data.dataset import Dataset, list_datasets, open_dataset
from core.errors import DarkroomError, FullDiskError
from core.experiment import Experiment
from core.registry import EXPERIMENTS
from core.workflows import demo, run_naming

FOLDER = Path(__file__).resolve().parents[2] / "data_samples" / "runs"
TAKEN = "shipped.json"
MARK = "shipped"  # in the provenance of such a run
REMEDY = "`python -m benchmarks.shipped_runs` makes it again"
MOST_BYTES = 64_000_000  # of a run, unpacked


def run_id(experiment: Experiment) -> str:
    """The id of the run that ships with an experiment's sample."""
    return f"{MARK}-{experiment.key}"


def archive_of(experiment: Experiment) -> Path:
    """Where the run of an experiment ships; there may be none."""
    return FOLDER / f"{run_id(experiment)}.zip"


def is_here(experiment: Experiment) -> bool:
    """Whether the workspace has the run now."""
    return runs.is_sealed(run_id(experiment))


def is_taken(experiment: Experiment) -> bool:
    """Whether the workspace has taken the run over, or has been offered it, before."""
    return run_id(experiment) in _taken()


def _taken() -> list[str]:
    path = workspace.root() / TAKEN
    names = workspace.read_json(path) if path.exists() else []
    return [str(name) for name in names] if isinstance(names, list) else []


def take_over() -> list[str]:
    """Take over what fits the samples that are prepared; returns a sentence on each run that came or cannot come."""
    sentences = []
    for experiment in EXPERIMENTS.values():
        if (
            archive_of(experiment).exists()
            and not is_taken(experiment)
            and demo.sample_name(experiment) in list_datasets()
        ):
            try:
                sentences.append(take_over_one(experiment, open_dataset(demo.sample_name(experiment))))
            except DarkroomError as error:
                sentences.append(str(error))
    return sentences


def take_over_one(experiment: Experiment, sample: Dataset) -> str:
    """Unpack the run beside the others, whole or not at all; refused where it was trained on rows that were read otherwise."""
    name, archive = run_id(experiment), archive_of(experiment)
    folder = runs.runs_folder() / name
    if not folder.exists():
        unfinished = folder.with_name(disk.temporary_name(name))
        workspace.make_folder(unfinished)
        try:
            unpack(archive, unfinished)
            refuse_other_rows(experiment, workspace.read_json(unfinished / "provenance.json"), sample)
            try:
                unfinished.rename(folder)
                run_naming.name_run(name, MARK)
            except OSError:
                if not folder.exists():  # else another server, started on the same workspace, was faster
                    raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    workspace.write_json(workspace.root() / TAKEN, sorted({*_taken(), name}))
    return f"The run '{name}' ships with the sample '{sample.name}' and is here now."


def unpack(archive: Path, folder: Path) -> None:
    """Write the files that the manifest inside names, and no other, each of them as it was sealed."""
    try:
        with zipfile.ZipFile(archive) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_BYTES:
                raise DarkroomError(f"{archive} holds more than {MOST_BYTES / 1e6:.0f} MB: {REMEDY}.")
            (folder / manifest.FILE).write_bytes(packed.read(manifest.FILE))
            for name in manifest.read(folder):
                workspace.make_folder((folder / name).parent)
                (folder / name).write_bytes(packed.read(name))
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        if disk.is_full(error):
            raise FullDiskError(disk.full_sentence(folder, archive.name, "some more")) from None
        raise DarkroomError(f"{archive} cannot be read ({error}): {REMEDY}.") from None
    if problem := manifest.problem(folder, manifest.read(folder)):
        raise DarkroomError(f"{archive} is damaged ({problem}): {REMEDY}.")


def refuse_other_rows(experiment: Experiment, provenance: dict[str, Any], sample: Dataset) -> None:
    """Refuse a run whose training read other files than the sample's, or read them by another version or mapping."""
    trained, name = provenance["dataset"], run_id(experiment)
    if trained["version"] != experiment.reading.version:
        raise DarkroomError(
            f"The shipped run '{name}' was made with features of version {trained['version']}, these are version "
            f"{experiment.reading.version}: it is not taken over; {REMEDY}."
        )
    is_same = trained["mapping"] == sample.meta["mapping"] and trained["rows_key"] == sample.rows_id
    if not is_same:
        raise DarkroomError(
            f"The shipped run '{name}' was made of other rows than those of the data set '{sample.name}' ({trained['rows_key']}, expected "
            f"{sample.rows_id}): it is not taken over; {REMEDY}."
        )


def pack(run: runs.Run, experiment: Experiment, folder: Path, facts: dict[str, Any]) -> Path:
    """Write a run as the archive of its experiment, marked as shipped; the same run gives the same bytes."""
    path = folder / f"{run_id(experiment)}.zip"
    runs.seal(run.path, {**run.provenance, MARK: facts})
    names = [manifest.FILE, *manifest.read(run.path)]
    with (
        workspace.replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed,
    ):
        for name in names:
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, (run.path / name).read_bytes())
    return path


def settings_of(experiment: Experiment) -> dict[str, Any]:
    """What the run that ships is trained with, as plain values; {} where the experiment has no tour."""
    tour = experiment.tour
    if tour is None:
        return {}
    return {"preset": tour.preset, "network": tour.network, "training": dict(tour.training)}
