"""The example notebook does what it says: its cells run one after the other, as a script, on a small data set of the same name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import runs
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def cells(kind: str) -> dict[str, str]:
    """The text of the notebook's cells of a kind, by their names."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind}


def test_fifteen_lines_suffice() -> None:
    assert len([line for line in cells("code")["train"].splitlines() if line]) == 15


def test_the_cells_run(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = next(iter(EXPERIMENTS.values()))
    (tmp_path / "raw").mkdir()
    files = experiment.simulation.simulate(tmp_path / "raw", n_events=1500, seed=8)
    prepare(experiment, files, "sample", default_mapping(experiment))
    script, work = tmp_path / "notebook.py", tmp_path / "docs"
    work.mkdir()
    script.write_text("\n".join(cells("code").values()).replace('epochs": 2', 'epochs": 1'), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=work, capture_output=True, text=True, timeout=280, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("signal efficiency [%]:") == 2
    assert "('class', 'nmt500_us')" in done.stdout
    assert (work / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [run.state for run in runs.list_runs()] == ["finished"]
