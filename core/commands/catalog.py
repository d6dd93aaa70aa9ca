"""Command that writes the rows of a data set in the format of the experiment's own catalogs."""

from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset
from core.errors import DarkroomError


def catalog(options: declarations.Catalog) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    if experiment.table.catalog is None:
        raise DarkroomError(f"{experiment.title} has no catalog format: export the table itself with `export`.")
    if not options.out.parent.is_dir():
        raise DarkroomError(f"--out {options.out}: there is no folder {options.out.parent}.")
    experiment.table.catalog(dataset, options.out)
    size = options.out.stat().st_size
    result = {"dataset": dataset.name, "file": str(options.out), "n_rows": dataset.n_rows, "bytes": size}
    return result, f"{dataset.n_rows:,} rows of '{dataset.name}' in {options.out} ({size / 1e6:,.1f} MB)"
