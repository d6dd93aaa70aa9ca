"""Toys of two samples, as generated rows and the truth are: the intervals of their distances, areas and biases."""

from collections.abc import Iterator

import numpy as np
from scipy import special

from benchmarks.coverage_case import Bounds, Case
from core.judge.generation.judges import mean_area
from core.judge.generation.measures import mean_bias, mean_shift
from core.statistics import frechet, neighbours, two_samples
from core.statistics.roc import auc

N_EXPECTED = 20_000  # toys that the expected distance is taken from
SHIFT = 0.5


def cases() -> Iterator[Case]:
    """Every interval of two samples, in settings that are met."""
    yield from _histograms()
    yield from _means()
    for n in (500, 5_000):
        yield Case(
            "wasserstein", f"normal, shifted by {SHIFT:g}, {n}", n, SHIFT,
            lambda rng, n=n: two_samples.wasserstein_of(rng.normal(size=n), rng.normal(SHIFT, 1.0, n)), cost=8,
        )  # fmt: skip
    scale = 8.0  # a largest value that is known, so that the shift is, in its unit

    def distance(rng: np.random.Generator) -> Bounds:
        first, second = rng.normal(size=(2, 2_000, 3)).clip(-scale, scale)
        first[0] = scale
        return frechet.fpd(first, second + np.array([SHIFT, 0.0, 0.0]), min_samples=1_000)

    yield Case("fpd", "normal in three dimensions, shifted, 2000", 2_000, (SHIFT / scale) ** 2, distance, cost=8)
    for area in (0.5, 0.52, 0.7):
        shift = float(np.sqrt(2.0) * special.ndtri(area))

        def seeds(rng: np.random.Generator, shift: float = shift) -> Bounds:
            labels = np.repeat([1, 0], 400)
            return mean_area(
                [auc(np.concatenate([rng.normal(shift, 1.0, 400), rng.normal(size=400)]), labels) for _ in range(3)]
            )

        yield Case("area_of_seeds", f"three seeds, area {area:g}", 2_400, area, seeds)


def _histograms() -> Iterator[Case]:
    """Distances of histograms: the truth is what samples of this size have on the average."""
    shares = np.histogram(np.random.default_rng(1).normal(size=1_000_000), np.linspace(-4.0, 4.0, 21))[0] / 1e6
    first, second = shares / shares.sum(), np.roll(shares, 1) / shares.sum()
    distances = {"separation": two_samples.separation, "jensen_shannon": two_samples.jensen_shannon}
    for name, distance in distances.items():
        for setting, other in (("equal samples", first), ("shifted by 0.4", second)):
            for n in (1_000, 10_000):
                rng = np.random.default_rng(2)
                expected = float(
                    distance(rng.multinomial(n, first, N_EXPECTED), rng.multinomial(n, other, N_EXPECTED)).mean()
                )
                yield Case(
                    name, f"{setting}, {n}", n, expected,
                    lambda rng, distance=distance, other=other, n=n: two_samples.of_histograms(
                        distance, rng.multinomial(n, first), rng.multinomial(n, other)
                    ),
                )  # fmt: skip


def _means() -> Iterator[Case]:
    """Relative differences and shifts of means, of pairs and of strangers; ratios."""
    for n in (50, 1_000):
        for is_paired in (True, False):

            def pair(
                rng: np.random.Generator, n: int = n, is_paired: bool = is_paired
            ) -> tuple[np.ndarray, np.ndarray]:
                truth = rng.gamma(4.0, 1.0, n)
                return (truth if is_paired else rng.gamma(4.0, 1.0, n)) * rng.normal(1.1, 0.05, n), truth

            text = f"{'pairs' if is_paired else 'strangers'}, {n}"
            yield Case(
                "mean_bias", text, n, 0.1,
                lambda rng, pair=pair, is_paired=is_paired: mean_bias(*pair(rng), is_paired),
            )  # fmt: skip
            yield Case(
                "mean_shift", text, n, 0.2,  # 0.1 of a mean of 4 over a standard deviation of 2
                lambda rng, pair=pair, is_paired=is_paired: mean_shift(*pair(rng), is_paired),
            )  # fmt: skip
    yield Case(
        "ratio_of_means", "gamma, 200", 200, 1.5,
        lambda rng: neighbours.ratio_of_means(1.5 * rng.gamma(4.0, 1.0, 200), rng.gamma(4.0, 1.0, 200)), cost=5,
    )  # fmt: skip
