"""A table that lacks a column still opens, and says that it lacks it."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.dataset import Dataset
from core.data.tablefile import read_columns
from core.errors import DarkroomError


def test_a_table_tells_which_columns_it_holds(tmp_path: Path) -> None:
    pq.write_table(pa.table({"uid": [1, 2]}), tmp_path / "table.parquet")
    opened = Dataset(tmp_path, {"id": "x", "table": "table.parquet", "n_rows": 2}, read_columns)
    assert opened.has("uid")
    assert not opened.has("truth_llr")
    with pytest.raises(DarkroomError, match="prepare the data set again"):
        opened.column("truth_llr")
