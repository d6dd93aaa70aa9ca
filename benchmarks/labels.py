"""How long a label by hand takes on the server, from the key to the next picture, with logs that have grown.

The page runs in `AppTest`, which draws all of it where the server draws only the fragment with the keys, so the figures
are upper limits. The data set is simulated; three people have labelled before.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from benchmarks import report
from core.data import demo
from core.data.dataset import open_dataset
from core.data.prepare import prepare
from core.experiment import Experiment
from core.labels import desk, log
from core.registry import EXPERIMENTS

ROOT = Path(__file__).resolve().parents[1]
N_LABELS = 60
N_BEFORE = 2000  # lines of each of the earlier labellers
N_EVENTS = 1500


def prepared(experiment: Experiment, raw: Path) -> None:
    """A simulated data set, and logs of three people about it."""
    files = experiment.simulate(raw, n_events=N_EVENTS, seed=4)
    prepare(experiment, files, "tracks", demo.default_mapping(experiment))
    data = open_dataset("tracks")
    classes = desk.classes_of(experiment, data)
    rng = np.random.default_rng(1)
    for name in ("anna", "bert", "cleo"):
        rows = rng.integers(0, data.n_rows, N_BEFORE).tolist()
        log.append(
            experiment.key, [desk.line(data, row, log.LABEL, classes[row % len(classes)], name, spent_ms=900) for row in rows]
        )  # fmt: skip


def labelled(labeller: str) -> dict[str, float | int]:
    """Seconds per label of one person."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    at.query_params["data"], at.query_params["labeller"] = "tracks", labeller
    at.switch_page("pages/label.py").run()
    seconds, cpu = [], []
    for i in range(N_LABELS):
        began, used = time.perf_counter(), time.process_time()
        at.button(key=f"say-{i % 7 + 1}").click().run()
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
        if at.exception:
            raise SystemExit(f"The page failed: {at.exception[0].message}")
    ordered = sorted(seconds)
    return {
        "median_s": statistics.median(seconds), "p95_s": ordered[int(0.95 * N_LABELS)], "max_s": ordered[-1], "n": N_LABELS,
        "cpu_median_s": statistics.median(cpu), "cpu_max_s": max(cpu),
    }  # fmt: skip


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    experiment = next(one for one in EXPERIMENTS.values() if one.labelling is not None)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DARKROOM_WORKSPACE"] = temporary
        os.environ["DARKROOM_DEMO_EVENTS"] = "0"
        raw = Path(temporary) / "images"
        raw.mkdir()
        prepared(experiment, raw)
        result: dict[str, object] = {"label": labelled("dora"), "n_rows": open_dataset("tracks").n_rows}
        began = time.perf_counter()
        known = desk.open_desk(experiment, open_dataset("tracks"))
        result["read_all_logs_s"] = time.perf_counter() - began
        began = time.perf_counter()
        result["n_events_labelled"], result["kappa"] = len(known.votes.rows), known.agreement.kappa.to_dict()
        result["agreement_s"] = time.perf_counter() - began
    report.show(result, options.json)


if __name__ == "__main__":
    main()
