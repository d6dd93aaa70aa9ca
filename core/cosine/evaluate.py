"""Judgement of COSINE-100: axis, the nmt500 cut as baseline, and the printed tables recomputed by the same code."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.cosine.published import results
from core.cosine.select import Cuts
from core.judge.judging import BoxSide, CutBaseline
from core.statistics.axis import Axis
from core.statistics.efficiency import OperatingPoint, from_counts, table_from_counts

BASELINE = "nmt500"
BOX = (BoxSide("nmt500_us", "above"), BoxSide("es", "below"), BoxSide("asymmetry", "inside"))
AXIS = Axis("energy_kev", "keV", np.linspace(0.0, 20.0, 21), ((1.0, 2.0), (2.0, 3.0), (3.0, 6.0), (6.0, 10.0)))
ROWS_KEV = np.arange(0.0, 10.25, 0.5)  # of the DNN slides
TABLE = AXIS.with_edges(ROWS_KEV)
_HALF_DIGIT_PERCENT = 0.005 + 1e-9

_LABEL_NOISE = (
    "A physics run without coincidence also holds genuine scintillation, so the background rejection falls with "
    "energy for a network that is right; calibration events also differ from single hits in topology."
)


@dataclass(frozen=True)
class PrintedCheck:
    """A printed efficiency and the one recomputed from its row, percent."""

    copy: str
    class_name: str
    energy_low_kev: float
    k: int
    n: int
    printed: float
    recomputed: float
    agree: bool


@dataclass(frozen=True)
class CompatibilityCheck:
    """A printed harmonic efficiency (percent) and the range that the two printed efficiencies allow.

    `from_rounded` is what the rounded numbers give; `points` are all whole numbers of test events that would be
    printed as those two efficiencies.
    """

    printed: results.Compatibility
    from_rounded: float
    points: tuple[OperatingPoint, ...]

    @property
    def matching(self) -> tuple[OperatingPoint, ...]:
        """Those points that give the printed harmonic efficiency too."""
        return tuple(point for point in self.points if self._printed_as(100.0 * point.harmonic.value))

    @property
    def agree_rounded(self) -> bool:
        """Whether the rounded efficiencies give the printed number."""
        return self._printed_as(self.from_rounded)

    @property
    def agree(self) -> bool:
        """Whether the printed number follows from counts of events or else from the rounded efficiencies."""
        return bool(self.matching) or self.agree_rounded

    def _printed_as(self, percent: float) -> bool:
        return self.printed.harmonic is not None and abs(percent - self.printed.harmonic) <= _HALF_DIGIT_PERCENT


def notes(label_scheme: str, is_known: bool) -> tuple[str, ...]:
    """What must be known of numbers under a label scheme."""
    del is_known
    return (_LABEL_NOISE,) if label_scheme in ("published", "coincidence") else ()


def cut_baseline(cuts: Cuts) -> CutBaseline:
    """The cut that made the published labels."""
    return CutBaseline(BASELINE, "nmt500_us", cuts.nmt500_threshold_us)


def check_printed() -> list[PrintedCheck]:
    """The 80 efficiencies printed in the DNN slides, recomputed from their rows: 79 agree, one is a misprint."""
    checks = []
    for copy in results.COPIES:
        counts = {name: np.array(rows) for name, rows in results.dnn_counts(copy).items()}
        tables = table_from_counts(counts, 0.5, TABLE)
        rows = [row for row in results.dnn_table() if row.copy == copy]
        efficiencies = [e for name in dict.fromkeys(row.class_name for row in rows) for e in tables[name].rows]
        for row, e in zip(rows, efficiencies, strict=True):
            percent = 100.0 * e.value
            agree = abs(percent - row.efficiency_percent) <= _HALF_DIGIT_PERCENT
            checks.append(
                PrintedCheck(copy, row.class_name, row.energy_low_kev, e.k, e.n, row.efficiency_percent, percent, agree)
            )
    return checks


def check_compatibility(
    pairs: Sequence[results.Compatibility] = results.CNN_COMPATIBILITY,
) -> list[CompatibilityCheck]:
    """The nine train/test pairs of the CNN slides, recomputed from whole numbers of test events.

    Two decimals do not always tell the counts, so all that fit are given. C7 6-10 on C3 3-6 keV follows
    only from counts (1028 leaked), the two pairs at 99.69 % only from the rounded numbers.
    """
    checks = []
    for pair in pairs:
        n_background, n_signal = results.n_tested(pair.tested)
        points = tuple(
            from_counts(k_s, n_signal, k_b, n_background)
            for k_s in _counts_printed_as(pair.signal, n_signal)
            for k_b in _counts_printed_as(pair.background, n_background)
        )
        checks.append(CompatibilityCheck(pair, 2.0 / (1.0 / pair.signal + 1.0 / pair.background), points))
    return checks


def _counts_printed_as(percent: float, n: int) -> list[int]:
    """All k whose 100 k / n is printed as `percent` with two decimals."""
    reach = _HALF_DIGIT_PERCENT / 100.0
    low, high = np.ceil((percent / 100.0 - reach) * n), np.floor((percent / 100.0 + reach) * n)
    return list(range(max(int(low), 0), min(int(high), n) + 1))
