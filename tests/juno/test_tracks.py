"""Begin and direction of tracks: angles and distances in closed form, and what of a table or a network they are taken from."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.juno.muons import tracks
from core.juno.simulation.showers import LOSS_MEV_PER_M

N = 40


def _data():
    generator = np.random.default_rng(2)
    start, direction = generator.normal(0.0, 5.0, (N, 3)), generator.normal(size=(N, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    energy = generator.uniform(100.0, 1000.0, N)
    vertex = start + 0.3 * (energy / LOSS_MEV_PER_M)[:, None] * direction
    centre = start + 0.5 * (energy / LOSS_MEV_PER_M)[:, None] * direction
    vertex[:5] = np.nan
    table = {"energy_mev": energy}
    for i, axis in enumerate("xyz"):
        table |= {f"true_{axis}_m": start[:, i], f"true_dir_{axis}": direction[:, i], f"axis_{axis}": direction[:, i]}
        table |= {f"vertex_{axis}_m": vertex[:, i], f"centre_{axis}_m": centre[:, i]}
    return SimpleNamespace(column=table.__getitem__, columns=lambda names: {name: table[name] for name in names})


def test_angle_and_distance():
    truth = tracks.Tracks(np.zeros((3, 3)), np.eye(3))
    other = tracks.Tracks(
        np.full((3, 3), 0.1), np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 1.0, 1.0] / np.sqrt(2.0)])
    )
    np.testing.assert_allclose(other.angle_deg(truth), [0.0, 180.0, 45.0], atol=1e-5)
    np.testing.assert_allclose(other.distance_cm(truth), 10.0 * np.sqrt(3.0))


def test_the_plain_estimate_goes_back_by_a_share_that_it_learns():
    dataset = _data()
    test, others = np.arange(0, N, 2), np.arange(1, N, 2)
    plain, truth = tracks.plain_tracks(dataset, test, others), tracks.true_tracks(dataset, test)
    np.testing.assert_allclose(plain.start_m, truth.start_m, atol=1e-9)
    np.testing.assert_allclose(plain.angle_deg(truth), 0.0, atol=1e-4)


def test_a_network_knows_its_own_rows_only():
    names = [f"true_{axis}_m" for axis in "xyz"] + [f"true_dir_{axis}" for axis in "xyz"]
    outputs = SimpleNamespace(rows=np.array([2, 5]), outputs={name: np.array([1.0, 2.0]) for name in names})
    regressed = tracks.network_tracks(outputs, np.array([1, 2, 5]))
    assert np.isnan(regressed.start_m[0]).all()
    assert np.isnan(regressed.direction[0]).all()
    np.testing.assert_allclose(regressed.start_m[1:], [[1.0] * 3, [2.0] * 3])
    np.testing.assert_allclose(np.linalg.norm(regressed.direction[1:], axis=1), 1.0)


def test_the_report_has_a_row_for_each_energy_and_stands_without_muons():
    dataset = _data()
    rows = np.arange(N)
    truth, energy = tracks.true_tracks(dataset, rows), np.repeat([300.0, 1000.0], N // 2)
    report = tracks._report({tracks.PLAIN: tracks.plain_tracks(dataset, rows, rows)}, truth, energy)
    assert [row["energy [MeV]"] for row in report.tables[0].rows] == [300, 1000]
    assert report.tables[0].rows[0]["angle [deg]"].value == pytest.approx(0.0, abs=1e-4)
    assert "n=40" in report.numbers[0].detail
    nothing = tracks.Tracks(np.empty((0, 3)), np.empty((0, 3)))
    empty = tracks._report({tracks.PLAIN: nothing}, nothing, np.empty(0))
    assert empty.groups == ("tracks",)
    assert "no muons" in empty.notes[-1]
