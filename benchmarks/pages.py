"""How long a rerun takes on the server after a control has moved, and how much memory the pages need.

Every page runs in `AppTest`, which does what the server does for a rerun, without a browser. The data set is the shipped
sample, with a run whose scores are made up (no keras is needed to draw a page).
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from benchmarks import report
from benchmarks.made_up import made_up_run
from core.registry import EXPERIMENTS
from core.workflows import demo

ROOT = Path(__file__).resolve().parents[1]
RERUNS = 25
PAGES = sorted(p.parent.name for p in (ROOT / "pages").glob("*/page.py"))


def move_threshold(at: AppTest, step: int) -> None:
    """Move the page's first slider, if it has one, so that something has to be computed anew."""
    if at.slider:
        slider = at.slider[0]
        share = 0.2 + 0.6 * (step % 13) / 13
        if not isinstance(slider.value, tuple | list):
            slider.set_value(type(slider.value)(slider.min + share * (slider.max - slider.min)))


def timed(page: str, dataset: str, run: str) -> dict[str, float]:
    """Seconds per rerun of a page after a control has moved, once it has been opened."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    at.switch_page(f"pages/{page}/page.py")
    at.query_params["data"] = dataset
    at.query_params["run"] = run
    at.run()
    seconds = []
    for step in range(RERUNS):
        move_threshold(at, step)
        began = time.perf_counter()
        at.run()
        seconds.append(time.perf_counter() - began)
        if at.exception:
            raise SystemExit(f"Page {page} failed: {at.exception[0].message}")
    return {"median_s": statistics.median(seconds), "p95_s": sorted(seconds)[int(0.95 * RERUNS)]}


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["DARKROOM_WORKSPACE"] = temporary
        result: dict[str, object] = {}
        for experiment in EXPERIMENTS.values():
            demo.prepare_sample(experiment)
            name = demo.sample_name(experiment)
            run = made_up_run(name)
            result[experiment.key] = {page: timed(page, name, run) for page in PAGES}
    result["reruns"] = RERUNS
    result["server_memory_mb"] = report.peak_memory_mb()
    report.show(result, options.json)


if __name__ == "__main__":
    main()
