"""The slides' numbers of events, simulated: exact counts, the same files however often it is stopped or killed."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from core.cosine.experiment import EXPERIMENT
from core.cosine.published import results, scaled_sample
from core.cosine.select import CLASSES
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.jobs import control
from core.selection.selection import preset, select
from core.workflows import scaled_sample as making

ROOT = Path(__file__).resolve().parents[2]
TINY = 0.0005
N_TINY = sum(int(counts.sum()) for counts in scaled_sample.wanted(TINY).values())


class Job:
    """What a job's function is given; asks to stop after some reports."""

    def __init__(self, arguments: dict, stop_after: int | None = None) -> None:
        self.arguments, self.stop_after, self.told = arguments, stop_after, []

    def report(self, done: float, total: float | None = None, text: str = "") -> None:
        self.told.append((done, total, text))

    def stop_requested(self) -> bool:
        return self.stop_after is not None and len(self.told) >= self.stop_after


def arrays(folder: Path) -> dict[str, str]:
    """File name -> digest of all its branches (a file itself carries the time it was written at)."""
    by_name = {}
    for path in sorted(folder.glob("mrgd_*")):
        with uproot.open(path) as file:
            columns = file["ntp"].arrays(library="ak")
        _, _, buffers = ak.to_buffers(ak.to_packed(columns))
        digest = hashlib.sha256()
        for name in sorted(buffers):
            digest.update(np.ascontiguousarray(buffers[name]).tobytes())
        by_name[path.name] = digest.hexdigest()
    return by_name


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """A two-thousandth, made in one go."""
    folder = tmp_path_factory.mktemp("tiny")
    scaled_sample.simulate_scaled(folder, TINY, seed=making.SEED)
    return folder


@pytest.fixture(scope="module")
def printed_files(tiny) -> dict[str, str]:
    return arrays(tiny)


def test_the_whole_has_the_printed_totals():
    wanted = scaled_sample.wanted(1.0)
    for i, row in enumerate(results.CNN_STATISTICS):
        for k, name in enumerate(CLASSES):
            assert wanted[name][i] == row.training[k] + row.validation[k] + row.test[k]
    assert wanted["background"].sum() == 764_938
    assert wanted["signal"].sum() == 10_861


@pytest.mark.parametrize("fraction", [1.0, 0.1, 0.01, TINY])
def test_the_sub_runs_hold_every_event_once(fraction):
    planned = scaled_sample.subruns(fraction)
    for name, counts in scaled_sample.wanted(fraction).items():
        of_class = [sub for sub in planned if sub.class_name == name]
        np.testing.assert_array_equal(np.sum([sub.quota for sub in of_class], axis=0), counts)
        assert max(sub.n_events for sub in of_class) <= scaled_sample.SUBRUN_EVENTS
        assert min(sub.n_events for sub in of_class) >= 1
        assert len(of_class) >= min(10, counts.sum())
    assert len({sub.name for sub in planned}) == len(planned)


@pytest.mark.parametrize("fraction", [0.0, -1.0, 1.1, float("nan")])
def test_a_fraction_that_makes_no_sense_is_refused(fraction):
    with pytest.raises(DarkroomError, match="expected above 0, at most 1"):
        scaled_sample.wanted(fraction)


def test_the_cost_grows_with_the_events():
    whole, tenth = scaled_sample.cost(1.0), scaled_sample.cost(0.1)
    assert whole["n_events"] == 775_799
    for name in ("seconds", "gb"):
        assert whole[name] == pytest.approx(10.0 * tenth[name], rel=1e-4)


def test_after_preparing_and_cutting_every_cell_has_its_number(workspace, tiny, monkeypatch):
    monkeypatch.setattr(making, "default_jobs", lambda: 1)
    (workspace / "raw").mkdir()
    (workspace / "raw" / making.dataset_name(EXPERIMENT, TINY)).symlink_to(tiny)
    arguments = {"experiment": "cosine", "fraction": TINY, "seed": making.SEED, "name": "cosine-seed-0.05"}
    before = {path: path.stat().st_mtime_ns for path in tiny.iterdir()}
    making.run_job(job := Job(arguments))
    assert {path: path.stat().st_mtime_ns for path in tiny.iterdir()} == before
    assert f"{N_TINY:,} rows" in job.told[-1][2]
    dataset = open_dataset("cosine-seed-0.05")
    assert dataset.simulated
    assert dataset.n_rows == N_TINY
    chosen = select(EXPERIMENT.selecting, EXPERIMENT.labels, dataset, preset(EXPERIMENT.selecting, "cnn2020"))
    assert (chosen.labels >= 0).all()
    rows = EXPERIMENT.selecting.statistics(chosen)
    assert [row["crystal"] for row in rows] == [cell.crystal for cell in scaled_sample.CELLS]
    for name, counts in scaled_sample.wanted(TINY).items():
        totals = [sum(row[f"{part}_{name}"] for part in ("train", "validation", "test")) for row in rows]
        assert totals == counts.tolist()


def test_stopped_in_between_it_goes_on_to_the_same_arrays(workspace, printed_files):
    name = making.dataset_name(EXPERIMENT, TINY)
    arguments = {"experiment": "cosine", "fraction": TINY, "seed": making.SEED, "name": name}
    with pytest.raises(DarkroomError, match="start it again to go on"):
        making.run_job(Job(arguments, stop_after=25))
    folder = workspace / "raw" / name
    there = arrays(folder)
    assert 0 < len(there) < len(printed_files)
    assert not list(folder.glob(".*"))
    scaled_sample.simulate_scaled(folder, TINY, seed=making.SEED)
    assert arrays(folder) == printed_files


def test_killed_in_between_it_goes_on_to_the_same_arrays(tmp_path, printed_files):
    code = (
        "import sys; from pathlib import Path; from core.cosine.published import scaled_sample; "
        f"scaled_sample.simulate_scaled(Path(sys.argv[1]), {TINY}, seed={making.SEED})"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env=dict(os.environ))
    deadline = time.monotonic() + 120.0
    while len(list(tmp_path.glob("mrgd_*"))) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(10.0)
    there = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("mrgd_*")}
    assert 3 <= len(there) < len(printed_files)
    (tmp_path / ".mrgd_M001601.root.009.x.part").write_bytes(b"half a file")
    scaled_sample.simulate_scaled(tmp_path, TINY, seed=making.SEED)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in there} == there
    assert arrays(tmp_path) == printed_files
    assert not list(tmp_path.glob(".*"))


def test_another_seed_gives_other_arrays(tmp_path, printed_files):
    first = scaled_sample.subruns(TINY)[0]
    scaled_sample._write(tmp_path / first.name, first, making.SEED + 1, lambda _n: None)
    assert arrays(tmp_path)[first.name] != printed_files[first.name]


def test_one_job_at_a_time_makes_a_data_set(workspace, monkeypatch):
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    first = making.submit(EXPERIMENT, TINY)
    again = making.submit(EXPERIMENT, TINY)
    other = making.submit(EXPERIMENT, 2 * TINY)
    assert again.id == first.id
    assert other.id != first.id
    assert first.arguments["name"] == "cosine-seed-0.05"
