"""The frame of a shower: folded by eight symmetries, its core as sticks, and back."""

import numpy as np
import pytest

from core.zdc.frame import fold, sticks, vector
from core.zdc.frame.sticks import N_CORE, ORDER

N, CELL_MM, THRESHOLD_MEV = 20, 30.0, 0.78
START = slice(0, vector.N_START)
Y, HIT, REST = (slice(vector.N_START + i * N_CORE, vector.N_START + (i + 1) * N_CORE) for i in range(3))


def symmetric(cells: np.ndarray, x: float, y: float, way: int) -> tuple[np.ndarray, float, float]:
    """A shower and its impact mirrored and swapped by one of the eight symmetries of the grid."""
    if way & 1:
        cells, x = cells[:, ::-1], -x
    if way & 2:
        cells, y = cells[::-1], -y
    return (cells.T, y, x) if way & 4 else (cells, x, y)


def rows_of(cells: np.ndarray, x_mm: np.ndarray, y_mm: np.ndarray, is_known: bool = True) -> np.ndarray:
    out = np.empty((len(cells), vector.SIZE), np.float32)
    keys, energy = np.arange(len(cells), dtype=np.uint64), np.full(len(cells), 10.0)
    cells = np.ascontiguousarray(cells, np.float32)
    vector.fill(cells, energy, x_mm, y_mm, keys, is_known, CELL_MM, THRESHOLD_MEV, out)
    return out


@pytest.mark.parametrize("is_known", [True, False])
def test_the_eight_symmetries_of_a_shower_have_the_same_core(is_known: bool) -> None:
    rng = np.random.default_rng(1)
    cells = np.where(rng.random((N, N)) < 0.5, rng.exponential(20.0, (N, N)) + THRESHOLD_MEV, 0.0)
    cells[8, 12] = 500.0
    ways = [symmetric(cells, 80.0, -32.0, way) for way in range(8)]
    images, x, y = (np.array(values) for values in zip(*ways, strict=True))
    rows = rows_of(images, x, y, is_known)
    begin = vector.N_START + 3 * N_CORE + vector.N_FACTS
    np.testing.assert_allclose(rows[:, :begin], np.repeat(rows[:1, :begin], 8, axis=0), rtol=2e-5, atol=1e-5)
    assert rows[:, HIT].sum() > 0


def test_the_offset_is_folded_and_the_frame_finds_the_cell_of_the_impact() -> None:
    rng = np.random.default_rng(2)
    for x_mm, y_mm in rng.uniform(-290.0, 290.0, (200, 2)):
        column, row, *_, a, b = fold.of_impact(x_mm, y_mm, CELL_MM, N, N)
        assert abs((column - 9.5) * CELL_MM - x_mm) <= 0.5 * CELL_MM + 1e-9
        assert abs((row - 9.5) * CELL_MM - y_mm) <= 0.5 * CELL_MM + 1e-9
        assert 0.0 <= b <= a <= 0.5


def test_every_cell_of_the_window_has_one_place() -> None:
    frame = fold.of_impact(-40.0, 100.0, CELL_MM, N, N)
    reach = range(-fold.HALF_PX, fold.HALF_PX + 1)
    places = {fold.place(frame, i, j) for i in reach for j in reach}
    assert len(places) == len(reach) ** 2
    assert fold.place(frame, 0, 0) == frame[:2]


def test_sticks_give_the_energies_back_and_what_is_left() -> None:
    rng = np.random.default_rng(3)
    t = 1e-3 * THRESHOLD_MEV
    for _ in range(300):
        rest = 10 ** rng.uniform(-2.5, 2.0)
        v = rng.uniform(t, rest)
        assert sticks.energy_gev(sticks.stick(v, rest, t), rest, t) == pytest.approx(v, rel=1e-9, abs=1e-9)
    assert sticks.energy_gev(1e9, 5.0, t) == 5.0
    assert t < sticks.energy_gev(-1e9, 5.0, t) < 1.01 * t


def test_the_rest_of_the_core_is_what_the_sticks_leave() -> None:
    rng = np.random.default_rng(4)
    cells = np.where(rng.random((30, N, N)) < 0.4, rng.exponential(30.0, (30, N, N)) + THRESHOLD_MEV, 0.0)
    impact = rng.uniform(-150.0, 150.0, (30, 2))
    rows, t = rows_of(cells, *np.ascontiguousarray(impact.T)), 1e-3 * THRESHOLD_MEV
    for row, image, (x, y) in zip(rows, cells, impact, strict=True):
        total = 1e-3 * image.sum()
        assert row[3] == pytest.approx(total / 10.0, rel=1e-5)
        frame, rest = fold.of_impact(x, y, CELL_MM, N, N), total
        for k in range(N_CORE):
            column, line = fold.place(frame, *ORDER[k])
            assert bool(row[HIT][k]) == (image[line, column] > 0)
            rest -= 1e-3 * image[line, column]
            assert row[REST][k] == pytest.approx(np.log((max(rest, 0.0) + t) / total), abs=1e-3)


def test_an_empty_image_is_a_row_of_finite_numbers() -> None:
    rows = rows_of(np.zeros((1, N, N)), np.zeros(1), np.zeros(1))
    assert np.isfinite(rows).all()
    assert not rows[:, HIT].any()


def test_cells_of_the_tail_are_inside_of_the_grid_and_outside_of_the_core() -> None:
    cells = np.full((50, N, N), 5.0)
    rows = rows_of(cells, np.full(50, 140.0), np.full(50, -140.0))
    hit = rows[:, -vector.N_TAIL :]
    assert hit.all()
    begin = vector.N_START + 3 * N_CORE + vector.N_FACTS
    near = rows[:, begin : begin + vector.N_TAIL * vector.N_NEAR].reshape(50, vector.N_TAIL, vector.N_NEAR)
    assert (10.0 * near[..., 1] > 2.9).all()
    np.testing.assert_allclose(np.exp(near[..., 0]), 10.0 * near[..., 1], rtol=1e-5)
    np.testing.assert_allclose(np.hypot(near[..., 2], near[..., 3]), 1.0, rtol=1e-5)
