"""Detectors with one channel or several, floating-point and signed samples, other windows: against closed forms."""

import h5py
import numpy as np
import pytest

from core.cosine import read
from core.cosine.features import COLUMNS, FLAGS, TREE_FEATURES, FeatureParameters, compute
from core.cosine.mapping import Mapping
from core.cosine.pulse import stored_records
from core.cosine.recipe import WaveformInput
from core.cosine.rows import UID
from core.data.dataset import open_dataset, read_array
from core.data.joining import notes
from core.data.table import columns_of
from core.errors import DarkroomError
from core.parameters import build
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare

EXPERIMENT = EXPERIMENTS["cosine"]
N, L, START = 8, 2000, 500
T = np.arange(L)
DECAY = 40.0  # samples
SHAPE = np.where(START <= T, np.exp(-(T - START).clip(0) / DECAY), 0.0)
ONE = {
    "container": "hdf5", "file_name": "t_{run}.h5", "channels": 1, "waveforms": ["trace"], "sample_type": "float",
    "record_samples": L, "sampling_ns": 10.0, "pretrigger_samples": 480, "baseline_samples": 400, "n_bits": 0,
    "mean_time_ns": 2000.0, "shape_ns": 3000.0, "fast_ns": 200.0, "slow_ns": 400.0, "charge_ns": 10_000.0,
}  # fmt: skip


def mapping(**changes) -> Mapping:
    return build(Mapping, {**ONE, **changes})


def traces(n_channels: int = 1, height: float = 800.0, seed: int = 4) -> np.ndarray:
    """float64 (N, n_channels, L): channel i has the (i+1)-fold pulse on a baseline of 100.3 ADC with 0.5 ADC of noise."""
    noise = np.random.default_rng(seed).normal(100.3, 0.5, (N, n_channels, L))
    return noise + height * np.arange(1, n_channels + 1)[None, :, None] * SHAPE


def stored(path, **columns):
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file[name] = values
    return path


def table_of(path, chosen):
    blocks = list(read.blocks(path, chosen))
    return {name: np.concatenate([b.table[name] for b in blocks]) for name in blocks[0].table}


def weighted(n: int) -> tuple[float, float]:
    """Sum of the pulse and its mean time in samples, from the onset (one sample before it) over `n` samples."""
    pulse = SHAPE[START - 1 : START - 1 + n]
    return float(pulse.sum()), float((np.arange(n) * pulse).sum() / pulse.sum())


def test_one_channel_of_floating_point_samples(tmp_path):
    table = table_of(stored(tmp_path / "t_1.h5", trace=traces()[:, 0]), mapping())
    charge, _ = weighted(1000)
    np.testing.assert_allclose(table["baseline1_adc"], 100.3, atol=0.1)
    np.testing.assert_allclose(table["height1_adc"], 800.0, atol=2.0)
    np.testing.assert_allclose(table["charge_adc"], 800.0 * charge, rtol=2e-3)
    np.testing.assert_array_equal(table["charge_adc"], table["charge1_adc"])
    np.testing.assert_allclose(table["nmt500_us"], weighted(200)[1] * 0.01, rtol=2e-2)
    fast, slow, whole = (weighted(n)[0] for n in (20, 40, 300))
    np.testing.assert_allclose(table["x1"], (whole - slow) / whole, atol=5e-3)
    np.testing.assert_allclose(table["x2"], fast / whole, atol=5e-3)
    for name in ("asymmetry", "mean_time_parameter", "charge2_adc", "height2_adc", "baseline2_adc", "noise2_adc"):
        assert np.isnan(table[name]).all(), name
    bad = [flag for flag in FLAGS if flag != "no_energy" and ((table["flags"] >> FLAGS.index(flag)) & 1).any()]
    assert not bad


def test_samples_are_kept_within_a_sixteenth_of_an_adc_unit(tmp_path):
    raw = traces()[:, 0]
    (block,) = read.blocks(stored(tmp_path / "t_1.h5", trace=raw), mapping())
    assert block.arrays["waveform"].dtype == np.int32
    again = block.arrays["waveform"][:, 0] / 16 + np.floor(block.table["baseline1_adc"] * 16.0 + 0.5)[:, None] / 16
    assert np.abs(again - raw).max() <= 1 / 32 + 1e-9
    (in_volt,) = read.blocks(stored(tmp_path / "t_2.h5", trace=raw / 4096), mapping(sample_scale=4096.0))
    np.testing.assert_allclose(in_volt.arrays["waveform"], block.arrays["waveform"], atol=1)
    with pytest.raises(DarkroomError, match=r"holds float64: expected whole ADC counts, or 'sample_type' float"):
        list(read.blocks(tmp_path / "t_1.h5", mapping(sample_type="whole")))
    raw[3, 7] = np.nan
    with pytest.raises(DarkroomError, match=r"holds values from nan to nan"):
        list(read.blocks(stored(tmp_path / "t_3.h5", trace=raw), mapping()))


@pytest.mark.parametrize("n_channels", [2, 3])
def test_several_channels_add_up(tmp_path, n_channels):
    chosen = mapping(channels=n_channels, pmts=list(range(n_channels)), pmt_axis="first")
    table = table_of(stored(tmp_path / "t_1.h5", trace=traces(n_channels)), chosen)
    single = table_of(stored(tmp_path / "t_2.h5", trace=traces()[:, 0]), mapping())
    charges = np.stack([table[f"charge{i}_adc"] for i in range(1, n_channels + 1)])
    np.testing.assert_allclose(table["charge_adc"], charges.sum(axis=0), rtol=1e-6)
    expected = np.broadcast_to(np.arange(1, n_channels + 1)[:, None], charges.shape)
    np.testing.assert_allclose(charges / single["charge_adc"], expected, rtol=3e-3)
    np.testing.assert_allclose(table["nmt500_us"], single["nmt500_us"], rtol=1e-2)
    is_pair = n_channels == 2
    assert np.isfinite(table["asymmetry"]).all() == is_pair
    if is_pair:
        np.testing.assert_allclose(table["asymmetry"], -1 / 3, atol=2e-3)
        np.testing.assert_allclose(table["mean_time_parameter"], 2 * np.log(weighted(200)[1] * 10), atol=2e-2)


def test_sixteen_bits_are_not_clipped_to_fifteen(tmp_path):
    raw = np.rint(traces(height=60_000.0)[:, 0]).astype(np.uint16)
    chosen = mapping(sample_type="whole", n_bits=16)
    (block,) = read.blocks(stored(tmp_path / "t_1.h5", trace=raw), chosen)
    np.testing.assert_array_equal(
        block.arrays["waveform"][:, 0] + np.floor(block.table["baseline1_adc"] + 0.5)[:, None], raw
    )
    with pytest.raises(DarkroomError, match=r"of at most 15 bits; set 'n_bits' to 16 or more"):
        list(read.blocks(tmp_path / "t_1.h5", mapping(sample_type="whole", n_bits=12)))


def test_a_record_below_the_lowest_code_is_not_saturated():
    raw = np.rint(traces(2) - 100.3).astype(np.int16)
    bit = 1 << FLAGS.index("saturated")
    assert not (compute(raw, FeatureParameters(pretrigger_samples=480, baseline_samples=400))[1] & bit).any()
    signed = FeatureParameters(pretrigger_samples=480, baseline_samples=400, lowest_adc=-2048)
    assert not (compute(raw.clip(-2047, 2046), signed)[1] & bit).any()
    assert (compute((2 * raw).clip(-2048, 2047), signed)[1] & bit).all()
    unsigned = FeatureParameters(pretrigger_samples=480, baseline_samples=400)
    assert (compute((raw + 300).clip(300, 300) * 0, unsigned)[1] & bit).all()


def test_a_baseline_with_excursions_beyond_every_histogram():
    raw = np.random.default_rng(1).normal(0, 8, (4, 1, L)).astype(np.int32)
    clean, flags, _ = compute(raw, FeatureParameters(pretrigger_samples=480, baseline_samples=400, n_bits=0))
    raw[:, :, 50:60] = 1 << 20
    raw[:, :, 0] = -(1 << 20)
    table, _, waveform = compute(raw, FeatureParameters(pretrigger_samples=480, baseline_samples=400, n_bits=0))
    np.testing.assert_allclose(table["baseline1_adc"], clean["baseline1_adc"], atol=0.7)
    np.testing.assert_allclose(table["noise1_adc"], clean["noise1_adc"], rtol=0.1)
    assert (waveform[:, 0, 55] > (1 << 20) - 100).all()
    assert flags.shape == (4,)


def test_records_too_short_for_a_window_are_told_with_what_would_fit(workspace, tmp_path):
    del workspace
    path = stored(tmp_path / "t_1.h5", trace=traces()[:, 0])
    meta = prepare(EXPERIMENT, [path], "short", mapping(charge_ns=20_000.0))
    (note,) = notes("short", meta)
    assert note.startswith(
        f"{N} of {N} rows with an onset have records that end before the window 'charge_ns' (20,000 ns)"
    )
    assert "charge_adc, charge1_adc, charge2_adc, asymmetry, n_pulses are undefined there" in note
    assert "At least 15,010 ns from the onset are recorded in 99 % of the rows" in note
    prepared = prepare(EXPERIMENT, [path], "fits", mapping(charge_ns=15_010.0))
    assert notes("fits", prepared) == []
    assert np.isfinite(open_dataset("fits").column("charge_adc")).all()


def test_a_data_set_of_one_channel_offers_what_it_has(workspace, tmp_path):
    del workspace
    prepare(EXPERIMENT, [stored(tmp_path / "t_20230415.h5", trace=traces()[:, 0])], "ge", mapping())
    dataset = open_dataset("ge")
    offered = {column.name for column in columns_of(EXPERIMENT.table, dataset)}
    absent = {
        "energy_kev",
        "asymmetry",
        "mean_time_parameter",
        "charge2_adc",
        "height2_adc",
        "baseline2_adc",
        "noise2_adc",
    }
    assert {column.name for column in COLUMNS} - offered == absent
    assert set(TREE_FEATURES) & offered
    assert stored_records.channel_names(dataset) == ("channel 1",)
    assert UID.text(int(dataset.column("uid")[2])) == "20230415.0.2.1"
    recipe = WaveformInput(scale_adc=10.0)
    assert recipe.shape(dataset) == (L, 1)
    x = recipe.make(
        {"waveform": read_array(dataset, "waveform", [0])},
        {"baseline1_adc": dataset.column("baseline1_adc")[:1]},
        dataset,
    )
    np.testing.assert_allclose(x[0, :, 0] * 10.0, traces()[0, 0] - dataset.column("baseline1_adc")[0], atol=0.04)
    for name in ("charge", "spectrum"):
        view = EXPERIMENT.looking.views[name]
        assert [trace.name for trace in view.draw(dataset, 0, view.parameters()).data] == ["channel 1"]
    for form in ("baseline-subtracted", "raw", "smoothed"):
        view = EXPERIMENT.looking.views["waveform"]
        figure = view.draw(dataset, 0, view.parameters(form=form))
        assert [trace.name for trace in figure.data] == ["channel 1"]
    np.testing.assert_allclose(view.draw(dataset, 0, view.parameters(form="raw")).data[0].y, traces()[0, 0], atol=0.04)
    mean = EXPERIMENT.looking.average.compute(dataset, np.arange(N))
    assert mean.n == N
    assert mean.time_ns[-1] == pytest.approx(9990.0)
