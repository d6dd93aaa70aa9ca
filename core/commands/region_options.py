"""The command on the rows of a region, as `declarations` says those on everything else."""

from pathlib import Path

from core.commands.command import command, option, word
from core.commands.option_groups import JobOptions, SelectionOptions

REGION = "only rows inside a polygon drawn over two quantities: X:Y:x1,y1;x2,y2;x3,y3, log(X) for a logarithmic axis"


@command(
    "regions", "the rows of a selection, or of a region in the plane of two quantities: how many, which, out as a file"
)
class Rows(SelectionOptions):
    dataset: str = word(metavar="NAME")
    region: str | None = option(None, REGION, metavar="REGION")
    events: int = option(10, "how many are listed (default: 10)", metavar="N")
    out: Path | None = option(None, "write the identities of all of them as .csv or .parquet", metavar="FILE")


@command(
    "training", "map the rows that a run has scored by what its network's last layer sees: a plane to draw regions in"
)
class Map(JobOptions):
    run: str = word(metavar="RUN")
    dataset: str | None = word("default: the run's own", metavar="NAME", count="?")
    method: str = option(
        "pca", "principal components, or UMAP where umap-learn is installed", choices="core.maps.METHODS"
    )
