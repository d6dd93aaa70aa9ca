"""A table of things that have a state, in which a damaged one stands out."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from core.figures.style import BACKGROUND

DAMAGED = f"color: {BACKGROUND}; font-weight: bold"


def damaged_in_red(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Rows with a `state` as what Streamlit draws in colour: where the state is `damaged`, it is red and bold."""
    table = pd.DataFrame(rows)
    return table.style.map(lambda state: DAMAGED if state == "damaged" else "", ["state"])
