"""Which sensors a file's hits belong to: those of the table that the mapping names, of the file itself, or made by rule."""

from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from core.data.files import below_roots, data_roots
from core.errors import DarkroomError
from core.juno.geometry import LS_RADIUS_M, Geometry, rings
from core.juno.mapping import Mapping
from core.juno.raw import checks, cleaning, hdf5_hits, root_hits, tables
from core.juno.raw.hits import POSITION

READERS = {"root": root_hits.sensors, "hdf5": hdf5_hits.sensors}
FARTHEST_SHARE = 0.1  # of the detector's radius, from a hit to the nearest sensor


def of(path: Path, mapping: Mapping) -> Geometry:
    """Where the sensors of a file stand."""
    if mapping.table:
        return tables.read_table(table_path(path, mapping), mapping)
    own = _own(path, mapping)
    ls_radius_m = mapping.ls_radius_m or LS_RADIUS_M
    return tables.geometry(own, mapping, path) if own is not None else rings(ls_radius_m=ls_radius_m)


def origin(path: Path, mapping: Mapping) -> str:
    """In words, where the positions come from."""
    if mapping.table:
        return f"as {table_path(path, mapping).name} has them"
    return (
        "made by rule, as neither file nor mapping has a table"
        if _own(path, mapping) is None
        else "as the file has them"
    )


def _own(path: Path, mapping: Mapping) -> dict[str, np.ndarray] | None:
    return READERS[mapping.container](path, mapping) if mapping.container in READERS else None


def table_path(path: Path, mapping: Mapping) -> Path:
    """The table that the mapping names: in the folder of the raw file, or below a data root. Links are followed; of what lies
    elsewhere nothing is told, not even whether it is there.
    """
    folder = path.parent.resolve()
    for candidate in (folder, *data_roots()):
        try:
            real = (candidate / mapping.table).resolve(strict=True)
            if real.is_file() and real.is_relative_to(folder):
                return real
            return below_roots(real)
        except (OSError, RuntimeError, ValueError, DarkroomError):
            continue
    raise DarkroomError(
        f"'{mapping.table[:200]}', the table of sensors, is no file beside {path.name} or below a data root: correct 'table' in the "
        "mapping, or copy the table there."
    )


def places(columns: dict[str, np.ndarray], standing: Geometry, mapping: Mapping, path: Path) -> np.ndarray:
    """int32 (m,): the place of each hit's sensor in the geometry, -1 for an unknown or a water-pool one."""
    if "pmt" not in columns:
        return _nearest(positions(columns), standing, path)
    pmt = columns["pmt"]
    n_hits, highest = len(pmt), int(pmt.max(initial=-1))
    n_pool = (
        int(np.count_nonzero((pmt >= mapping.pool_low) & (pmt <= mapping.pool_high))) if mapping.pool_low >= 0 else 0
    )
    cleaning.places(pmt, standing.pmt_id)
    n_unknown = int(np.count_nonzero(pmt < 0)) - n_pool
    checks.need_this_detector(n_hits - n_pool, n_unknown, highest, int(pmt.max(initial=-1)), standing, path)
    return pmt


def _nearest(position_m: np.ndarray, standing: Geometry, path: Path) -> np.ndarray:
    """int32 (m,): the nearest sensor; -1 for a hit without a position."""
    place, distance_m = nearest(position_m, standing)
    if len(distance_m) and (middle_m := float(np.median(distance_m))) > FARTHEST_SHARE * standing.radius_m:
        raise DarkroomError(
            f"{path.name}: hits lie {middle_m:.3g} m from the nearest sensor (median), in a detector of {standing.radius_m:.3g} m: "
            "expected them at sensors. Correct 'length_unit' or 'table' in the mapping."
        )
    return place


def positions(columns: dict[str, np.ndarray]) -> np.ndarray:
    """float32 (m, 3), in m, of hits that name no sensor."""
    return np.stack([columns[name] for name in POSITION], axis=1)


def nearest(position_m: np.ndarray, standing: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """(place int32 (m,), distances [m] of those that have a position) of the sensors nearest to hits (m, 3)."""
    is_there = np.isfinite(position_m).all(axis=1)
    distance_m, at = cKDTree(standing.position_m).query(position_m[is_there])
    place = np.full(len(position_m), -1, np.int32)
    place[is_there] = at
    return place, distance_m
