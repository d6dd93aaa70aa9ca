"""How long it takes to say which of a million rows lie in a drawn region of 200 vertices, beside other ways of asking.

The peers are `matplotlib.path.Path.contains_points` and `skimage.measure.points_in_poly`, where they are installed; how many of their
answers differ is told (they have other rules for points on a side, of which there are none by chance).
"""

import importlib
import time
from collections.abc import Callable

import numpy as np

from benchmarks import report
from core.selection.region import MAX_VERTICES, Region, inside

N_ROWS = 1_000_000
REPEATS = 3


def star(rng: np.random.Generator) -> Region:
    """A polygon with as many vertices as there may be, far from convex."""
    angle = np.sort(rng.uniform(0.0, 2 * np.pi, MAX_VERTICES))
    radius = rng.uniform(0.3, 1.0, MAX_VERTICES)
    x, y = (radius * np.cos(angle)).tolist(), (radius * np.sin(angle)).tolist()
    return Region("x", "y", tuple(zip(x, y, strict=True)))


def peers(vertices: np.ndarray) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Those that are installed."""
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
    try:
        path = importlib.import_module("matplotlib.path").Path(vertices)
        ways["matplotlib"] = path.contains_points
    except ImportError:
        pass
    try:
        measure = importlib.import_module("skimage.measure")
        ways["skimage"] = lambda points: measure.points_in_poly(points, vertices)
    except ImportError:
        pass
    return ways


def timed(ask: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """(the least seconds of a few, the answer)."""
    answer, seconds = ask(), []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = ask()
        seconds.append(time.perf_counter() - began)
    return min(seconds), answer


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    rng = np.random.default_rng(7)
    region, (x, y) = star(rng), rng.uniform(-1.0, 1.0, (2, N_ROWS))
    seconds, is_in = timed(lambda: inside(region, x, y))
    result: dict[str, object] = {
        "n_rows": N_ROWS, "n_vertices": MAX_VERTICES, "n_inside": int(is_in.sum()), "seconds": seconds,
    }  # fmt: skip
    points = np.column_stack([x, y])
    for name, ask in peers(np.array(region.vertices)).items():
        result[f"{name}_s"], other = timed(lambda ask=ask: ask(points))  # type: ignore[misc]
        result[f"{name}_differs"] = int((other != is_in).sum())
    report.show(result, options.json)


if __name__ == "__main__":
    main()
