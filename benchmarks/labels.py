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
    prepare(experiment, files, experiment.key, demo.default_mapping(experiment))
    data = open_dataset(experiment.key)
    labelling = label_session.labelling_of(experiment)
    classes = label_session.classes_of(labelling, data)
    rng = np.random.default_rng(1)
    for name in ("anna", "bert", "cleo"):
        rows = rng.integers(0, data.n_rows, N_BEFORE).tolist()
        log.append(
            experiment.key, [label_session.line(labelling, data, row, log.LABEL, classes[row % len(classes)], name, spent_ms=900) for row in rows]
        )  # fmt: skip


def labelled(dataset_name: str, labeller: str) -> dict[str, float | int]:
    """Seconds per label of one person."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    at.query_params["data"], at.query_params["labeller"] = dataset_name, labeller
    at.switch_page("pages/label/page.py").run()
    seconds, cpu = [], []
    for i in range(N_LABELS):
        keys = [b for b in at.button if b.key and b.key.startswith("say-")]
        began, used = time.perf_counter(), time.process_time()
        keys[i % len(keys)].click().run()
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
        if at.exception:
            raise SystemExit(f"The page failed: {at.exception[0].message}")
    ordered = sorted(seconds)
    return {
        "median_s": statistics.median(seconds), "p95_s": ordered[int(0.95 * N_LABELS)], "max_s": ordered[-1], "n": N_LABELS,
        "cpu_median_s": statistics.median(cpu), "cpu_max_s": max(cpu),
    }  # fmt: skip


def judged(experiment: Experiment) -> dict[str, object]:
    """What reading the logs and their agreement takes."""
    began = time.perf_counter()
    hand_labels = label_session.open_hand_labels(label_session.labelling_of(experiment), open_dataset(experiment.key))
    read_s, began = time.perf_counter() - began, time.perf_counter()
    n_events, kappa = len(hand_labels.votes.rows), hand_labels.agreement.kappa.to_dict()
    return {
        "read_all_logs_s": read_s,
        "agreement_s": time.perf_counter() - began,
        "n_events_labelled": n_events,
        "kappa": kappa,
    }


def main() -> None:
    parser = report.options(__doc__ or "")
    with_labels = [key for key, experiment in EXPERIMENTS.items() if experiment.by_hand is not None]
    parser.add_argument("--experiments", nargs="+", choices=with_labels, default=with_labels)
    options = parser.parse_args()
    result: dict[str, object] = {}
    for key in options.experiments:
        with tempfile.TemporaryDirectory() as temporary:
            os.environ |= {"DARKROOM_WORKSPACE": temporary, "DARKROOM_DEMO_EVENTS": "0"}
            raw = Path(temporary) / "raw files"
            raw.mkdir()
            prepared(EXPERIMENTS[key], raw)
            n_rows = open_dataset(key).n_rows
            result[key] = {"label": labelled(key, "dora"), "n_rows": n_rows, **judged(EXPERIMENTS[key])}
    report.show(result, options.json)


if __name__ == "__main__":
    main()
