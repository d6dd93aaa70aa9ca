"""Features of events: closed forms of hand-made hits, simulated energies asked back, and what is undefined."""

import numpy as np
import pytest

from core.data.ragged import Ragged, from_records
from core.juno import features, rows
from core.juno.event import UID
from core.juno.events import Events
from core.juno.geometry import rings
from core.juno.mapping import Mapping
from core.juno.response import Response
from core.juno.simulate import SimulationParameters, simulate_events
from core.juno.vertex.fit import sensors_of
from core.juno.window import window_ns

SENSORS = rings()
QUIET = Response(dark_rate_khz=0.0)


def events(*hits: tuple[list[int], list[float], list[float]]) -> Events:
    """Events of (sensors, times, charges), hit by hit."""
    pmt, time, charge = (
        from_records([np.array(h[k], kind) for h in hits]) for k, kind in enumerate((np.int32, np.float32, np.float32))
    )
    none = Ragged(np.empty(0, np.float32), np.zeros(len(hits) + 1, np.int64))
    n = len(hits)
    counts = Ragged(none.values.astype(np.int32), none.offsets)
    return Events(7, np.arange(n), pmt, time, charge, counts, none, none, pmt.lengths, np.zeros(n, np.int64), {})


def test_charge_centre_is_the_charge_weighted_mean() -> None:
    measured = features.measure(events(([3, 900, 3], [100.0, 101.0, 130.0], [1.0, 2.0, 3.0])), SENSORS, QUIET)
    mean = (4.0 * SENSORS.position_m[3] + 2.0 * SENSORS.position_m[900]) / 6.0
    centre = [measured[f"centre_{axis}_m"][0] for axis in "xyz"]
    np.testing.assert_allclose(centre, QUIET.centre_k * mean, rtol=1e-5)
    assert (measured["n_pmts"][0], measured["charge_pe"][0], measured["max_charge_pe"][0]) == (2, 6.0, 4.0)
    assert measured["multiple_share"][0] == 0.5
    assert measured["flags"][0] & features.NO_VERTEX


def test_an_event_without_hits_is_flagged_and_undefined() -> None:
    measured = features.measure(events(([], [], []), ([5], [10.0], [1.5])), SENSORS, QUIET)
    assert measured["flags"][0] == features.EMPTY | features.NO_VERTEX
    assert measured["charge_pe"].tolist() == [0.0, 1.5]
    assert np.isnan(measured["centre_r_m"][0])
    assert np.isnan(measured["energy_mev"][0])
    assert measured["charge_angle_deg"][1] == pytest.approx(0.0, abs=1e-2)


def test_energy_of_simulated_events_at_a_mev() -> None:
    events = simulate_events(160, 3, SimulationParameters(energy_low_mev=1.1, energy_high_mev=1.1))
    measured = features.measure(events, SENSORS, Response())
    ratio = measured["energy_mev"] / 1.1
    assert np.median(ratio) == pytest.approx(1.0, abs=0.01)
    width = np.diff(np.quantile(ratio, [0.1587, 0.8413]))[0] / 2.0
    assert 0.024 < width < 0.042  # 3.2 % of many; 160 events know it to 6 %
    assert not (measured["flags"] & features.NO_VERTEX).any()


def test_dark_hits_are_taken_off_the_light() -> None:
    quiet = simulate_events(20, 3, SimulationParameters(energy_low_mev=2.0, energy_high_mev=2.0, dark_rate_khz=0.0))
    noisy = simulate_events(20, 3, SimulationParameters(energy_low_mev=2.0, energy_high_mev=2.0, dark_rate_khz=60.0))
    light = [
        features.measure(quiet, SENSORS, QUIET)["light_pe"],
        features.measure(noisy, SENSORS, Response(dark_rate_khz=60.0))["light_pe"],
    ]
    assert np.mean(light[1]) == pytest.approx(np.mean(light[0]), rel=0.01)


def test_window_begins_with_the_light() -> None:
    rng = np.random.default_rng(1)
    dark, light = rng.uniform(0.0, 1250.0, 660), 400.0 + rng.exponential(30.0, 1000)
    begin, end = window_ns(np.concatenate([dark, light]), 0.528)
    assert 330.0 < begin < 400.0
    assert end - begin == pytest.approx(520.0)
    assert window_ns(np.array([5.0]), 0.528) == (5.0, 5.0)
    assert window_ns(np.empty(0), 0.5) == (0.0, 0.0)


def test_the_rows_of_a_block() -> None:
    mapping = Mapping(response=QUIET)
    block = rows.block(events(([1], [3.0], [1.0]), ([], [], [])), 4, SENSORS, sensors_of(SENSORS), mapping)
    assert [UID.unpack(int(uid)) for uid in block.table["uid"]] == [{"run": 7, "subrun": 4, "event": i} for i in (0, 1)]
    assert block.table["truth_class"].tolist() == [-1, -1]
    assert np.isnan(block.table["true_energy_mev"]).all()
    assert set(block.arrays) == {"pmt", "time_ns", "charge_pe", "count", "mean_ns", "std_ns"}
    for array in rows.ARRAYS:
        array.check(block.arrays[array.name], 2)
    assert {*features.MEASURED, "n_hits", "n_dropped", "flags"} <= set(block.table)


def test_summed_and_listed_events_have_the_same_features() -> None:
    listed = simulate_events(2, 9, SimulationParameters(energy_low_mev=5.0, energy_high_mev=5.0, dark_rate_khz=0.0))
    summed = _summed(listed)
    first, second = (features.measure(e, SENSORS, QUIET) for e in (listed, summed))
    for name in ("n_pmts", "charge_pe", "centre_x_m", "multiple_share", "charge_angle_deg"):
        np.testing.assert_allclose(second[name], first[name], rtol=0.02, err_msg=name)
    for axis in "xyz":
        np.testing.assert_allclose(second[f"vertex_{axis}_m"], first[f"vertex_{axis}_m"], atol=0.05)
    assert (second["flags"] & features.SUMMED).all()


def _summed(listed: Events) -> Events:
    """Per sensor: first time, summed charge, count, mean and spread."""
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("pmt", "time", "charge", "count", "mean", "std")}
    for pmt, time, charge in zip(listed.pmt, listed.time_ns, listed.charge_pe, strict=True):
        places, at = np.unique(pmt, return_inverse=True)
        n = np.bincount(at)
        mean = np.bincount(at, time) / n
        first = np.full(len(places), np.inf)
        np.minimum.at(first, at, time)
        spread = np.sqrt(np.maximum(np.bincount(at, (time - mean[at]) ** 2) / n, 0.0))
        for name, values in zip(columns, (places, first, np.bincount(at, charge), n, mean, spread), strict=True):
            columns[name].append(values.astype(np.int32 if name in ("pmt", "count") else np.float32))
    ragged = {name: from_records(values) for name, values in columns.items()}
    return Events(
        listed.run, listed.number, ragged["pmt"], ragged["time"], ragged["charge"], ragged["count"], ragged["mean"], ragged["std"],
        listed.n_hits, listed.n_dropped, listed.truth,
    )  # fmt: skip
