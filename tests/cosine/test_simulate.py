"""The simulated sample: the table of expected medians and ranges, no class in what the detector does, and the files."""

from collections import Counter
from functools import cache
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot

from core.cosine.features import FLAGS, FeatureParameters, compute
from core.cosine.simulate import POPULATIONS, SimulationParameters, n_subruns, simulate, waveforms
from core.cosine.simulation import pulses
from core.errors import DarkroomError
from core.parameters import build, override

N = 2500
# population, keV: nmt500 median, 5 %, 95 % [µs]; X1, X2, ES medians; half width of asymmetry (5-95 %); P(nmt500 > 0.12)
EXPECTED = {
    ("signal", 1.0): ((0.165, 0.102, 0.229), 0.62, 0.21, 0.71, 0.50, 0.878),
    ("signal", 2.0): ((0.173, 0.130, 0.217), 0.65, 0.18, 0.74, 0.36, 0.978),
    ("signal", 3.0): ((0.177, 0.140, 0.214), 0.66, 0.16, 0.75, 0.29, 0.995),
    ("signal", 8.0): ((0.180, 0.158, 0.204), 0.68, 0.15, 0.77, 0.19, 1.000),
    ("fast", 1.0): ((0.044, 0.027, 0.074), 0.06, 0.68, 0.19, 0.78, 0.001),
    ("fast", 3.0): ((0.049, 0.033, 0.070), 0.08, 0.64, 0.23, 0.77, 0.000),
    ("slow", 1.0): ((0.162, 0.088, 0.268), 0.75, 0.12, 0.81, 0.69, 0.798),
    ("slow", 3.0): ((0.208, 0.133, 0.309), 0.88, 0.05, 0.92, 0.61, 0.985),
}
ES_RANGE = {("signal", 1.0): (0.50, 0.87), ("signal", 2.0): (0.60, 0.86)}


@cache
def features(population: str, energy_kev: float) -> dict[str, np.ndarray]:
    return compute(waveforms(population, energy_kev, N, seed=11).raw, FeatureParameters())[0]


@pytest.mark.parametrize("case", EXPECTED)
def test_populations_have_the_expected_features(case: tuple[str, float]) -> None:
    """Statistics of 2,500 events: 0.001 µs on the median of nmt500, 0.006 on P. The rest of each tolerance is freedom.

    The table comes from a toy whose pulse shape, onset rule and tail of the fast noise are not recorded. One sample
    of onset moves nmt500 by 2 ns, and X2 of a 30 ns pulse by 0.02; the ranges at 1 keV also carry the afterpulses.
    """
    medians = features(*case)
    nmt, x1, x2, es, asymmetry, slow = EXPECTED[case]
    np.testing.assert_allclose(np.nanquantile(medians["nmt500_us"], (0.5, 0.05, 0.95)), nmt, atol=0.010)
    assert np.nanmedian(medians["x1"]) == pytest.approx(x1, abs=0.025)
    assert np.nanmedian(medians["x2"]) == pytest.approx(x2, abs=0.035)
    assert np.nanmedian(medians["es"]) == pytest.approx(es, abs=0.020)
    low, high = np.nanquantile(medians["asymmetry"], (0.05, 0.95))
    assert (high - low) / 2 == pytest.approx(asymmetry, abs=0.035)
    assert np.mean(medians["nmt500_us"] > 0.12) == pytest.approx(slow, abs=0.025)


@pytest.mark.parametrize("case", ES_RANGE)
def test_es_spreads_as_expected(case: tuple[str, float]) -> None:
    np.testing.assert_allclose(np.nanquantile(features(*case)["es"], (0.05, 0.95)), ES_RANGE[case], atol=0.03)


def auc(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve of `first` against `second`, and its standard error if they are alike."""
    rank = np.argsort(np.argsort(np.r_[first, second])) + 1.0
    area = (rank[: len(first)].sum() - len(first) * (len(first) + 1) / 2) / (len(first) * len(second))
    return area, np.sqrt((len(first) + len(second) + 1) / (12 * len(first) * len(second)))


def test_trigger_baseline_and_noise_carry_no_class() -> None:
    events = [waveforms(p, 3.0, 3000 if p == "signal" else 500, seed=31 + i) for i, p in enumerate(POPULATIONS)]
    quantities = {"trigger": lambda w: w.trigger_sample}
    for p in range(2):
        quantities[f"baseline {p}"] = lambda w, p=p: w.baseline_adc[:, p]
        quantities[f"noise {p}"] = lambda w, p=p: w.noise_adc[:, p]
    for name, get in quantities.items():
        area, error = auc(get(events[0]), np.concatenate([get(w) for w in events[1:]]))
        assert abs(area - 0.5) < 2.576 * error, f"{name}: AUC {area:.4f}"


def test_generated_baseline_and_noise_are_found_again() -> None:
    events = waveforms("signal", 3.0, 300, seed=2)
    columns, _, _ = compute(events.raw, FeatureParameters())
    for p in range(2):
        np.testing.assert_allclose(columns[f"baseline{p + 1}_adc"], events.baseline_adc[:, p], atol=0.45)  # slow wander
        ratio = columns[f"noise{p + 1}_adc"] / np.hypot(events.noise_adc[:, p], 1 / np.sqrt(12))
        assert np.median(ratio) == pytest.approx(1.0, abs=0.03)


def test_photoelectron_is_a_12_ns_pulse_of_the_stated_area() -> None:
    template = pulses.spe_template()
    np.testing.assert_allclose(template.sum(1), pulses.SPE_AREA_ADC, rtol=1e-5)
    fine = np.concatenate([row[::-1] for row in template.T])  # phases are 1/8 ns apart, the latest comes first
    width_ns = np.sum(fine > fine.max() / 2) * pulses.SAMPLING_NS / len(template)
    assert width_ns == pytest.approx(12.0, abs=0.3)


@pytest.mark.parametrize("crystal", [1, 7])
def test_charge_and_energy_give_the_true_energy_back(crystal: int) -> None:
    events = waveforms("signal", 8.0, 800, crystal=crystal, seed=5)
    assert np.mean(events.energy_kev) == pytest.approx(8.0, rel=0.03)
    columns, flags, _ = compute(events.raw, FeatureParameters())
    per_kev = columns["charge_adc"] / events.energy_kev
    light = {1: 14.9, 7: 14.0}[crystal] * pulses.SPE_MEAN_CHARGE * 1.03 * pulses.SPE_AREA_ADC
    assert np.median(per_kev) == pytest.approx(light, rel=0.02)
    assert not flags.any()


def test_bright_pulses_saturate() -> None:
    events = waveforms("fast", 100.0, 20, seed=3)
    assert events.raw.max() == 4095
    assert (compute(events.raw, FeatureParameters())[1] >> FLAGS.index("saturated") & 1).any()


def read(path: Path) -> dict[str, np.ndarray]:
    with uproot.open(path) as file:
        arrays = file["ntp"].arrays()
    return {name: arrays[name] for name in arrays.fields}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return simulate(tmp_path_factory.mktemp("sample"), 2000, (1, 3, 7), seed=20)


def test_files_are_those_of_the_experiment(sample: list[Path]) -> None:
    runs = Counter(path.name.split(".")[0] for path in sample)
    assert runs == {f"mrgd_M{run:06d}": 5 for run in (1601, 1765, 1858, 1859)}
    assert sample[0].name == "mrgd_M001601.root.000"
    with uproot.open(sample[0]) as file:
        assert file["ntp"].classname == "TTree"
    assert sum(len(read(path)["eventNumber"]) for path in sample) == 2000


def test_waveforms_are_whole_records_of_the_crystals_hit(sample: list[Path]) -> None:
    for path in sample[::5]:
        entries = read(path)
        for c in (1, 3, 7):
            hit = ak.to_numpy(entries[f"truth_population{c}"]) >= 0
            for p in (1, 2):
                assert (ak.to_numpy(ak.num(entries[f"wf{c}{p}"])) == 4080 * hit).all()
            known = ak.to_numpy(entries[f"truth_energy{c}"])
            assert (np.isfinite(known) == hit).all()
            assert (ak.to_numpy(entries[f"truth_n_pe{c}"])[hit] > 0).all()
            assert (ak.to_numpy(entries[f"pmt{c}1_nc"])[hit] > 0).all()


def coincident(entries: dict[str, np.ndarray], crystal: int) -> np.ndarray:
    others = [ak.to_numpy(entries[f"crystal{c}_nc"]) >= 4 for c in (1, 3, 7) if c != crystal]
    return (ak.to_numpy(entries["BLSVeto_Charge"]) / 143.8 >= 80) | np.any(others, axis=0)


def test_signal_of_calibration_runs_is_coincident_and_nothing_else(sample: list[Path]) -> None:
    alone = total = 0
    for path in sample:
        entries = read(path)
        is_calibration = path.name[6:12] in ("001601", "001765")
        for c in (1, 3, 7):
            population = ak.to_numpy(entries[f"truth_population{c}"])
            expected = (population == 0) & is_calibration
            is_coincident = coincident(entries, c)[population >= 0]
            total += expected.sum()
            alone += (expected[population >= 0] & ~is_coincident).sum()
            assert not (is_coincident & ~expected[population >= 0]).any()
    assert alone <= 0.01 * total  # a partner of very low energy may have fewer than four pulses


def test_cells_hold_their_share_and_sub_runs_are_alike(sample: list[Path]) -> None:
    """40,000 events must give 1,850 rows per class, crystal and window; 2,000 a twentieth, less counting noise."""
    rows: Counter[tuple[str, int, float]] = Counter()
    per_file = []
    for path in sample:
        entries = read(path)
        per_file.append(len(entries["eventNumber"]))
        kind = "signal" if path.name[6:12] in ("001601", "001765") else "background"
        for c in (1, 3, 7):
            raw = np.stack([ak.to_numpy(ak.flatten(entries[f"wf{c}{p}"])).reshape(-1, 4080) for p in (1, 2)], axis=1)
            hit = ak.to_numpy(entries[f"truth_population{c}"]) >= 0
            late = compute(raw, FeatureParameters())[0]["nmt500_us"] > 0.12
            wanted = (
                (late & coincident(entries, c)[hit]) if kind == "signal" else (~late & ~coincident(entries, c)[hit])
            )
            energy = ak.to_numpy(entries[f"crystal{c}_energy"])[hit]
            for low, high in ((3.0, 6.0), (6.0, 10.0)):
                rows[kind, c, low] += int((wanted & (energy >= low) & (energy < high)).sum())
    assert set(per_file) == {80, 120}
    assert len(rows) == 12
    assert min(rows.values()) > 1850 / 20 - 15


def test_same_seed_gives_the_same_arrays_whatever_watches(sample: list[Path], tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []
    again = simulate(tmp_path, 2000, (1, 3, 7), seed=20, progress=lambda done, total: reports.append((done, total)))
    assert reports[-1] == (2000, 2000)
    assert [p.name for p in again] == [p.name for p in sample]
    for written, rewritten in zip(sample[::7], again[::7], strict=True):
        first, second = read(written), read(rewritten)
        for name in first:
            assert ak.array_equal(first[name], second[name], equal_nan=True), name
    other = waveforms("signal", 1.0, 3, seed=1).raw
    assert (other != waveforms("signal", 1.0, 3, seed=2).raw).any()


def test_one_crystal_and_few_events_work(tmp_path: Path) -> None:
    files = simulate(tmp_path, 7, (3,), seed=1)
    assert sum(len(read(path)["eventNumber"]) for path in files) == 7
    assert [n_subruns(n) for n in (2000, 20_000, 40_000, 100_000)] == [10, 20, 20, 20]


def test_natural_spectrum_of_noise_is_steep(tmp_path: Path) -> None:
    natural = override(SimulationParameters(), ["noise_spectrum=natural", "calibration_fraction=0"])
    energy = np.concatenate(
        [
            ak.to_numpy(entries["truth_energy3"])[ak.to_numpy(entries["truth_population3"]) > 0]
            for entries in map(read, simulate(tmp_path, 600, (3,), 4, natural))
        ]
    )
    assert np.mean(energy < 1.5) == pytest.approx(1506 / 2000, abs=0.06)


def test_bad_requests_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DarkroomError, match="Unknown population 'sgnal'"):
        waveforms("sgnal", 1.0, 1)
    with pytest.raises(DarkroomError, match="expected crystal 1 to 8"):
        waveforms("signal", 0.0, 1)
    with pytest.raises(DarkroomError, match="expected different numbers from 1 to 8"):
        simulate(tmp_path, 10, (1, 9))
    with pytest.raises(DarkroomError, match="physics_weights"):
        build(SimulationParameters, {"physics_weights": (1.0, 2.0)})
    with pytest.raises(DarkroomError, match="noise_low_adc"):
        override(SimulationParameters(), ["noise_low_adc=2"])
