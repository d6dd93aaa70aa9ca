"""Records that end before a window of the features: number of rows, columns concerned, windows that would fit."""

import math
from collections.abc import Callable

import numpy as np

from core.cosine.features import FLAGS, NEEDED_WINDOW
from core.cosine.mapping import Mapping

WINDOWS = {2: "mean_time_ns", 3: "shape_ns", 4: "charge_ns"}  # place among the mapping's windows -> its name there
FITTING = 0.99  # part of the rows in which a proposed window fits


def sentences(column: Callable[[str], np.ndarray], mapping: Mapping) -> list[str]:
    """One sentence for each window that does not fit into every record; `column(name)` gives a column of the table (n,).

    Rows without an onset have no window. The proposed window is one that fits in 99 % of the rows with full records.
    """
    flags, onset_ns = column("flags"), column("onset_ns").astype(np.float64)
    is_short = (flags >> FLAGS.index("truncated") & 1).astype(bool)
    if not is_short.any():
        return []
    is_full = (flags >> FLAGS.index("record_length") & 1) == 0
    room_ns = (mapping.record_samples * mapping.sampling_ns - onset_ns)[is_full & np.isfinite(onset_ns)]
    n_with_onset, texts = int(np.isfinite(onset_ns).sum()), []
    for place, name in WINDOWS.items():
        columns = [c for c, needed in NEEDED_WINDOW.items() if needed == place]
        n = int((is_short & np.isnan(column(columns[0]))).sum())
        if not n:
            continue
        fits_ns = math.floor(np.quantile(room_ns, 1.0 - FITTING)) if len(room_ns) else 0
        wanted = mapping.windows_ns[place]
        hint = "They are shorter than the others ('record_samples')"
        if mapping.sampling_ns <= fits_ns < wanted:
            hint = (
                f"At least {fits_ns:,} ns from the onset are recorded in {100 * FITTING:.0f} % of the rows: in a data set of another "
                f"name, with '{name}' of the mapping at most that, they would be defined"
            )
        texts.append(
            f"{n:,} of {n_with_onset:,} rows with an onset have records that end before the window '{name}' ({wanted:,g} ns): "
            f"{', '.join(columns)} are undefined there. {hint}."
        )
    return texts
