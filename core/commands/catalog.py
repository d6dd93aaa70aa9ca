"""Command that writes the rows of a data set in the format of the experiment's own catalogs."""

import argparse
from collections.abc import Callable
from pathlib import Path

from core.commands.data import find_dataset
from core.commands.text import Command, Result
from core.errors import DarkroomError


def declare(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """The words and options of this command."""
    p = add("catalog", catalog, "write the rows of a data set as a catalog of its field, pixel lists included")
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("--out", type=Path, required=True, metavar="FILE", help="by its ending .parquet, .csv or .root")


def catalog(options: argparse.Namespace) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    if experiment.catalog is None:
        raise DarkroomError(f"{experiment.title} has no catalog format: export the table itself with `export`.")
    if not options.out.parent.is_dir():
        raise DarkroomError(f"--out {options.out}: there is no folder {options.out.parent}.")
    experiment.catalog(dataset, options.out)
    size = options.out.stat().st_size
    result = {"dataset": dataset.name, "file": str(options.out), "n_rows": dataset.n_rows, "bytes": size}
    return result, f"{dataset.n_rows:,} rows of '{dataset.name}' in {options.out} ({size / 1e6:,.1f} MB)"
