"""One row of numbers per event: light, charge centre, vertex, energy, and how late its light is.

Light is the charge within the window (`core.juno.window`) less the dark hits that are expected there. The charge centre is
sum(q x)/light, so that dark hits, which come from everywhere, do not draw it inwards; `centre_*` is that times k (`Response`).
The vertex is fitted to the first hit times (`core.juno.vertex.fit`); where it is not at rest it is NaN and a flag says so.
The shape of the light's edge (`core.juno.vertex.shape`) tells a track from a point.
Energy is light over light yield and the light collected from the vertex' radius relative to the centre.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np

from core.data.table import Column
from core.juno.geometry import Geometry
from core.juno.images.aggregate import by_sensor
from core.juno.response import Response
from core.juno.vertex.fit import FirstHits, Sensors, fit, flight_with_gradient, sensors_of
from core.juno.vertex.shape import light_shape
from core.juno.window import REFERENCE, window_ns

if TYPE_CHECKING:
    from core.juno.events import Events

VERSION = 1  # raised with every change after which the same file gives other rows or numbers (held by a test)

FLAGS: tuple[str, ...] = (
    "empty",  # no hit
    "summed",  # more than 50,000 hits: stored per sensor
    "no_vertex",  # the fit did not come to rest, or too few sensors were hit
    "outside",  # vertex outside the scintillator
    "dropped_hits",  # hits of unknown sensors, without time or charge
)
EMPTY, SUMMED, NO_VERTEX, OUTSIDE, DROPPED = (np.uint32(1 << i) for i in range(len(FLAGS)))
LEAST_LIGHT = 0.1  # of the charge is taken for light
LATE_NS = (-20.0, 100.0)  # residuals that enter their mean and spread

# in the order in which the compiled code writes them
_LIGHT = ("n_pmts", "charge_pe", "light_pe", "max_charge_pe", "multiple_share", "start_ns")
_CENTRE = ("centre_x_m", "centre_y_m", "centre_z_m", "centre_r_m", "charge_angle_deg")
_VERTEX = (
    "vertex_x_m", "vertex_y_m", "vertex_z_m", "vertex_t_ns", "vertex_x_error_m", "vertex_y_error_m", "vertex_z_error_m",
    "vertex_t_error_ns", "vertex_r_m", "vertex_log_likelihood",
)  # fmt: skip
_RESIDUALS = ("residual_mean_ns", "residual_rms_ns", "residual_q10_ns", "residual_q50_ns", "residual_q90_ns")
_SHAPE = ("light_edge_ns", "light_quadrupole_ns", "axis_x", "axis_y", "axis_z")
MEASURED = (*_LIGHT, *_CENTRE, *_VERTEX, *_RESIDUALS, *_SHAPE, "energy_mev")
CENTRE, VERTEX, RESIDUALS, SHAPE, ENERGY = (
    MEASURED.index(name) for name in (_CENTRE[0], _VERTEX[0], _RESIDUALS[0], _SHAPE[0], "energy_mev")
)
COLUMNS: tuple[Column, ...] = (
    Column("energy_mev", "Visible energy", "MeV", 0.0, 12.0, 120, 3, "Light over light yield, at the radius of the vertex"),
    Column("light_pe", "Light", "pe", 0.0, 16_000.0, 100, 0, "Charge in the window less the expected dark hits"),
    Column("charge_pe", "Charge", "pe", 0.0, 16_000.0, 100, 0, "Sum of the charges in the window"),
    Column("n_hits", "Hits", "", 0.0, 16_000.0, 100, 0, "Of known sensors, with time and charge"),
    Column("n_pmts", "Sensors hit", "", 0.0, 18_000.0, 90, 0, "Within the window"),
    Column("max_charge_pe", "Highest charge", "pe", 0.0, 50.0, 100, 1, "Of one sensor"),
    Column("multiple_share", "Hit more than once", "", 0.0, 1.0, 50, 3, "Share of the sensors hit"),
    Column("start_ns", "Begin", "ns", 0.0, 1250.0, 125, 1, "0.5 % quantile of the times in the window"),
    Column("centre_r_m", "Charge centre, radius", "m", 0.0, 20.0, 80, 2, "k times the charge-weighted mean position"),
    Column("centre_x_m", "Charge centre x", "m", -20.0, 20.0, 80, 2),
    Column("centre_y_m", "Charge centre y", "m", -20.0, 20.0, 80, 2),
    Column("centre_z_m", "Charge centre z", "m", -20.0, 20.0, 80, 2),
    Column("vertex_r_m", "Vertex, radius", "m", 0.0, 20.0, 80, 2, "From the times of the first hits"),
    Column("vertex_x_m", "Vertex x", "m", -20.0, 20.0, 80, 3),
    Column("vertex_y_m", "Vertex y", "m", -20.0, 20.0, 80, 3),
    Column("vertex_z_m", "Vertex z", "m", -20.0, 20.0, 80, 3),
    Column("vertex_t_ns", "Event time", "ns", 0.0, 1250.0, 125, 2, "Of the light's begin, fitted with the vertex"),
    Column("vertex_x_error_m", "Error of x", "m", 0.0, 0.5, 50, 3, "From the Fisher matrix of the fit"),
    Column("vertex_y_error_m", "Error of y", "m", 0.0, 0.5, 50, 3),
    Column("vertex_z_error_m", "Error of z", "m", 0.0, 0.5, 50, 3),
    Column("vertex_t_error_ns", "Error of the event time", "ns", 0.0, 3.0, 60, 3),
    Column("vertex_log_likelihood", "ln L per sensor", "", -10.0, 0.0, 100, 3, "Of the first hit times at the vertex"),
    Column("residual_mean_ns", "Mean residual", "ns", 0.0, 40.0, 80, 2, "Time less flight and event time, -20 to 100 ns"),
    Column("residual_rms_ns", "Spread of residuals", "ns", 0.0, 40.0, 80, 2),
    Column("residual_q10_ns", "Residual, 10 %", "ns", -20.0, 20.0, 80, 2),
    Column("residual_q50_ns", "Residual, median", "ns", -10.0, 40.0, 100, 2),
    Column("residual_q90_ns", "Residual, 90 %", "ns", 0.0, 100.0, 100, 2),
    Column("light_edge_ns", "Width of the light's edge", "ns", 0.0, 10.0, 100, 2, "Median distance of first times from a point's: a track's is wide"),
    Column("light_quadrupole_ns", "Quadrupole of the edge", "ns", 0.0, 5.0, 100, 2, "Largest eigenvalue, over directions from the vertex: grows with length"),
    Column("axis_x", "Axis of the light, x", "", -1.0, 1.0, 80, 3, "Unit vector along which the edge is earliest: a track's direction"),
    Column("axis_y", "Axis of the light, y", "", -1.0, 1.0, 80, 3),
    Column("axis_z", "Axis of the light, z", "", -1.0, 1.0, 80, 3),
    Column("charge_angle_deg", "Angle of the charge", "deg", 0.0, 120.0, 60, 2, "rms around the charge centre's direction"),
    Column("n_dropped", "Hits dropped", "", -0.5, 99.5, 100, 0, "Of unknown sensors, without time or charge"),
)  # fmt: skip


class Calibration(NamedTuple):
    """`Response` as plain numbers and arrays, and dark hits per ns in the whole detector."""

    light_yield_pe_per_mev: float
    centre_k: float
    radius_m: np.ndarray
    light: np.ndarray
    dark_per_ns: float


def calibration_of(response: Response, geometry: Geometry) -> Calibration:
    """The constants for the compiled code."""
    return Calibration(
        response.light_yield_pe_per_mev, response.centre_k, np.array(response.radius_m), np.array(response.light),
        response.dark_rate_khz * 1e-6 * len(geometry),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _per_sensor(pmt, time_ns, charge_pe, count, begin, end, n_pmts):  # type: ignore[no-untyped-def]
    """First hits within the window and the charge of each sensor that has any, float64 (k,). Summed events come as they are."""
    if len(count):
        inside = (time_ns >= begin) & (time_ns <= end)
        return FirstHits(pmt[inside].astype(np.int64), time_ns[inside], count[inside].astype(np.int64)), charge_pe[
            inside
        ]
    place, n_hits, charge, first, _, _ = by_sensor(pmt, time_ns, charge_pe, begin, end, n_pmts)
    return FirstHits(place.astype(np.int64), first, n_hits.astype(np.int64)), charge


@numba.njit(cache=True, nogil=True)
def _charge_centre(hits, charges, light, sensors):  # type: ignore[no-untyped-def]
    """sum(q x)/light (3,) [m], and the rms angle [deg] of the charge around its direction."""
    centre = np.zeros(3)
    for i in range(len(charges)):
        centre += charges[i] * sensors.position_m[hits.pmt[i]]
    centre /= light
    distance, squares = _length(centre), 0.0
    for i in range(len(charges)):
        position = sensors.position_m[hits.pmt[i]]
        cosine = (position * centre).sum() / max(_length(position) * distance, 1e-9)
        squares += charges[i] * math.acos(min(max(cosine, -1.0), 1.0)) ** 2
    return centre, math.degrees(math.sqrt(squares / charges.sum()))


@numba.njit(cache=True, nogil=True)
def _length(vector):  # type: ignore[no-untyped-def]
    return math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)


@numba.njit(cache=True, nogil=True)
def _residuals(hits, at, sensors, out):  # type: ignore[no-untyped-def]
    """Mean, spread and quantiles of the first hits' residuals at a vertex (4,), into `out` (5,)."""
    gradient, residual, n = np.zeros(4), np.empty(len(hits.pmt)), 0
    for i in range(len(hits.pmt)):
        flight = flight_with_gradient(at, sensors.position_m[hits.pmt[i]], sensors.ls_radius_m, gradient)
        late_ns = hits.time_ns[i] - flight - at[3]
        if LATE_NS[0] < late_ns < LATE_NS[1]:
            residual[n] = late_ns
            n += 1
    if n > 1:
        late = np.sort(residual[:n])
        out[0], out[1], out[2], out[3], out[4] = late.mean(), late.std(), late[n // 10], late[n // 2], late[n * 9 // 10]


@numba.njit(cache=True, nogil=True)
def _measure(pmt, time_ns, charge_pe, count, sensors, calibration, out):  # type: ignore[no-untyped-def]
    """The numbers of one event, in the order of MEASURED, into `out` (NaN where undefined); whether its vertex is at rest."""
    begin, end = window_ns(time_ns, calibration.dark_per_ns)
    hits, charges = _per_sensor(pmt, time_ns, charge_pe, count, begin, end, len(sensors.kind))
    n, charge_pe_sum = len(charges), charges.sum()
    light_pe = charge_pe_sum - calibration.dark_per_ns * (end - begin)
    out[0], out[1], out[2] = n, charge_pe_sum, light_pe
    if n == 0:
        return False
    inside = time_ns[(time_ns >= begin) & (time_ns <= end)]
    at = int(REFERENCE * (len(inside) - 1))
    out[3], out[4], out[5] = charges.max(), np.count_nonzero(hits.n_hits > 1) / n, np.partition(inside, at)[at]
    # where there is hardly more than the expected dark hits, their difference would throw the centre anywhere
    mean_m, angle_deg = _charge_centre(hits, charges, max(light_pe, LEAST_LIGHT * charge_pe_sum), sensors)
    centre = calibration.centre_k * mean_m
    out[CENTRE : CENTRE + 3], out[CENTRE + 3], out[CENTRE + 4] = centre, _length(centre), angle_deg
    radius_m = out[CENTRE + 3]
    fitted = fit(centre, hits, sensors, calibration.dark_per_ns)
    if fitted.is_at_rest:
        radius_m = _length(fitted.parameters)
        out[VERTEX : VERTEX + 4], out[VERTEX + 4 : VERTEX + 8] = fitted.parameters, fitted.errors
        out[VERTEX + 8], out[VERTEX + 9] = radius_m, fitted.log_likelihood
        _residuals(hits, fitted.parameters, sensors, out[RESIDUALS:SHAPE])
    # a long track's fit may not come to rest, but ends near enough for its shape
    light_shape(hits, fitted.parameters, centre, sensors, out[SHAPE:ENERGY])
    relative = np.interp(radius_m, calibration.radius_m, calibration.light)
    out[ENERGY] = light_pe / calibration.light_yield_pe_per_mev / relative
    return fitted.is_at_rest


@numba.njit(cache=True, nogil=True)
def _measure_all(pmt, time_ns, charge_pe, offsets, count, count_offsets, sensors, calibration, out, at_rest):  # type: ignore[no-untyped-def]
    for i in range(len(offsets) - 1):
        span, counted = slice(offsets[i], offsets[i + 1]), slice(count_offsets[i], count_offsets[i + 1])
        at_rest[i] = _measure(pmt[span], time_ns[span], charge_pe[span], count[counted], sensors, calibration, out[i])


def measure(
    events: "Events", geometry: Geometry, response: Response, sensors: Sensors | None = None
) -> dict[str, np.ndarray]:
    """The features of n events: float32 (n,) by the names of MEASURED, n_hits, n_dropped and the bits of FLAGS."""
    sensors = sensors or sensors_of(geometry)
    out = np.full((len(events), len(MEASURED)), np.nan)
    at_rest = np.zeros(len(events), bool)
    _measure_all(
        events.pmt.values, events.time_ns.values.astype(np.float64), events.charge_pe.values.astype(np.float64),
        events.pmt.offsets, events.count.values, events.count.offsets, sensors, calibration_of(response, geometry), out, at_rest,
    )  # fmt: skip
    measured = {name: out[:, i].astype(np.float32) for i, name in enumerate(MEASURED)}
    flags = (
        EMPTY * (events.n_hits == 0)
        | SUMMED * (events.count.lengths > 0)
        | NO_VERTEX * ~at_rest
        | OUTSIDE * (measured["vertex_r_m"] > geometry.ls_radius_m)
        | DROPPED * (events.n_dropped > 0)
    )
    return {
        **measured,
        "n_hits": events.n_hits.astype(np.int32),
        "n_dropped": events.n_dropped.astype(np.int32),
        "flags": flags.astype(np.uint32),
    }
