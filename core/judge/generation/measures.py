"""Numbers of generated rows against the truth that need no classifier: distances of features and sums, of pairs, in bins of the axis.

Every function takes two samples of rows and so gives truth against truth as well.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special

from core.judge.generating import Generating
from core.judge.generation.sample import Rows, Sample, matrix
from core.statistics.axis import Axis
from core.statistics.frechet import BATCH_ROWS, MIN_SAMPLES, fpd, kpd
from core.statistics.intervals import LEVEL, Interval, PairInterval
from core.statistics.neighbours import MOST_ROWS as MOST_NEIGHBOURS
from core.statistics.neighbours import Manifolds, manifolds, nearest, ratio_of_means
from core.statistics.residuals import resampled
from core.statistics.two_samples import counts_of, edges_of, jensen_shannon, of_histograms, separation, wasserstein_of

FEWEST_IN_BIN, N_BINS_IN_BIN, N_QUERIES = 50, 25, 2_000
DELTA = "normal, from the scatter of the ratio's residuals"
DIFFERENCE = "normal, from the scatter of the rows"
RELATIVE, IN_DEVIATIONS = "relative", "in standard deviations"
Number = Interval | PairInterval


@dataclass(frozen=True)
class Beside:
    """A number of generated rows, and the same of true rows in their place; None where it has no meaning or was refused."""

    generated: Number | None
    truth: Number | None


def separations(reference: Rows, rows: Rows, names: Iterable[str], n_bins: int) -> dict[str, Interval]:
    """Separation power of each of the named features, in bins of the reference."""
    return _of_features(separation, reference, rows, names, n_bins)


def divergences(reference: Rows, rows: Rows, names: Iterable[str], n_bins: int) -> dict[str, Interval]:
    """Jensen-Shannon divergence in bits of the same."""
    return _of_features(jensen_shannon, reference, rows, names, n_bins)


def _of_features(
    distance: Callable[[np.ndarray, np.ndarray], np.ndarray], reference: Rows, rows: Rows, names: Iterable[str], n_bins: int
) -> dict[str, Interval]:  # fmt: skip
    intervals = {}
    for name in names:
        edges = edges_of(reference.features[name], n_bins)
        counts = [counts_of(part.features[name], edges) for part in (reference, rows)]
        intervals[name] = of_histograms(distance, counts[0], counts[1])
    return intervals


def wasserstein_channels(reference: Rows, rows: Rows) -> dict[str, Interval]:
    """Wasserstein distance of each channel sum, and under `mean` that of all, in the unit of the array."""
    of_each = {name: wasserstein_of(reference.channels[name], rows.channels[name]) for name in reference.channels}
    return {"mean": _mean(list(of_each.values())), **of_each}


def _mean(parts: list[Interval]) -> Interval:
    """Mean of numbers of the same rows: as wide as if they went together."""
    value, low, high = (float(np.mean([getattr(part, end) for part in parts])) for end in ("value", "low", "high"))
    return Interval(value, low, high, parts[0].n, method=f"mean of {len(parts)}, taken to go together")


def finite(rows: Rows) -> np.ndarray:
    """float64 (m, n_features): the features of rows in which all are defined."""
    values = matrix(rows.features)
    defined: np.ndarray = values[np.isfinite(values).all(axis=1)]
    return defined


def frechet_of(reference: Rows, rows: Rows, min_samples: int = MIN_SAMPLES) -> Interval:
    """Frechet distance of the features."""
    return fpd(finite(reference), finite(rows), min_samples)


def kernel_of(reference: Rows, rows: Rows, batch_rows: int = BATCH_ROWS) -> Interval:
    """Kernel distance of the features."""
    return kpd(finite(reference), finite(rows), batch_rows)


def log_cells(array: np.ndarray, floor: float) -> np.ndarray:
    """float32 (n, k): log10 of rows (n, ...) over the least number that is not 0 in the truth; 0 where nothing was seen."""
    flat = np.asarray(array, np.float32).reshape(len(array), -1)
    return np.log10(np.maximum(flat, floor) / np.float32(floor))


def floor_of(array: np.ndarray) -> float:
    """The least number above 0 in rows (n, ...); 1 where all is 0."""
    positive = array[array > 0.0]
    return float(positive.min()) if positive.size else 1.0


def manifolds_of(reference: Rows, rows: Rows, most: int = MOST_NEIGHBOURS) -> Manifolds:
    """Precision, recall, density and coverage of the first rows (at most `most`, which are random ones), on the logarithm of the array."""
    floor = floor_of(reference.array)
    truth, generated = (log_cells(_some(part, most), floor) for part in (reference, rows))
    return manifolds(truth, generated)


def _some(rows: Rows, most: int) -> np.ndarray:
    """At most so many rows of the array, at random: they lie in the order of the file."""
    chosen = np.random.default_rng(1).permutation(len(rows))[:most]
    return rows.array[np.sort(chosen)]


def neighbour_ratio(sample: Sample, training: Callable[[], Iterable[np.ndarray]], n_queries: int = N_QUERIES) -> Beside:
    """Mean distance from a generated row to its nearest training row over that from a true row of the same conditions: 1 is right,
    less was copied from the training; other truth over that in the place of the generated. Distances are those of the logarithm
    of the array; `training()` gives its rows in blocks (m, ...).
    """
    floor = floor_of(sample.truth.array)
    n = min(n_queries, len(sample))
    parts = (sample.generated, sample.paired, sample.truth)
    queries = np.concatenate([log_cells(_some(part, n), floor) for part in parts])
    generated, paired, truth = nearest(queries, (log_cells(block, floor) for block in training())).reshape(3, n)
    return Beside(ratio_of_means(generated, paired), ratio_of_means(truth, paired))


def channel_errors(rows: Rows, partner: Rows) -> dict[str, Interval]:
    """Mean absolute difference of each channel sum of pairs (of the same conditions), and the mean of all."""
    distances = {name: np.abs(rows.channels[name] - partner.channels[name]) for name in rows.channels}
    return {"mean": resampled(np.mean(list(distances.values()), axis=0), np.mean)} | {
        name: resampled(values, np.mean) for name, values in distances.items()
    }


def pixel_error(rows: Rows, partner: Rows) -> Interval:
    """Root of the mean squared difference of the array's numbers, of pairs."""
    squares = (rows.array - partner.array).reshape(len(rows), -1).astype(np.float64)
    mean = resampled((squares**2).mean(axis=1), np.mean)
    value, low, high = (math.sqrt(max(end, 0.0)) for end in (mean.value, mean.low, mean.high))
    return Interval(value, low, high, len(rows), method=mean.method)


def partners(rows: Rows, others: Rows) -> Rows:
    """Of each row that row of the others whose conditions are nearest (in standard deviations, of positive ones of their logarithm):
    the best there is where a second true row of the same conditions is not. As conditions differ, such pairs differ more.
    """
    from scipy.spatial import cKDTree

    places = []
    for name, values in others.conditions.items():
        own, other = (np.log(v) if (values > 0.0).all() else v for v in (rows.conditions[name], values))
        scale = float(other.std()) or 1.0
        places.append((own / scale, other / scale))
    own, other = (np.column_stack(columns) for columns in zip(*places, strict=True))
    return others.where(cKDTree(other).query(own)[1])


def mean_bias(values: np.ndarray, reference: np.ndarray, is_paired: bool) -> Interval:
    """Mean of values (n,) over that of the reference (m,), minus 1; the scatter of pairs is that of their difference. NaN rows are left out.

    Of values that may be negative see `mean_shift`. NaN of fewer than two.
    """
    values, reference = _defined(values, reference, is_paired)
    n = min(len(values), len(reference))
    if n < 2 or not reference.mean():
        return Interval(math.nan, math.nan, math.nan, n, method=DELTA)
    mean, ratio = reference.mean(), values.mean() / reference.mean()
    if is_paired:
        variance = (values - ratio * reference).var(ddof=1) / n
    else:
        variance = values.var(ddof=1) / len(values) + ratio**2 * reference.var(ddof=1) / len(reference)
    return _normal(float(ratio - 1.0), math.sqrt(variance) / abs(mean), n, DELTA)


def mean_shift(values: np.ndarray, reference: np.ndarray, is_paired: bool) -> Interval:
    """Difference of the means in standard deviations of the reference; NaN of fewer than two or where the reference is constant."""
    values, reference = _defined(values, reference, is_paired)
    n = min(len(values), len(reference))
    deviation = float(reference.std(ddof=1)) if n > 1 else 0.0
    if not deviation:
        return Interval(math.nan, math.nan, math.nan, n, method=DIFFERENCE)
    shift = float(values.mean() - reference.mean()) / deviation
    # the standard deviation scatters too: both by their influence functions
    spread = 0.5 * shift * (((reference - reference.mean()) / deviation) ** 2 - 1.0)
    if is_paired:
        variance = ((values - reference) / deviation - spread).var(ddof=1) / n
    else:
        variance = (values / deviation).var(ddof=1) / len(values)
        variance += (reference / deviation + spread).var(ddof=1) / len(reference)
    return _normal(shift, math.sqrt(variance), n, DIFFERENCE)


def _defined(values: np.ndarray, reference: np.ndarray, is_paired: bool) -> tuple[np.ndarray, np.ndarray]:
    own, other = np.isfinite(values), np.isfinite(reference)
    if is_paired:
        own = other = own & other
    return values[own], reference[other]


def _normal(value: float, sigma: float, n: int, method: str) -> Interval:
    reach = float(special.stdtrit(n - 1, (1.0 + LEVEL) / 2.0) * sigma)
    return Interval(value, value - reach, value + reach, n, method=method)


def response_bias(rows: Rows, reference: Rows, is_paired: bool) -> Interval:
    """Of the sum of each row over its quantity of the axis: relative difference of the means."""
    return mean_bias(rows.total / rows.axis, reference.total / reference.axis, is_paired)


def feature_biases(rows: Rows, reference: Rows, is_paired: bool) -> dict[str, tuple[str, Interval]]:
    """Of each feature how far its mean is off, relative where the reference is never negative, else in its standard deviations."""
    biases = {}
    for name, values in rows.features.items():
        others = reference.features[name]
        known = others[np.isfinite(others)]
        is_relative = len(known) > 0 and float(known.min()) >= 0.0
        bias = (mean_bias if is_relative else mean_shift)(values, others, is_paired)
        biases[name] = (RELATIVE if is_relative else IN_DEVIATIONS, bias)
    return biases


@dataclass(frozen=True)
class Bin:
    """What of the rows with `low` <= axis < `high` is compared; `n` generated rows. Numbers are None in a bin of too few rows."""

    low: float
    high: float
    n: int
    response: Beside
    features: Mapping[str, tuple[str, Beside]]
    separations: Mapping[str, Beside]


def masks(sample: Sample, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Bool (n,) of the generated rows (and their pairs) and of the truth that lie in a bin."""
    own, others = sample.generated.axis, sample.truth.axis
    return (own >= low) & (own < high), (others >= low) & (others < high)


def by_axis(sample: Sample, generating: Generating, axis: Axis) -> tuple[Bin, ...]:
    """Biases and separation powers in each bin of the axis. Biases are those of pairs, of truth against truth they cannot be."""
    return tuple(_bin(sample, generating, low, high) for low, high in pairwise(axis.edges.tolist()))


def _bin(sample: Sample, generating: Generating, low: float, high: float) -> Bin:
    own, others = masks(sample, low, high)
    generated, paired, truth = sample.generated.where(own), sample.paired.where(own), sample.truth.where(others)
    n = min(len(generated), len(truth))
    if n < FEWEST_IN_BIN:
        nothing = Beside(None, None)
        names = generated.features
        return Bin(
            low,
            high,
            n,
            nothing,
            dict.fromkeys(names, (RELATIVE, nothing)),
            dict.fromkeys(generating.separated, nothing),
        )
    biases, of_truth = feature_biases(generated, paired, True), feature_biases(truth, paired, False)
    apart, same = (separations(truth, rows, generating.separated, N_BINS_IN_BIN) for rows in (generated, paired))
    return Bin(
        low, high, n, Beside(response_bias(generated, paired, True), response_bias(truth, paired, False)),
        {name: (kind, Beside(bias, of_truth[name][1])) for name, (kind, bias) in biases.items()},
        {name: Beside(apart[name], same[name]) for name in apart},
    )  # fmt: skip
