"""LEGEND's LH5 by the shipped mapping: fixed and jagged waveforms of one channel, and what is refused in a sentence."""

import h5py
import numpy as np
import pytest

from core.cosine import read
from core.cosine.mapping import Mapping
from core.data.mapping import load_mapping
from core.errors import DarkroomError
from core.parameters import build, to_dict
from core.registry import EXPERIMENTS
from core.workflows.prepare_job import prepare

SHIPPED = load_mapping(EXPERIMENTS["cosine"].reading.mappings["lh5"], Mapping)
N, L = 5, 1400
NAME = "l200-p03-r012-cal-20230311T235840Z-tier_raw.lh5"


def changed(**values) -> Mapping:
    short = {"record_samples": L, "pretrigger_samples": 500, "baseline_samples": 400, "charge_ns": 10_000.0}
    return build(Mapping, {**to_dict(SHIPPED), **short, **values})


def traces() -> np.ndarray:
    """uint16 (N, L): a step of 40,000 ADC at sample 520 that decays slowly, on a baseline of 15,000."""
    t = np.arange(L)
    step = np.where(t >= 520, 40_000 * np.exp(-(t - 520).clip(0) / 2000), 0.0)
    return np.rint(np.random.default_rng(2).normal(15_000, 5, (N, L)) + step).astype(np.uint16)


def write(path, values=None, lengths=None, dt_ns=16.0, unit="ns", group="ch1084803/raw"):
    """A file as legend-pydataobj lays it out, attributes included."""
    values = traces() if values is None else values
    with h5py.File(path, "w") as file:
        raw = file.create_group(group)
        raw.attrs["datatype"] = "table{eventnumber,timestamp,daqenergy,waveform}"
        raw["eventnumber"] = np.arange(10, 10 + N, dtype="u4")
        raw["timestamp"] = 1_678_579_120.25 + np.arange(N)
        raw["daqenergy"] = np.linspace(500, 2600, N).astype("u2")
        waveform = raw.create_group("waveform")
        waveform.attrs["datatype"] = "table{t0,dt,values}"
        for name, value in (("t0", 0.0), ("dt", dt_ns)):
            waveform[name] = np.full(N, value)
            waveform[name].attrs["units"] = unit
        if lengths is None:
            waveform["values"] = values
            return path
        jagged = waveform.create_group("values")
        jagged.attrs["datatype"] = "array<1>{array<1>{real}}"
        jagged["flattened_data"] = np.concatenate([values[i, :n] for i, n in enumerate(lengths)])
        jagged["cumulative_length"] = np.cumsum(lengths)
    return path


def test_fixed_waveforms_with_their_columns(tmp_path):
    (block,) = read.blocks(write(tmp_path / NAME), changed())
    table = block.table
    assert set(table["run"]) == {12}
    np.testing.assert_array_equal(table["event"], np.arange(10, 15))
    np.testing.assert_array_equal(table["time_s"], 1_678_579_120 + np.arange(N))
    np.testing.assert_allclose(table["energy_kev"], np.linspace(500, 2600, N).astype("u2"))
    np.testing.assert_array_equal(
        block.arrays["waveform"][:, 0] + np.floor(table["baseline1_adc"] + 0.5)[:, None], traces()
    )
    np.testing.assert_allclose(table["onset_ns"], 519 * 16.0)
    np.testing.assert_allclose(table["height1_adc"], 40_000, atol=25)
    assert np.isfinite(table["charge_adc"]).all()


def test_jagged_waveforms_are_the_same_where_they_are_whole_and_flagged_where_not(tmp_path):
    (fixed,) = read.blocks(write(tmp_path / NAME), changed())
    (block,) = read.blocks(write(tmp_path / f"x{NAME}", lengths=[L, L - 100, L, L, L]), changed())
    whole = [0, 2, 3, 4]
    np.testing.assert_array_equal(block.arrays["waveform"][whole], fixed.arrays["waveform"][whole])
    assert not block.arrays["waveform"][1, 0, L - 100 :].any()
    flagged = block.table["flags"] != fixed.table["flags"]
    np.testing.assert_array_equal(flagged, [False, True, False, False, False])


def test_the_sampling_period_of_the_file_must_be_the_mappings(tmp_path):
    assert list(read.blocks(write(tmp_path / NAME, dt_ns=0.016, unit="us"), changed()))
    with pytest.raises(
        DarkroomError, match=r"'waveform/dt' says 10 ns per sample, the mapping 16: correct 'sampling_ns'"
    ):
        list(read.blocks(write(tmp_path / NAME, dt_ns=10.0), changed()))
    assert list(read.blocks(tmp_path / NAME, changed(sampling_ns=10.0)))


def test_of_several_detectors_one_is_named(tmp_path):
    path = write(tmp_path / NAME)
    with h5py.File(path, "a") as file:
        file.copy("ch1084803", "ch1104000")
    with pytest.raises(DarkroomError, match=r"2 groups fit '\*/raw' \(ch1084803/raw, ch1104000/raw\): expected one"):
        list(read.blocks(path, changed()))
    assert list(read.blocks(path, changed(group="ch1104000/raw")))
    with pytest.raises(DarkroomError, match=r"0 groups fit 'geds/raw' \(none\)"):
        list(read.blocks(path, changed(group="geds/raw")))


def test_packed_and_damaged_jagged_waveforms_are_named(tmp_path):
    path = write(tmp_path / NAME, lengths=[L] * N)
    with h5py.File(path, "a") as file:
        file["ch1084803/raw/waveform/values/cumulative_length"][-1] = N * L + 1
    with pytest.raises(DarkroomError, match=r"'cumulative_length' ends at 7001 of 7000 samples"):
        list(read.blocks(path, changed()))
    with h5py.File(path, "a") as file:
        values = file["ch1084803/raw/waveform/values"]
        del values["flattened_data"], values["cumulative_length"]
        values["encoded_data/flattened_data"] = np.zeros(10, np.uint8)
    with pytest.raises(DarkroomError, match=r"is packed by a codec of LH5"):
        list(read.blocks(path, changed()))


def test_a_data_set_is_prepared_from_it(workspace, tmp_path):
    del workspace
    assert prepare(EXPERIMENTS["cosine"], [write(tmp_path / NAME)], "ge", changed())["n_rows"] == N
