"""The selection variables of the NaI(Tl) analyses, from the raw records of a detector's channels (photomultipliers).

`S = h1 + h2` is the summed pulse above baseline, `Q(a, b)` its sum over `a <= t < b`, `t` from the onset:
nmt500 = sum(S t)/sum(S) over 0-500 ns; X1 = Q(100,600)/Q(0,600) and X2 = Q(0,50)/Q(0,600) (DAMA/LIBRA,
arXiv:0804.2738); ES = (1 - (X2 - X1))/2; asymmetry = (Q1 - Q2)/(Q1 + Q2) over 0-5 µs; mean-time parameter
p_m = ln(<t>_1 <t>_2), the per-PMT means over 0-500 ns in ns, so the logarithm is of ns^2.
Negative samples are kept in every sum: clipping them would bias low energies. The windows are parameters, for pulses of
another material; S is the sum of all channels, and what compares two of them (asymmetry, p_m) is undefined for another
number.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.cosine.pulse import kernel
from core.data.table import Column
from core.errors import DarkroomError
from core.parameters import param

FLAGS = kernel.FLAGS
# What boosted trees may use: the pulse, and neither its place in the record nor the electronics of its channel
TREE_FEATURES = (
    "nmt500_us", "x1", "x2", "es", "mean_time_parameter", "asymmetry", "n_pulses", "charge_adc", "charge1_adc",
    "charge2_adc", "height1_adc", "height2_adc",
)  # fmt: skip

VERSION = 3  # raised with every change after which the same file gives other rows or numbers (held by a test)

COLUMNS: tuple[Column, ...] = (
    Column("energy_kev", "Energy", "keV", 0.0, 20.0, 80, 2, "Reconstructed energy, electron equivalent"),
    Column(
        "nmt500_us",
        "nmt500",
        "µs",
        0.0,
        0.4,
        100,
        4,
        "Charge-weighted mean time over 0-500 ns (or the mapping's window) from the onset",
    ),
    Column("x1", "X1", "", -0.1, 1.1, 120, 3, "Slow charge fraction Q(100,600)/Q(0,600)"),
    Column("x2", "X2", "", -0.1, 1.1, 120, 3, "Fast charge fraction Q(0,50)/Q(0,600)"),
    Column("es", "ES (dpar)", "", -0.1, 1.1, 120, 3, "(1 - (X2 - X1))/2: fast noise low, slow type-2 noise high"),
    Column(
        "mean_time_parameter",
        "Mean-time parameter",
        "ln ns2",
        4.0,
        12.0,
        80,
        3,
        "ln(<t>1 <t>2), per-PMT means, 0-500 ns",
    ),
    Column("asymmetry", "Charge asymmetry", "", -1.1, 1.1, 110, 3, "(Q1 - Q2)/(Q1 + Q2) over 0-5 µs"),
    Column("charge_adc", "Charge", "ADC sample", 0.0, 1e5, 100, 0, "Sum of both PMTs over 0-5 µs"),
    Column("charge1_adc", "Charge PMT 1", "ADC sample", 0.0, 5e4, 100, 0, "Sum of PMT 1 over 0-5 µs"),
    Column("charge2_adc", "Charge PMT 2", "ADC sample", 0.0, 5e4, 100, 0, "Sum of PMT 2 over 0-5 µs"),
    Column(
        "height1_adc", "Height PMT 1", "ADC", 0.0, 1000.0, 100, 0, "Highest sample of PMT 1 above the sub-ADC baseline"
    ),
    Column(
        "height2_adc", "Height PMT 2", "ADC", 0.0, 1000.0, 100, 0, "Highest sample of PMT 2 above the sub-ADC baseline"
    ),
    Column("onset_ns", "Onset", "ns", 2100.0, 2700.0, 100, 1, "Start of the pulse, from the start of the record"),
    Column(
        "n_pulses",
        "Pulses",
        "",
        -0.5,
        79.5,
        80,
        0,
        "Separate pulses of PMT 1 plus those of PMT 2, 0-5 µs: each begins above the threshold, ends at or below half of it",
    ),
    Column("baseline1_adc", "Baseline PMT 1", "ADC", 280.0, 320.0, 80, 2, "Median before the pulse, sub-ADC"),
    Column("baseline2_adc", "Baseline PMT 2", "ADC", 280.0, 320.0, 80, 2, "Median before the pulse, sub-ADC"),
    Column("noise1_adc", "Noise PMT 1", "ADC", 0.0, 4.0, 80, 2, "Robust rms before the pulse"),
    Column("noise2_adc", "Noise PMT 2", "ADC", 0.0, 4.0, 80, 2, "Robust rms before the pulse"),
)


@dataclass(frozen=True)
class FeatureParameters:
    """How the records are made and where the pulse is looked for; the defaults are those of COSINE-100."""

    sampling_ns: float = param(2.0, "Time between two samples", unit="ns", low=0.01, high=1000.0)
    pretrigger_samples: int = param(1200, "Sample at which the trigger closes", low=0)
    baseline_samples: int = param(1000, "Samples at the start of the record that give baseline and noise", low=1)
    n_bits: int = param(
        12, "Resolution of the digitiser: saturated at the highest code; 0: never", unit="bit", low=0, high=24
    )
    lowest_adc: int = param(
        0, "Lowest code of the digitiser: saturated at it", unit="ADC", low=-(1 << 23), high=1 << 23
    )
    positive: bool = param(True, "Pulses go up (false: down)")
    nominal_noise_adc: float = param(
        1.5, "Expected noise; a baseline three times as noisy is flagged", unit="ADC", low=0.0
    )
    spe_amplitude_adc: float = param(42.0, "Height of a single photoelectron", unit="ADC", low=0.0)
    windows_ns: tuple[float, ...] = param(
        (50.0, 100.0, 500.0, 600.0, 5000.0),
        "Ends of the windows from the onset: fast, begin of slow, mean time, shape, charge", unit="ns", low=0.0,
    )  # fmt: skip
    steps_per_adc: int = param(1, "Steps of the records per ADC unit", low=1, high=1024)
    search_before_samples: int = param(120, "The onset is looked for from this long before the trigger", low=0)
    onset_sigmas: float = param(5.0, "Onset threshold in units of the noise of the summed pulse", low=0.0)
    onset_photoelectrons: float = param(0.25, "Onset threshold in units of the photoelectron height", low=0.0)


WINDOWS_NS = FeatureParameters().windows_ns
NEEDED_WINDOW = {  # column -> which of the windows has to lie in the record
    "nmt500_us": 2, "mean_time_parameter": 2, "x1": 3, "x2": 3, "es": 3,
    "charge_adc": 4, "charge1_adc": 4, "charge2_adc": 4, "asymmetry": 4, "n_pulses": 4,
}  # fmt: skip


def window_edges(sampling_ns: float, windows_ns: Sequence[float] = WINDOWS_NS) -> tuple[int, ...]:
    """The first sample at or after the end of each window from the onset."""
    return tuple(math.ceil(edge / sampling_ns - 1e-9) for edge in windows_ns)


def compute(
    raw: np.ndarray, parameters: FeatureParameters, n_samples: np.ndarray | None = None
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Features, flags and stored waveforms of `raw`, int16, uint16 or int32 (n, n_channels, L), in steps.

    `n_samples` int32 (n,): true length of each record where it is shorter than L; what lies beyond is not used.
    Returns (columns, flags, waveform): `columns` name -> (n,) float32, `flags` uint32 (n,) with
    bit i for `FLAGS[i]`, `waveform` int16 (int32 of int32) like `raw` = sign * (raw - floor(baseline + 0.5)),
    positive-going, in steps, 0 beyond `n_samples`.

    What is undefined is NaN and flagged, never 0 or infinite. `no_onset` leaves baseline, noise and
    height only; `truncated` undefines the quantities whose window ends after the record; `low_charge` a ratio whose
    denominator is at most max(0, 3 sigma sqrt(n)). Values are kept under `saturated` (a sample at the lowest or highest
    code; never in a record below the lowest code, whose pedestal was taken off), `negative_charge`,
    `asymmetry_out_of_range` (|A| > 1), `empty_pmt` (no significant charge in one channel) and `bad_baseline` (noise above
    three times nominal). `record_length` and `no_energy` are the reader's. Of one channel, columns of the second are NaN.
    """
    if raw.ndim != 3 or raw.dtype not in (np.int16, np.uint16, np.int32):
        raise DarkroomError(
            f"The waveforms have shape {raw.shape} and type {raw.dtype}: expected (events, channels, samples) of "
            "int16, uint16 or int32; check the waveform layout of the mapping."
        )
    n, n_channels, length = raw.shape
    lengths = np.full(n, length, np.int32) if n_samples is None else np.ascontiguousarray(n_samples, np.int32)
    p, names = parameters, kernel.outputs(n_channels)
    waveform = np.empty(raw.shape, np.int32 if raw.dtype == np.int32 else np.int16)
    table = np.empty((n, len(names)))
    flags = np.zeros(n, np.uint32)
    steps = p.steps_per_adc
    settings = (
        float(p.sampling_ns),
        float(p.nominal_noise_adc * steps),
        float(p.spe_amplitude_adc * steps),
        float(p.onset_sigmas),
        float(p.onset_photoelectrons),
    )
    sign = 1 if p.positive else -1
    lowest, highest = p.lowest_adc * steps, (p.lowest_adc + (1 << p.n_bits) - 1) * steps
    if not p.n_bits:
        lowest, highest = -(1 << 62), 1 << 62
    integers = (p.pretrigger_samples, p.baseline_samples, p.search_before_samples, lowest, highest, sign)
    edges = window_edges(p.sampling_ns, p.windows_ns)
    kernel.run(np.ascontiguousarray(raw), lengths, settings, integers, edges, waveform, table, flags)
    columns = {
        name: (table[:, i] / steps if name.endswith("_adc") else table[:, i]).astype(np.float32)
        for i, name in enumerate(names)
    }
    absent = [name for name in kernel.outputs(2) if name not in columns]
    return {**columns, **{name: np.full(n, np.nan, np.float32) for name in absent}}, flags, waveform
