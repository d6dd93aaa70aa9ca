"""CONNIE images as the pages show them: what tells them apart and what is known of each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.connie.event import LIMITS
from core.data.image_rows import ImageView


def name(facts: Mapping[str, Any]) -> str:
    """As in the number of a track: run identifier, sensor, part, place in the file."""
    return f"{facts['runid']}.{facts['ohdu']}.{facts.get('file_part') or 0}.{facts['index'] % LIMITS['frame']}"


def in_words(facts: Mapping[str, Any]) -> dict[str, str]:
    """The facts of an image in words; facts that its header lacks are left out."""
    words = {
        "run": f"{facts['run']}, runID {facts['runid']}, OHDU {facts['ohdu']}",
        "pixels": f"{facts['n_columns']:,} × {facts['n_rows']:,}, {facts['n_usable_px']:,} of them usable",
        "clusters": f"{facts['n_clusters']:,} on {100.0 * facts['occupancy']:.2f} % of the usable pixels",
    }
    for title, key, form in (
        ("exposure", "exptime_s", "{:,.0f} s"),
        ("readout", "readout_s", "{:,.0f} s"),
        ("noise", "noise_e", "{:.2f} e⁻"),
        ("gain", "gain_adu_per_e", "{:.3f} ADU/e⁻"),
        ("pressure", "pressure_hpa", "{:.1f} hPa"),
    ):
        if facts.get(key) is not None:
            words[title] = form.format(facts[key])
    begun = facts.get("expstart_unix_s")
    if begun:
        words["begun"] = datetime.fromtimestamp(float(begun), UTC).strftime("%Y-%m-%d %H:%M UTC")
    if facts.get("notes"):
        words["note"] = "; ".join(facts["notes"])
    return words


IMAGE_VIEW: ImageView = ImageView(
    title="whole image",
    explanation=(
        "The CCD image that the tracks were found in; each is framed in the colour of its class, or zoomed out is a line of it. A cell is "
        "the brightest of the pixels that it covers, so no track is lost. Surprising: bright pixels without an outline."
    ),
    unit="e⁻",
    box=("x_min_px", "x_max_px", "y_min_px", "y_max_px"),
    axis=("x_px", "y_px", "length_px", "phi_deg"),
    name=name,
    facts=in_words,
)
