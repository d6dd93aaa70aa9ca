"""Our histograms as those of Scikit-HEP (`hist`), and as the JSON that its libraries exchange (UHI serialization schema 1)."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.statistics.histogram import Histogram

if TYPE_CHECKING:
    from hist import Hist


def hist_of(by_class: Mapping[str, Histogram], name: str, label: str) -> "Hist[Any]":
    """Histograms of equal edges as one `hist.Hist` with the axes `class` and `name` (`label` with the unit).

    Under- and overflow are in the flow bins. Rows without a value (NaN) are in no bin: their number stands in the metadata
    as `n_missing`, by class.
    """
    import hist

    edges = next(iter(by_class.values())).edges
    axes = (
        hist.axis.StrCategory(list(by_class), name="class", flow=False),
        hist.axis.Variable(edges, name=name, label=label),
    )
    filled = hist.Hist(*axes, storage=hist.storage.Double())
    for i, histogram in enumerate(by_class.values()):
        filled.view(flow=True)[i] = [histogram.n_under, *histogram.counts, histogram.n_over]
    filled.metadata = {"n_missing": {key: histogram.n_missing for key, histogram in by_class.items()}}
    return filled


def json_text(histograms: "Mapping[str, Hist[Any]]") -> str:
    """Several by name; read with `json.loads(text, object_hook=uhi.io.json.object_hook)` and `hist.Hist(...)` of each."""
    from uhi.io import json as uhi_json

    return json.dumps(dict(histograms), default=uhi_json.default)
