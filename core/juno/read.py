"""Files -> events: hits of a ROOT, HDF5 or Parquet file with sensors looked up, in chunks of bounded memory.

Blocks of rows are made of them in `core.juno.rows`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from core.data.raw import container
from core.data.raw import preview as stored
from core.errors import DarkroomError
from core.juno.events import MOST_HITS, Events
from core.juno.geometry import Geometry
from core.juno.mapping import Mapping, run_and_subrun
from core.juno.raw import checks, cleaning, hdf5_hits, parquet_hits, root_hits, sensors, summed
from core.juno.raw.hits import Hits, chunks
from core.juno.raw.truth import truth_columns

READERS = {"root": root_hits.events, "hdf5": hdf5_hits.events, "parquet": parquet_hits.events}


def geometry(path: Path, mapping: Mapping) -> dict[str, np.ndarray]:
    """Where the sensors of a file stand, as it is kept with the data set; see `core.juno.geometry.from_arrays`."""
    return sensors.of(path, mapping).arrays()


def events(path: Path, mapping: Mapping) -> Iterator[Events]:
    """The events of a file in its order, those without a hit too; a chunk holds some 4 million hits, or one event.

    Hits of unknown and of water-pool sensors, without a time or without charge are dropped and counted.
    """
    run, _ = run_and_subrun(mapping, path)
    standing = sensors.of(path, mapping)
    numbers = checks.Numbers(path)
    for raw in READERS[mapping.container](path, mapping):
        numbers.need_new(raw.number)
        bounds = list(chunks(raw.offsets))
        for start, stop in bounds:
            part = raw if len(bounds) == 1 else _slice(raw, start, stop)
            yield _events(part, run, standing, mapping, path)


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """Run and sub-run of a file, by its name; none tells its live time."""
    run, subrun = run_and_subrun(mapping, path)
    return {"run": run, "subrun": subrun, "live_s": None}


def trial(path: Path, mapping: Mapping) -> bool:
    """Whether a mapping gives an event of a file."""
    return next(events(path, mapping), None) is not None


def preview(path: Path) -> dict[str, Any]:
    """What a file holds, whatever its name, as plain values for the page and `--json`."""
    kind = container.kind_of(path)
    if kind == parquet_hits.PARQUET:
        return parquet_hits.preview(path)
    if kind not in container.CONTAINERS.values():
        raise DarkroomError(
            f"{path.name} holds no hits (it is {kind}): expected a ROOT, HDF5 or Parquet file. A table of sensors is named as "
            "'table' in the mapping of the hits."
        )
    return stored.preview(path)


def notes(path: Path, mapping: Mapping) -> list[str]:
    """Sensors and hits of a file as a mapping reads them: sentences about its first events."""
    standing, first = sensors.of(path, mapping), next(events(path, mapping), None)
    if first is None:
        return []
    sphere = f"on a sphere of {standing.radius_m:.2f} m" if standing.is_sphere else "on no sphere: there are no images"
    n_dropped, n_hits = int(first.n_dropped.sum()), int(first.n_hits.sum())
    sentences = [
        f"{len(standing):,} sensors (numbers {standing.pmt_id[0]:,} to {standing.pmt_id[-1]:,}), "
        f"{sensors.origin(path, mapping)}, {sphere}.",
        f"Events read first: {len(first):,}, with {n_hits:,} hits. Hits dropped, of unknown or water-pool sensors, without a time or "
        f"without charge: {n_dropped:,}.",
    ]
    if not mapping.charge:
        sentences.append("The file tells no charge: every hit counts as one photoelectron.")
    if n_summed := int(np.count_nonzero(first.count.lengths)):
        sentences.append(f"Events of more than {MOST_HITS:,} hits, summed up by sensor: {n_summed:,}.")
    if not mapping.pmt:
        raw = next(READERS[mapping.container](path, mapping))
        distance_m = sensors.nearest(sensors.positions(raw.columns), standing)[1]
        sentences.append(
            f"Each hit is taken to the nearest sensor, {np.median(distance_m):.3g} m away in the median, {distance_m.max():.3g} m at "
            "most."
        )
    return sentences


def _slice(raw: Hits, start: int, stop: int) -> Hits:
    begin, end = raw.offsets[start], raw.offsets[stop]
    return Hits(
        raw.number[start:stop], raw.offsets[start : stop + 1] - begin,
        {name: values[begin:end] for name, values in raw.columns.items()},
        {name: values[start:stop] for name, values in raw.truth.items()},
    )  # fmt: skip


def _events(raw: Hits, run: int, standing: Geometry, mapping: Mapping, path: Path) -> Events:
    columns = dict(raw.columns)
    columns["place"] = sensors.places(columns, standing, mapping, path)
    if "charge" not in columns:
        columns["charge"] = np.ones(len(columns["time"]), np.float32)
    checks.need_times(raw.offsets, columns, path)
    goal = np.empty(len(columns["time"]), np.int32)
    count = columns.get("count", np.zeros(0, np.int32))
    offsets, n_dropped = cleaning.good_hits(
        raw.offsets, columns["place"], columns["time"], columns["charge"], count, goal
    )
    good: dict[str, np.ndarray] = {}
    for name in ("place", "time", "charge", "count", "mean", "std"):
        if name in columns:
            cleaning.packed(columns[name], goal)
            good[name] = columns[name][: offsets[-1]]
    hits = summed.lists(offsets, good, len(standing))
    return Events(
        run, raw.number, hits.pmt, hits.time_ns, hits.charge_pe, hits.count, hits.mean_ns, hits.std_ns, hits.n_hits,
        n_dropped, truth_columns(raw.truth, mapping),
    )  # fmt: skip
