"""Files -> blocks of rows: raw images one at a time, tables of footprints, tables of votes.

A row is a cluster of pixels. Memory holds one image at a time, whatever a file holds.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.connie import rows
from core.connie.clusters.deblend import deblend
from core.connie.clusters.extract import find_clusters
from core.connie.labels import votes
from core.connie.labels.truth import read_truth
from core.connie.mapping import Mapping
from core.connie.muons.rates import live_time_s
from core.connie.raw import container, fits, footprints
from core.connie.raw.calibrate import calibrate
from core.data.reading import Block
from core.errors import DarkroomError


def blocks(path: Path, mapping: Mapping) -> Iterator[Block]:
    """Read a file and measure every cluster; what a file is is told by its content, not by its name."""
    content, wants_fits = container.of(path), mapping.kind != "votes"
    if content == container.FITS and not wants_fits:
        raise DarkroomError(f"{path.name} is a FITS file, this mapping reads tables of text with votes ({mapping.title or mapping.kind}): choose a mapping for images.")  # fmt: skip
    if content == container.TEXT and wants_fits:
        raise DarkroomError(f"{path.name} is text, this mapping reads FITS files ({mapping.title or mapping.kind}): choose a mapping of the kind 'votes' for a table of votes.")  # fmt: skip
    yield from {"fits": _images, "footprints": footprints.blocks, "votes": votes.blocks}[mapping.kind](path, mapping)


def _images(path: Path, mapping: Mapping) -> Iterator[Block]:
    for index, raw in enumerate(fits.read_images(path, mapping)):
        image = calibrate(raw, mapping)
        clusters = deblend(find_clusters(image, mapping), mapping)
        truth = read_truth(path, raw.exposure.ohdu) if raw.exposure.simulated else None
        yield rows.block(clusters, image, mapping, index, truth)


def source(path: Path, mapping: Mapping) -> dict[str, Any]:
    """What the sources table says of a file: of its first image run, image number as sub-run, and live time [s]."""
    if mapping.kind != "fits":
        return {"run": 0, "subrun": 0, "live_s": None}
    first = fits.first_exposure(path, mapping)
    exposed = first.exptime_s is not None
    live_s = live_time_s(first.exptime_s or 0.0, first.readout_s or 0.0) if exposed else None
    return {"run": first.run, "subrun": first.runid, "live_s": live_s}


def record_meta(mapping: Mapping) -> dict[str, Any]:
    """Metadata of the stored pixels."""
    return {"pixel_um": mapping.pixel_um, "thickness_um": mapping.thickness_um, "pair_ev": mapping.pair_ev}


def preview(path: Path) -> dict[str, Any]:
    """The content of a file as plain values for the page and `--json`."""
    return votes.preview(path) if container.of(path) == container.TEXT else fits.preview(path)
