"""Files -> blocks of rows: raw images one at a time, tables of footprints, tables of votes.

A row is a cluster of pixels. Memory holds one image at a time, whatever a file holds.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.connie import fits, footprints, rows, votes
from core.connie.calibrate import calibrate
from core.connie.deblend import deblend
from core.connie.extract import find_clusters
from core.connie.mapping import Mapping
from core.connie.truth import read_truth
from core.experiment import Block


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file and measure every cluster."""
    yield from {"fits": _images, "footprints": footprints.blocks, "votes": votes.blocks}[mapping.kind](path, mapping)


def _images(path: Path, mapping: Mapping) -> Iterator[Block]:
    for index, raw in enumerate(fits.read_images(path, mapping)):
        image = calibrate(raw, mapping)
        clusters = deblend(find_clusters(image, mapping), mapping)
        truth = read_truth(path, raw.exposure.ohdu) if raw.exposure.simulated else None
        yield rows.block(clusters, image, mapping, index, truth)


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """What the sources table says of a file: run, and the image number of its first image as sub-run."""
    if mapping.kind != "fits":
        return {"run": 0, "subrun": 0}
    run, runid = fits.run_of(path, mapping)
    return {"run": run, "subrun": runid}


def record_meta(mapping: Mapping) -> dict[str, Any]:
    """What a data set must know of its pixels."""
    return {"pixel_um": mapping.pixel_um, "thickness_um": mapping.thickness_um, "pair_ev": mapping.pair_ev}


def is_simulated(table: Any) -> bool:
    """True if any row of a pyarrow table comes from a simulated image."""
    return bool((table["truth_class"].to_numpy() >= 0).any())


def preview(path: Path) -> dict[str, Any]:
    """What a file holds, as plain values for the page and `--json`."""
    return votes.preview(path) if path.suffix in votes.TABLES else fits.preview(path)
