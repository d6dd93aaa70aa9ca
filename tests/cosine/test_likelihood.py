"""The bound that truth allows: densities of what is drawn, integrals by brute force, and what Neyman and Pearson demand."""

import dataclasses
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from core.cosine import read
from core.cosine.experiment import EXPERIMENT
from core.cosine.features import COLUMNS, FeatureParameters, compute
from core.cosine.pulse import likelihood
from core.cosine.simulate import POPULATIONS, SimulationParameters, simulate, waveforms
from core.cosine.simulation import pulses
from core.statistics.roc import auc

WEIGHTS = SimulationParameters().physics_weights
NOISE = {name: w for name, w in zip(POPULATIONS, WEIGHTS, strict=True) if name not in ("signal", "pickup")}
SHAPES = {
    "signal": (0.0, 240.0, 0.05),  # theta of the density, then the shape as `pulses` writes it
    "fast": (23.0, 23.0, 0.06),
    "slow_tail": (140.0, 140.0, 0.0),
    "pileup": (0.25, 240.0, 0.25),
}


def drawn(name: str, n: int, seed: int = 1) -> np.ndarray:
    """Times of photoelectrons of one event of fixed shape."""
    rng, shape = np.random.default_rng(seed), SHAPES[name][1:]
    return np.array([pulses.time_ns(rng, POPULATIONS.index(name), shape, 9) for _ in range(n)])


@pytest.mark.parametrize("name", SHAPES)
def test_densities_are_normalised_and_those_of_what_is_drawn(name: str) -> None:
    t = np.arange(-15.0, 20_000.0, 0.05)
    density = np.exp(likelihood.log_density(POPULATIONS.index(name), SHAPES[name][0], t))
    cumulative = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2.0) * 0.05])
    assert cumulative[-1] == pytest.approx(1.0, abs=1e-4)
    uniform = np.sort(np.interp(drawn(name, 20_000), t, cumulative))
    distance = np.abs(uniform - (np.arange(len(uniform)) + 0.5) / len(uniform)).max()
    assert special.kolmogorov(distance * math.sqrt(len(uniform))) > 1e-3


def test_an_event_never_gets_less_likely_by_its_frame() -> None:
    """Shifting all times, exchanging equal PMTs and adding what is revealed change nothing; unequal light split does."""
    model = likelihood.model(WEIGHTS, (2.0, 2.0))
    for seed in range(5):
        rng = np.random.default_rng(seed)
        times, pmts = rng.exponential(100.0, 21), (rng.random(21) < 0.6).astype(int)
        light = rng.random(21) < 0.8
        value = likelihood.log_ratio(times, pmts, light, model)
        assert likelihood.log_ratio(times - 777.7, pmts, light, model) == pytest.approx(value, abs=1e-6)
        assert likelihood.log_ratio(times, 1 - pmts, light, model) == pytest.approx(value, abs=1e-9)
        all_light = np.ones(light.sum(), bool)
        assert likelihood.log_ratio(times[light], pmts[light], all_light, model) == pytest.approx(value, abs=1e-9)
        skewed = likelihood.model(WEIGHTS, (7.0, 3.0))
        assert abs(likelihood.log_ratio(times, 1 - pmts, light, skewed) - value) > 1e-3


def test_nothing_seen_says_nothing_and_no_noise_leaves_it_undefined() -> None:
    nothing, model = np.zeros(3, bool), likelihood.model(WEIGHTS, (2.0, 2.0))
    assert likelihood.log_ratio(np.zeros(3), np.zeros(3, int), nothing, model) == 0.0
    ratio = likelihood.log_ratio(np.array([3.0]), np.array([1]), np.ones(1, bool), model)
    assert abs(ratio) < 0.05  # a single photoelectron of unknown origin: only afterglow is excluded
    only_signal = likelihood.model((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0), (2.0, 2.0))
    assert math.isnan(likelihood.log_ratio(np.arange(3.0), np.array([0, 1, 0]), np.ones(3, bool), only_signal))


def middles(low: float, high: float, n: int = 60) -> np.ndarray:
    return low + (np.arange(n) + 0.5) / n * (high - low)


def brute_force(times: np.ndarray, pmts: np.ndarray) -> float:
    """The same integrals on plain dense grids, the densities by numerical convolution."""
    step, n, n1 = 0.1, len(times), int(pmts.sum())
    t = np.arange(-40.0, 9000.0, step)
    kernel = np.exp(-0.5 * (np.arange(-20.0, 20.05, step) / 2.0) ** 2)

    def smeared(density: np.ndarray) -> np.ndarray:
        return np.convolve(density, kernel / kernel.sum(), "same")

    def decay(tau: float) -> np.ndarray:
        risen = np.clip(t / step + 0.5, 0.0, 1.0).round(1)  # half at 0: then the sum is the integral
        return risen * np.exp(-np.maximum(t, 0.0) / tau) / tau

    def light(tau: float) -> np.ndarray:
        return smeared((tau * decay(tau) - 5.0 * decay(5.0)) / (tau - 5.0))

    signal = 0.95 * light(240.0) + 0.05 * light(1500.0)
    even = np.clip(0.5 + 0.03 * np.linspace(-5.0, 5.0, 201), 0.0, 1.0)
    normal = np.exp(-0.5 * np.linspace(-5.0, 5.0, 201) ** 2)
    steps = np.linspace(0.0, 1.0, 4001)[1:-1]

    def split(a: float, k0: int, k1: int) -> float:
        if not a:
            return float((normal * even**k0 * (1 - even) ** k1).sum() / normal.sum())
        beta = (steps * (1 - steps)) ** (a - 1)
        return float((beta * steps**k0 * (1 - steps) ** k1).sum() / beta.sum())

    tail = smeared(decay(240.0))
    before = np.arange(-700.0, 5300.0, 0.5)
    since = times[:, None] - times.min() + before

    def integral(densities: list[np.ndarray], scale: float = 300.0) -> float:
        index = np.clip(np.round((since - t[0]) / step).astype(int), 0, len(t) - 1)
        return float(np.mean([np.prod(g[index] * scale, axis=0).sum() * 0.5 for g in densities]))

    taus = {"fast": middles(15.0, 50.0), "slow_tail": middles(100.0, 200.0)}
    integrals = {
        "signal": split(0, n - n1, n1) * integral([signal]),
        "fast": split(2, n - n1, n1) * integral([0.94 * smeared(decay(x)) + 0.06 * tail for x in taus["fast"]]),
        "slow_tail": split(4, n - n1, n1) * integral([smeared(decay(x)) for x in taus["slow_tail"]]),
        "slow": split(4, n - n1, n1)
        * integral([np.exp(-0.5 * (t - 2.5 * s) ** 2 / (s**2 + 4)) / math.sqrt(2 * math.pi * (s**2 + 4)) for s in middles(60.0, 130.0)]),
        "pileup": split(0, n - n1, n1)
        * integral([a * signal + (1 - a) / 5000 * ((t >= 0) & (t <= 5000)) for a in middles(0.1, 0.4)]),
    }  # fmt: skip
    near, inside = (since > 0) & (since < 200), ((since > 0) & (since < 5000)).all(0)
    pairs = near[pmts == 0].sum(0) * near[pmts == 1].sum(0) * inside
    uniform = pairs.sum() * 0.5 / (n * (n - 1)) / 200.0**2 / 5000.0 ** (n - 2) * 300.0**n
    integrals["afterglow"] = split(0, n - n1 - 1, n1 - 1) * uniform
    total = sum(NOISE.values())
    return math.log(integrals["signal"] / sum(w / total * integrals[name] for name, w in NOISE.items()))


@pytest.mark.parametrize("name", ["signal", "fast", "slow", "slow_tail", "pileup", "afterglow"])
def test_integrals_agree_with_brute_force(name: str) -> None:
    rng = np.random.default_rng(POPULATIONS.index(name))
    n = 11 if name == "afterglow" else 17
    shape = pulses._shape(rng, POPULATIONS.index(name))
    times = np.array([pulses.time_ns(rng, POPULATIONS.index(name), shape, k) for k in range(n)])
    pmts = np.r_[0, 1, (rng.random(n - 2) < 0.5)].astype(int)
    ratio = likelihood.log_ratio(times, pmts, np.ones(n, bool), likelihood.model(WEIGHTS, (2.0, 2.0)))
    assert ratio == pytest.approx(brute_force(times, pmts), abs=1e-2)


@cache
def sample(energy_kev: float, n_signal: int, n_noise: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """llr of signal and of noise, and the weight of each noise event (sum 1)."""
    signal = waveforms("signal", energy_kev, n_signal, seed=5).llr
    noise = [waveforms(name, energy_kev, n_noise, seed=100 + i).llr for i, name in enumerate(NOISE)]
    weights = np.repeat(np.array(list(NOISE.values())) / sum(NOISE.values()) / n_noise, n_noise)
    return signal, np.concatenate(noise), weights


def disagreement(signal: np.ndarray, noise: np.ndarray, weights: np.ndarray) -> float:
    """chi2 per bin between the noise and what exp(-llr) makes of the signal: about 1 for a likelihood ratio."""
    pull2 = []
    for low, high in zip(np.arange(-2.0, 5.0), np.arange(-1.0, 6.0), strict=True):
        s, b = (signal >= low) & (signal < high), (noise >= low) & (noise < high)
        expected, observed = np.exp(-signal[s]).sum() / len(signal), weights[b].sum()
        variance = np.exp(-2.0 * signal[s]).sum() / len(signal) ** 2 + (weights[b] ** 2).sum()
        pull2.append((observed - expected) ** 2 / variance)
    return float(np.mean(pull2))


def test_the_ratio_of_the_densities_of_the_ratio_is_the_ratio() -> None:
    """Neyman and Pearson: p_noise(llr) = exp(-llr) p_signal(llr). A ratio that is off by 0.3 or by 20 % fails."""
    signal, noise, weights = sample(1.5, 6000, 2000)
    assert disagreement(signal, noise, weights) < 24.3 / 7  # 99.9 % of chi2 with 7 degrees of freedom
    assert disagreement(signal + 0.3, noise + 0.3, weights) > 24.3 / 7
    assert disagreement(1.2 * signal, 1.2 * noise, weights) > 24.3 / 7


def test_no_feature_and_no_combination_does_better() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    counts = {"signal": 900} | {name: round(1200 * w / sum(NOISE.values())) for name, w in NOISE.items()}
    events = [waveforms(name, 1.2, n, seed=40 + i) for i, (name, n) in enumerate(counts.items())]
    labels = np.repeat([name == "signal" for name in counts], list(counts.values())).astype(int)
    columns = compute(np.concatenate([m.raw for m in events]), FeatureParameters())[0]
    features = np.column_stack([np.nan_to_num(columns[c.name], nan=-1.0) for c in COLUMNS if c.name in columns])
    chance = np.random.default_rng(1).permutation(len(labels))
    train, test = chance[::2], chance[1::2]
    trees = HistGradientBoostingClassifier(max_iter=40, random_state=1).fit(features[train], labels[train])
    bound = auc(np.concatenate([m.llr for m in events])[test], labels[test]).value
    assert bound > 0.98
    assert bound > auc(trees.predict_proba(features[test])[:, 1], labels[test]).value
    for i in range(features.shape[1]):
        area = auc(features[test, i], labels[test]).value
        assert bound > max(area, 1.0 - area)


def test_pickup_gives_itself_away() -> None:
    assert (waveforms("pickup", 1.0, 5).llr == likelihood.REVEALED).all()


def test_files_carry_it_and_files_without_it_give_nan(tmp_path: Path) -> None:
    path = simulate(tmp_path, 60, (1, 3), seed=3)[0]
    mapping = EXPERIMENT.reading.load_mapping(EXPERIMENT.reading.mappings["cosine"])
    tables = [block.table for block in read.blocks(path, mapping)]
    values = np.concatenate([t["truth_llr"] for t in tables])
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert EXPERIMENT.judging.truth_bound in tables[0]
    none = dataclasses.replace(mapping, truth_llr="")
    assert all(np.isnan(block.table["truth_llr"]).all() for block in read.blocks(path, none))


def test_the_shipped_sample_carries_it() -> None:
    mapping = EXPERIMENT.reading.load_mapping(EXPERIMENT.reading.mappings["cosine"])
    path = sorted(EXPERIMENT.simulation.sample.glob("mrgd_M001601*"))[0]
    tables = [block.table for block in read.blocks(path, mapping)]
    llr, labels = (np.concatenate([t[name] for t in tables]) for name in ("truth_llr", "truth_class"))
    assert np.isfinite(llr).all()
    assert auc(llr, labels).value > 0.99
