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
from core.data.dataset import open_dataset
from core.experiment import Experiment
from core.labels import label_session, log
from core.registry import EXPERIMENTS
from core.workflows import demo
from core.workflows.prepare_job import prepare

ROOT = Path(__file__).resolve().parents[1]
N_LABELS = 60
N_BEFORE = 2000  # lines of each of the earlier labellers
N_EVENTS = 1500


def prepared(experiment: Experiment, raw: Path) -> None:
    """A simulated data set, and logs of three people about it."""
    files = experiment.simulation.simulate(raw, n_events=N_EVENTS, seed=4)
    prepare(experiment, files, "tracks", demo.default_mapping(experiment))
    data = open_dataset("tracks")
    classes = label_session.classes_of(label_session.labelling_of(experiment), data)
    rng = np.random.default_rng(1)
    for name in ("anna", "bert", "cleo"):
        rows = rng.integers(0, data.n_rows, N_BEFORE).tolist()
        log.append(
            experiment.key, [label_session.line(experiment.by_hand, data, row, log.LABEL, classes[row % len(classes)], name, spent_ms=900) for row in rows]
        )  # fmt: skip


def labelled(labeller: str) -> dict[str, float | int]:
    """Seconds per label of one person."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    at.query_params["data"], at.query_params["labeller"] = "tracks", labeller
    at.switch_page("pages/label/page.py").run()
    seconds, cpu = [], []
    for i in range(N_LABELS):
        began, used = time.perf_counter(), time.process_time()
        next(b for b in at.button if b.key and b.key.startswith(f"say-{i % 7 + 1}-")).click().run()
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
    experiment = next(
        experiment_of_key for experiment_of_key in EXPERIMENTS.values() if experiment_of_key.by_hand is not None
    )
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DARKROOM_WORKSPACE"] = temporary
        os.environ["DARKROOM_DEMO_EVENTS"] = "0"
        raw = Path(temporary) / "images"
        raw.mkdir()
        prepared(experiment, raw)
        result: dict[str, object] = {"label": labelled("dora"), "n_rows": open_dataset("tracks").n_rows}
        began = time.perf_counter()
        hand_labels = label_session.open_hand_labels(label_session.labelling_of(experiment), open_dataset("tracks"))
        result["read_all_logs_s"] = time.perf_counter() - began
        began = time.perf_counter()
        result["n_events_labelled"], result["kappa"] = (
            len(hand_labels.votes.rows),
            hand_labels.agreement.kappa.to_dict(),
        )
        result["agreement_s"] = time.perf_counter() - began
    report.show(result, options.json)


if __name__ == "__main__":
    main()
