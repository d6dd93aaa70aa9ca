"""What a run says of new images, as tables and sentences."""

from typing import Any

from core.judge.applying import Applied
from core.judge.intervals import Interval, defined

_ENDS = ("value", "low", "high")


def count_columns(found: Applied) -> dict[str, list[Any]]:
    """Counts per class as columns: as called and corrected, with intervals; None where not corrected."""
    columns: dict[str, list[Any]] = {"class": [one.name for one in found.counts]}
    for kind in ("called", "corrected"):
        intervals: list[Interval | None] = [getattr(one, kind) for one in found.counts]
        for end in _ENDS:
            name = kind if end == "value" else f"{kind} {end}"
            columns[name] = [None if one is None else defined(getattr(one, end)) for one in intervals]
    return columns


def image_rows(found: Applied, particle: str) -> list[dict[str, Any]]:
    """One flat record per image, for a table."""
    return [
        {
            "image": one.name, **one.called, f"{particle}s": one.particles.value, "low": one.particles.low,
            "high": one.particles.high, "rate /(cm2 min)": defined(one.rate.value), "live time [s]": defined(one.live_s),
            "occupancy": one.facts.get("occupancy"),
        }
        for one in found.images
    ]  # fmt: skip


def band_table(found: Applied) -> list[dict[str, Any]]:
    """Mean rate inside the bands of each name, and the difference of the first two."""
    return [
        {
            "band": row["band"], "rate": row["rate"]["value"], "low": row["rate"]["low"], "high": row["rate"]["high"],
            "images": row.get("images"), "chi2": row.get("chi2"), "ndf": row.get("ndf"), "difference [sigma]": row.get("sigma"),
        }
        for row in found.bands
    ]  # fmt: skip


def pressure_in_words(found: Applied) -> str:
    """The coefficient that was fitted, in percent per hPa; '' without pressures."""
    told = found.facts.get("pressure")
    if not told:
        return ""
    value, low, high = (100.0 * told["beta_per_hpa"][end] for end in _ENDS)
    return (
        f"pressure: ln(R/R0) = beta (P - {told['reference_hpa']:.1f} hPa), beta = {value:.3f} [{low:.3f}, {high:.3f}] %/hPa, "
        f"chi2/ndf {told['chi2']:.1f}/{told['ndf']}, {told['beta_per_hpa']['n']} images"
    )
