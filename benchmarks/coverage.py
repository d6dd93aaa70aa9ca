"""How often every interval holds the truth, from toys of known truth: made-up data, never a network.

A line per interval and setting: the part of the toys whose 95 % interval holds the truth, with its own Clopper-Pearson
interval, and on which side the others miss (`above`: the whole interval lies above the truth).

Broken on purpose, each seen to be found (1,000 toys, of the Landau peak 200):
  the widths' part of the Landau peak left out (the interval of the MPV, moved): landau_peak 0.785 instead of 0.956;
  DeLong alone near 1: auc "normal 0.9993, 100 and 1000" 0.879, 106 above (0.994, 0), "wide signal" 0.696 (0.955),
    "exponential" 0.807 (0.930);
  the scatter of the bins not taken off (variance of a bin 0): calibration_error 0.000 at every setting (0.936 to 0.983);
  Jeffreys' limits in the place of Clopper-Pearson's: "k of n, 0.5 of 100" 0.938 (0.962), "0.99 of 38" 0.954 (0.997);
  n +- 1.96 sqrt(n / 2) in the place of Garwood's: poisson "mean 3" 0.763 (0.990), "mean 20" 0.848 (0.951).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from benchmarks import coverage_samples, report
from benchmarks.coverage_case import Bounds, Case
from core.analysis import total_efficiency
from core.connie.muons import landau, rates
from core.judge import topcalibration
from core.judge.calibration import judge as judge_calibration
from core.judge.cutstudy import correlations
from core.judge.held_out import Events
from core.judge.reliability import Mix
from core.statistics import intervals, multiclass, residuals, unfold
from core.statistics.axis import Axis
from core.statistics.mcnemar import from_counts
from core.statistics.roc import auc

N_TOYS = 1000
SPREAD = 2.0  # of the logits of the made-up scores
ONE_BIN = Axis("energy_kev", "keV", np.array([0.0, 20.0]))


@dataclass(frozen=True)
class Coverage:
    """Of `toys` intervals `held` held the truth; of the others `above` lay above it and the rest below."""

    case: Case
    toys: int
    held: int
    above: int
    method: str

    def to_dict(self) -> dict[str, object]:
        share = intervals.efficiency(self.held, self.toys)
        return {
            "interval": self.case.interval, "setting": self.case.setting, "truth": self.case.truth, "n": self.case.n,
            "coverage": share.value, "low": share.low, "high": share.high, "toys": self.toys, "above": self.above,
            "below": self.toys - self.held - self.above, "method": self.method,
        }  # fmt: skip


def measure(case: Case, n_toys: int = N_TOYS, seed: int = 1) -> Coverage:
    """Draw the toys of a case."""
    drawn = [case.toy(np.random.default_rng((seed, i))) for i in range(max(n_toys // case.cost, 1))]
    held = sum(interval.low <= case.truth <= interval.high for interval in drawn)
    return Coverage(case, len(drawn), held, sum(interval.low > case.truth for interval in drawn), drawn[0].method)


def cases() -> Iterator[Case]:
    """Every interval that is shown, in settings from comfortable to extreme."""
    yield from _counted()
    yield from _of_two()
    yield from _areas()
    yield from _calibration_errors()
    yield from _of_classes()
    yield from _fits()
    yield from coverage_samples.cases()


def _counted() -> Iterator[Case]:
    for truth, n in ((0.5, 100), (0.9, 38), (0.99, 38), (0.999, 1000)):
        yield Case(
            "clopper_pearson", f"k of n, {truth} of {n}", n, truth,
            lambda rng, p=truth, n=n: intervals.efficiency(int(rng.binomial(n, p)), n),
        )  # fmt: skip
    for mean in (0.5, 3.0, 20.0):
        yield Case(
            "poisson", f"mean {mean:g}", 1, mean, lambda rng, mean=mean: intervals.counted(int(rng.poisson(mean)))
        )
    exposure = np.linspace(1.0, 3.0, 20)
    yield Case(
        "mean_rate", "20 images, 5 counts per exposure", 20, 5.0,
        lambda rng: rates.constancy(rng.poisson(5.0 * exposure), exposure).mean,
    )  # fmt: skip
    for name, of, truth in (("bias", np.median, 0.3), ("resolution", residuals.resolution, 2.0)):
        for n in (20, 200):
            yield Case(
                name, f"normal, {n}", n, truth,
                lambda rng, n=n, of=of: residuals.resampled(rng.normal(0.3, 2.0, n), of), cost=2,
            )  # fmt: skip


def _of_two() -> Iterator[Case]:
    for signal, background, n in ((0.9, 0.8, 100), (0.99, 0.999, 200)):
        pair = {
            "harmonic_efficiency": (intervals.harmonic_efficiency, 2.0 / (1.0 / signal + 1.0 / background)),
            "balanced_accuracy": (intervals.balanced_accuracy, (signal + background) / 2.0),
        }
        for name, (make, truth) in pair.items():
            yield Case(
                name, f"{signal} and {background}", n, truth,
                lambda rng, make=make, a=signal, b=background, n=n: make(
                    int(rng.binomial(n, a)), n, int(rng.binomial(n, b)), n
                ),
            )  # fmt: skip
        yield Case(
            "trigger_times_selection", f"{signal} and {background}", n, signal * background,
            lambda rng, a=signal, b=background, n=n: total_efficiency.total_efficiency(
                *(intervals.efficiency(int(rng.binomial(n, p)), n) for p in (a, b))
            ),
        )  # fmt: skip
    for p10, p01, n in ((0.1, 0.05, 100), (0.01, 0.002, 500)):

        def difference(rng: np.random.Generator, p10: float = p10, p01: float = p01, n: int = n) -> Bounds:
            n10, n01, _ = rng.multinomial(n, [p10, p01, 1.0 - p10 - p01])
            return from_counts(int(n10), int(n01), n)

        yield Case("paired_difference", f"{p10} and {p01} differ", n, p10 - p01, difference)
    rho = 0.6
    yield Case(
        "rank_correlation", f"rho {rho} of a binormal", 200, 6.0 / math.pi * math.asin(rho / 2.0),
        lambda rng: correlations(
            *_correlated(rng, rho, 200), np.ones(200, np.int8)
        )[0].rho, cost=5,
    )  # fmt: skip


def _correlated(rng: np.random.Generator, rho: float, n: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    x, y = rng.normal(size=(2, n))
    return {"x": x}, rho * x + math.sqrt(1.0 - rho * rho) * y


def scores_with_area(
    rng: np.random.Generator, kind: str, area: float, n_signal: int, n_background: int
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and labels of a known true area: `normal`, `wide signal` (three times the spread), `exponential`."""
    labels = np.repeat([1, 0], [n_signal, n_background])
    if kind == "exponential":  # P(signal > background) = ratio / (1 + ratio)
        ratio = area / (1.0 - area)
        return np.concatenate([rng.exponential(ratio, n_signal), rng.exponential(1.0, n_background)]), labels
    spread = 3.0 if kind == "wide signal" else 1.0
    shift = math.hypot(spread, 1.0) * float(special.ndtri(area))
    return np.concatenate([rng.normal(shift, spread, n_signal), rng.normal(0.0, 1.0, n_background)]), labels


def _areas() -> Iterator[Case]:
    for area, n_signal, n_background in (
        (0.75, 100, 1000), (0.95, 100, 1000), (0.9993, 100, 1000), (0.9993, 1000, 100), (0.9993, 1000, 1000),
    ):  # fmt: skip
        for kind in ("normal", "wide signal", "exponential"):
            yield Case(
                "auc", f"{kind} {area}, {n_signal} and {n_background}", n_signal + n_background, area,
                lambda rng, kind=kind, area=area, a=n_signal, b=n_background: auc(
                    *scores_with_area(rng, kind, area, a, b)
                ),
            )  # fmt: skip


def _distorted(kind: str, size: float) -> Callable[[np.ndarray], np.ndarray]:
    """True probabilities of logits whose scores are expit(logit): off by a constant, by a temperature, by a shift of the
    logit.
    """
    return {
        "none": special.expit,
        "constant": lambda z: np.clip(special.expit(z) - size, 0.0, 1.0),
        "temperature": lambda z: special.expit(z * (1.0 - size)),
        "shift": lambda z: special.expit(z - size),
    }[kind]


def distortion(kind: str, error: float) -> Callable[[np.ndarray], np.ndarray]:
    """The distortion whose calibration error, on logits of spread 2, is the one that is wanted."""
    z = SPREAD * special.ndtri((np.arange(100_000) + 0.5) / 100_000)
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2.0
        is_more = np.abs(_distorted(kind, middle)(z) - special.expit(z)).mean() > error
        low, high = (low, middle) if is_more else (middle, high)
    return _distorted(kind, low)


def _calibration_errors() -> Iterator[Case]:
    for n in (400, 1000, 4000):
        for kind, error in (
            ("none", 0.0), *((k, e) for k in ("constant", "temperature", "shift") for e in (0.02, 0.05))
        ):  # fmt: skip
            true = distortion(kind, error)
            setting = f"{kind} {error:g}, {n}"

            def of_score(rng: np.random.Generator, n: int = n, true: Callable[..., np.ndarray] = true) -> Bounds:
                z = rng.normal(0.0, SPREAD, n)
                labels = (rng.random(n) < true(z)).astype(np.int8)
                events = Events(np.ones(n), special.expit(z), labels, np.zeros(n, np.int8))
                ratio = float(labels.sum() / (n - labels.sum()))
                return judge_calibration(events, Mix(ratio, ratio), axis=ONE_BIN).before.whole.error.ece

            def of_calls(rng: np.random.Generator, n: int = n, true: Callable[..., np.ndarray] = true) -> Bounds:
                z = rng.normal(0.0, SPREAD, n)
                first = special.expit(z)
                labels = np.where(rng.random(n) < true(z), 0, 1)
                return topcalibration.judge(np.stack([first, 1.0 - first], axis=1), labels)[0].ece

            yield Case("calibration_error", setting, n, error, of_score)
            if kind != "constant" and kind != "shift":  # these cancel between calls of either class
                yield Case("calibration_error_of_calls", setting, n, error, of_calls)


_PARTS = np.array([[0.9, 0.08, 0.02], [0.1, 0.8, 0.1], [0.05, 0.15, 0.8]])


def _of_classes() -> Iterator[Case]:
    true = np.array([300, 150, 50])
    expected = true[:, None] * _PARTS
    f1 = float(np.mean(2.0 * np.diag(expected) / (true + expected.sum(axis=0))))

    def macro_f1(rng: np.random.Generator) -> Bounds:
        counts = np.stack([rng.multinomial(n, p) for n, p in zip(true, _PARTS, strict=True)])
        counts = np.concatenate([counts, np.zeros((3, 1), int)], axis=1)
        return multiclass.summary(multiclass.Confusion(("a", "b", "c"), counts, np.zeros(4, int))).macro_f1

    yield Case("macro_f1", "three classes, 500 events", 500, f1, macro_f1, cost=5)
    came = np.array([5000, 800, 1200])

    def unfolded(rng: np.random.Generator) -> Bounds:
        matrix = np.stack([rng.multinomial(400, p) for p in _PARTS])
        predicted = np.sum([rng.multinomial(rng.poisson(n), p) for n, p in zip(came, _PARTS, strict=True)], axis=0)
        return unfold.unfold(predicted, matrix)[1]

    yield Case("unfolded_count", "three classes, 400 test events of each", 7000, float(came[1]), unfolded, cost=2)


def _fits() -> Iterator[Case]:
    mpv, xi, sigma = 199.0, 12.0, 10.0
    truths = {"landau_peak": landau.peak(mpv, xi, sigma), "landau_mpv": mpv}
    for n in (1000, 4000):
        for name, truth in truths.items():

            def fitted(rng: np.random.Generator, n: int = n, name: str = name) -> Bounds:
                relative = 1.0 / np.clip(rng.random(n) ** 0.25, 0.15, 1.0)
                place = mpv + xi * np.log(relative) + landau.MODE * xi + xi * math.log(math.pi / 2.0)
                energy = stats.landau.rvs(place, xi * math.pi / 2.0, size=n, random_state=rng) + rng.normal(
                    0.0, sigma, n
                )
                fit = landau.fit(energy, 120.0, 450.0, paths=landau.paths_of(relative))
                return fit.peak_kev if name == "landau_peak" else fit.mpv_kev

            yield Case(name, f"{n} muons of all angles", n, truth, fitted, cost=6)


def main() -> None:
    parser = report.options("Coverage of every interval, from toys of known truth.")
    parser.add_argument("--toys", type=int, default=N_TOYS, help="toys per setting; fits make fewer")
    parser.add_argument("--only", default="", metavar="WORD", help="only intervals whose name holds this")
    options = parser.parse_args()
    rows = []
    for case in cases():
        if options.only in case.interval:
            rows.append(measure(case, options.toys).to_dict())
            if not options.json:
                row = rows[-1]
                coverage = f"{row['coverage']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
                print(
                    f"{row['interval']:26} {row['setting']:40} {coverage}  above {row['above']}, below {row['below']}",
                    flush=True,
                )
    report.show({"intervals": rows} if options.json else {"n_settings": len(rows)}, options.json)


if __name__ == "__main__":
    main()
