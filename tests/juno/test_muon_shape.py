"""The shape of the light's edge: the earliest of n hits, and lines and points of known length and direction."""

import numpy as np
import pytest

from core.juno.geometry import rings
from core.juno.optics import LIGHT_M_PER_NS, N_LS, flights_ns
from core.juno.vertex.fit import FirstHits, sensors_of
from core.juno.vertex.residuals import STEP_NS, grid_ns
from core.juno.vertex.shape import expected_first_ns, light_shape

GEOMETRY = rings()
SENSORS = sensors_of(GEOMETRY)


@pytest.mark.parametrize("n", [1, 5, 80])
@pytest.mark.parametrize("kind", [0, 1])
def test_the_earliest_of_n_hits_is_where_half_of_them_are_earlier(n, kind):
    generator = np.random.default_rng(n)
    share = SENSORS.density[kind] * STEP_NS
    drawn = (
        generator.choice(grid_ns(), (4000, n), p=share / share.sum())
        + generator.uniform(-0.5, 0.5, (4000, n)) * STEP_NS
    )
    assert expected_first_ns(SENSORS.later[kind], n) == pytest.approx(np.median(drawn.min(axis=1)), abs=0.5)


def _line(vertex, length_m, direction, n_hits=30):
    """First hits of an even line around a vertex, as early as its light can be."""
    sensors = np.arange(len(GEOMETRY))
    way = GEOMETRY.position_m - vertex
    cosine = way @ direction / np.linalg.norm(way, axis=1)
    expected = np.array([expected_first_ns(SENSORS.later[k], n_hits) for k in (0, 1)])[SENSORS.kind]
    late = -0.5 * length_m * np.abs(1.0 - N_LS * cosine) / LIGHT_M_PER_NS
    time = 300.0 + flights_ns(vertex, GEOMETRY.position_m, GEOMETRY.ls_radius_m) + expected + late
    return FirstHits(sensors, time, np.full(len(sensors), n_hits))


def _shape(vertex, hits, toward):
    out = np.full(5, np.nan)
    light_shape(hits, np.array([*vertex, 300.0]), vertex + toward, SENSORS, out)
    return out


def test_a_point_has_an_edge_without_width():
    vertex, x = np.array([3.0, -2.0, 5.0]), np.array([1.0, 0.0, 0.0])
    edge, quadrupole, *_ = _shape(vertex, _line(vertex, 0.0, x), x)
    assert edge == pytest.approx(0.0, abs=1e-9)
    assert quadrupole == pytest.approx(0.0, abs=1e-9)


def test_the_quadrupole_of_a_line_grows_with_its_length_as_the_integral_says():
    cosine = np.linspace(-1.0, 1.0, 200_001)
    legendre = np.trapezoid(np.abs(1.0 - N_LS * cosine) * (1.5 * cosine**2 - 0.5), cosine) * 2.5
    direction = np.array([0.6, 0.0, 0.8])
    for length in (1.0, 4.0):
        _, quadrupole, *_ = _shape(np.zeros(3), _line(np.zeros(3), length, direction), direction)
        assert quadrupole == pytest.approx(0.5 * length / LIGHT_M_PER_NS * legendre / 2.0, rel=0.02)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(("vertex", "within_deg"), [((0.0, 0.0, 0.0), 1.0), ((4.0, 6.0, -3.0), 7.0)])
def test_the_axis_is_that_of_the_line_and_points_to_the_charge(sign, vertex, within_deg):
    """Off the centre sensors are not even in direction, and the axis bends a little towards the near ones."""
    direction = np.array([2.0, -1.0, 2.0]) / 3.0
    axis = _shape(np.array(vertex), _line(np.array(vertex), 3.0, direction), sign * 0.3 * direction)[2:]
    assert np.linalg.norm(axis) == pytest.approx(1.0)
    assert sign * (axis @ direction) > np.cos(np.radians(within_deg))


def test_few_sensors_have_no_shape():
    vertex, x = np.zeros(3), np.array([1.0, 0.0, 0.0])
    hits = FirstHits(*(column[:40] for column in _line(vertex, 1.0, x)))
    assert np.isnan(_shape(vertex, hits, x)).all()
    assert np.isnan(_shape(np.full(3, np.nan), _line(vertex, 1.0, x), x)).all()
