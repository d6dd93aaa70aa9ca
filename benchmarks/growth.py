"""Reading columns of a table that stands in the files of many parts, and what it costs to add one.

Beside it, in the same run, the same rows joined in one file: what a data set was before, which every added part wrote anew.

That it can fail: with the files in another order the two ways disagree.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import report
from core.data.tablefile import TableFiles, columns_without_value, read_columns

N_PARTS, ROWS, N_COLUMNS, READ = 1000, 6_836, 40, 6
REPEATS, NAMES = 7, [f"c{k}" for k in range(READ)]
WRITE = {"compression": "lz4", "use_dictionary": False}


def write(folder: Path) -> tuple[TableFiles, TableFiles, float]:
    """(the parts' files, the joined file, seconds to write the joined one from the parts)."""
    generator = np.random.default_rng(5)
    (folder / "parts").mkdir()
    names = [f"parts/{i:04d}.parquet" for i in range(N_PARTS)]
    for name in names:
        columns = {f"c{k}": generator.normal(size=ROWS).astype(np.float32) for k in range(N_COLUMNS)}
        pq.write_table(pa.table(columns), folder / name, **WRITE)
    parts = TableFiles(folder, "parts", tuple(names))
    started = time.perf_counter()
    with pq.ParquetWriter(folder / "joined.parquet", pq.read_schema(parts.paths[0]), **WRITE) as writer:
        for path in parts.paths:
            writer.write_table(pq.read_table(path))
    return parts, TableFiles(folder, "joined", ("joined.parquet",)), time.perf_counter() - started


def seconds(files: TableFiles) -> float:
    """Of reading columns, the median of some times after a first one."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        read_columns(files, NAMES)
        times.append(time.perf_counter() - started)
    return float(np.median(times[1:]))


def measured() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        parts, joined, join_s = write(Path(name))
        for ours, theirs in zip(read_columns(parts, NAMES), read_columns(joined, NAMES), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        started = time.perf_counter()
        columns_without_value(parts)
        statistics_s = time.perf_counter() - started
        return {
            "n_rows": N_PARTS * ROWS,
            "n_parts": N_PARTS,
            "n_columns_read": READ,
            "read_parts_s": seconds(parts),
            "read_joined_s": seconds(joined),
            "statistics_of_parts_s": statistics_s,
            "write_joined_s": join_s,
            "repeats": REPEATS,
        }


def main() -> None:
    options = report.options(__doc__ or "").parse_args()
    report.show(measured(), options.json)


if __name__ == "__main__":
    main()
