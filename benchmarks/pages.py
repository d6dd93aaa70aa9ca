"""What the pages cost the server: seconds and CPU of a rerun, many visitors at once, memory and its growth.

A real server (`python -m core serve`) on 40,000 simulated events of every experiment is asked over its WebSocket, as browsers
do; runs have made-up scores, as no keras is needed to draw a page. Everything of a rerun counts, also what is sent. CPU is that
of the server's process. The client shares the cores with the server, so seconds are upper limits.
"""

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from benchmarks import report
from benchmarks.browser_session import Rerun, Session
from benchmarks.page_server import PAGES, Shown, running_server, workspace_with_data

RERUNS = 25
N_SESSIONS, THINK_S = 20, 4.0
MEDIAN_CPU_S, P95_CPU_S, SESSIONS_P95_S, MEMORY_MB, SLOPE_MB_PER_H = 0.08, 0.2, 1.0, 350.0, 1.0
SETTLE_S = 60.0
"""After the first visits the allocator still grows; the slope is fitted from then on."""


def cpu_s(process: int) -> float:
    """CPU seconds of all threads of another process, ended ones included (its POSIX CPU clock)."""
    return time.clock_gettime((~process << 3) | 2)


def step(session: Session, turn: int) -> Rerun:
    """Move the page's first slider, so that something is computed anew; without one, press rerun."""
    if not session.sliders:
        return session.rerun()
    return session.move(next(iter(session.sliders)), 0.2 + 0.6 * (turn % 13) / 13)


def timed(url: str, process: int, page: str, shown: Shown) -> dict[str, float]:
    """Seconds, CPU seconds and bytes of a rerun after a control has moved, once the page has been opened."""
    session = Session(url)
    try:
        problems = session.open(page, shown.query).problems + step(session, 12).problems
        seconds, cpu, n_bytes = [], [], []
        for turn in range(RERUNS):
            before = cpu_s(process)
            rerun = step(session, turn)
            cpu.append(cpu_s(process) - before)
            seconds.append(rerun.seconds)
            n_bytes.append(rerun.n_bytes)
            problems += rerun.problems
    finally:
        session.close()
    if problems:
        raise SystemExit(f"Page {page or 'overview'} of {shown.experiment} failed: {problems[0]}")
    return {
        "median_s": statistics.median(seconds), "p95_s": percentile(seconds), "cpu_median_s": statistics.median(cpu),
        "cpu_p95_s": percentile(cpu), "kb_median": statistics.median(n_bytes) / 1e3,
    }  # fmt: skip


def percentile(values: Sequence[float], share: float = 0.95) -> float:
    return sorted(values)[int(share * len(values))]


def visitors(url: str, shown: Sequence[Shown], seconds: float) -> dict[str, float]:
    """Many sessions at once, each moving a control of its page, then thinking for some seconds."""
    ends_at = time.monotonic() + seconds
    places = list(itertools.product(PAGES, shown))

    def visit(number: int) -> list[Rerun]:
        chance = random.Random(number)
        reruns = []
        session = Session(url)
        try:
            while time.monotonic() < ends_at:
                page, of = chance.choice(places)
                session.open(page, of.query)
                for turn in range(5):
                    time.sleep(chance.expovariate(1.0 / THINK_S))
                    reruns.append(step(session, turn + number))
        finally:
            session.close()
        return reruns

    with ThreadPoolExecutor(N_SESSIONS) as pool:
        reruns = [rerun for of_session in pool.map(visit, range(N_SESSIONS)) for rerun in of_session]
    waits = [rerun.seconds for rerun in reruns]
    problems = [problem for rerun in reruns for problem in rerun.problems]
    if problems:
        raise SystemExit(f"With {N_SESSIONS} sessions at once: {problems[0]} (and {len(problems) - 1} more)")
    return {
        f"sessions{N_SESSIONS}_p95_s": percentile(waits), f"sessions{N_SESSIONS}_median_s": statistics.median(waits),
        f"sessions{N_SESSIONS}_n": len(waits),
    }  # fmt: skip


def soak(url: str, process: int, shown: Sequence[Shown], seconds: float) -> dict[str, float]:
    """The many sessions again for a long time; the slope of the server's memory by least squares, the first minute left out."""
    times, sizes = [], []
    is_over = threading.Event()

    def watch() -> None:
        began = time.monotonic()
        while not is_over.wait(5.0):
            times.append(time.monotonic() - began)
            sizes.append(memory_mb(process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        figures = visitors(url, shown, seconds)
    finally:
        is_over.set()
        watcher.join()
    settled = [(t, mb) for t, mb in zip(times, sizes, strict=True) if t > min(SETTLE_S, seconds / 3)]
    slope = statistics.linear_regression(*zip(*settled, strict=True)).slope if len(settled) > 2 else float("nan")
    return {**figures, "memory_slope_mb_per_h": 3600.0 * slope, "soak_s": seconds, "memory_after_soak_mb": sizes[-1]}


def memory_mb(process: int) -> float:
    """Memory of the server's process that is its own [MB]."""
    return float(psutil.Process(process).memory_info().rss) / 1e6


def misses(result: dict[str, Any]) -> list[str]:
    """Where a figure is over its limit."""
    pages = [
        (f"{key}/{page}", figures) for key, by_page in result["pages"].items() for page, figures in by_page.items()
    ]
    over = [f"{name}: median CPU {f['cpu_median_s']:.3f} s" for name, f in pages if f["cpu_median_s"] > MEDIAN_CPU_S]
    over += [f"{name}: p95 of CPU {f['cpu_p95_s']:.3f} s" for name, f in pages if f["cpu_p95_s"] > P95_CPU_S]
    limits = {
        f"sessions{N_SESSIONS}_p95_s": SESSIONS_P95_S,
        "memory_mb": MEMORY_MB,
        "memory_slope_mb_per_h": SLOPE_MB_PER_H,
    }
    return over + [
        f"{name} is {result[name]:.3g}, over {limit:g}" for name, limit in limits.items() if result[name] > limit
    ]


def duration_s(text: str) -> float:
    """'10m', '1h' or seconds."""
    unit = {"h": 3600.0, "m": 60.0, "s": 1.0}.get(text[-1:])
    return float(text[:-1]) * unit if unit else float(text)


def arguments() -> argparse.Namespace:
    parser = report.options(__doc__ or "")
    parser.add_argument(
        "--soak", type=duration_s, default=600.0, metavar="TIME", help="default: 10m; 1h for the full form"
    )
    parser.add_argument("--workspace", type=Path, help="keep the simulated data there and use them again")
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--pages", nargs="*", default=PAGES, help="only these")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as temporary:
        shown = workspace_with_data(options.workspace or Path(temporary), options.events)
        with running_server(options.workspace or Path(temporary)) as (url, process):
            pages = {
                of.experiment: {p or "overview": timed(url, process, p, of) for p in options.pages} for of in shown
            }
            result: dict[str, Any] = {"pages": pages, "memory_mb": memory_mb(process)}
            result |= soak(url, process, shown, options.soak)
    result |= {"reruns": RERUNS, "misses": misses(result)}
    report.show(result, options.json)
    sys.exit(bool(result["misses"]))


if __name__ == "__main__":
    main()
