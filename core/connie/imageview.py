"""CONNIE images as the pages show them: what tells them apart and what is known of each."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.data.imaging import Imaging


def name(facts: Mapping[str, Any]) -> str:
    """As in the number of a track: run identifier, sensor, place in the file."""
    return f"{facts['runid']}.{facts['ohdu']}.{facts['index']}"


def told(facts: Mapping[str, Any]) -> dict[str, str]:
    """What is known of an image, in words."""
    found = {
        "image": f"run {facts['run']}, runID {facts['runid']}, OHDU {facts['ohdu']}",
        "pixels": f"{facts['n_columns']:,} × {facts['n_rows']:,}, {facts['n_usable_px']:,} of them usable",
        "clusters": f"{facts['n_clusters']:,}",
        "occupancy": f"{100.0 * facts['occupancy']:.2f} %",
        "exposure": f"{facts['exptime_s']:,.0f} s, then {facts['readout_s']:,.0f} s of readout",
        "noise": f"{facts['noise_e']:.2f} e⁻",
        "gain": f"{facts['gain_adu_per_e']:.3f} ADU/e⁻",
    }
    begun = facts.get("expstart_unix_s")
    if begun:
        found["begun"] = datetime.fromtimestamp(float(begun), UTC).strftime("%Y-%m-%d %H:%M UTC")
    if facts.get("pressure_hpa") is not None:
        found["pressure"] = f"{facts['pressure_hpa']:.1f} hPa"
    return found


IMAGING = Imaging(
    title="whole image",
    explanation=(
        "The CCD image that the tracks were found in; each is outlined in the colour of its class. Zoomed out, a cell is the brightest of "
        "the pixels it covers, so no track is lost. Surprising: bright pixels without an outline."
    ),
    unit="e⁻",
    box=("x_min_px", "x_max_px", "y_min_px", "y_max_px"),
    name=name,
    facts=told,
)
