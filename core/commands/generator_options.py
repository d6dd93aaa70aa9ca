"""The commands on trained generators, as `declarations` says those on everything else."""

from pathlib import Path

from core.commands.command import Options, assignments, command, needed, option, word


@command(
    "generating",
    "rows of a trained generator in a file, as many as wanted: conditions by lot, the same again for the same seed",
)
class Sample(Options):
    run: str = word(metavar="RUN")
    out: Path = needed("file that is written; its ending and --layout say how", metavar="FILE")
    n: int = option(1000, "how many rows")
    energy: str | None = option(
        None, "range of the quantity that is judged by (default: as trained)", metavar="LOW:HIGH"
    )
    condition: tuple[str, ...] = assignments("range of another condition, e.g. impact_x_mm=-15:15, or one value")
    spectrum: str = option("log", "the energy is even in its logarithm, or in itself", choices=("log", "uniform"))
    seed: int = option(1, "seed of conditions and rows")
    layout: str = option("", "layout of the file (default: by its ending)")
    extrapolate: bool = option(False, "also outside of the range of the training")


@command("generating", "the network of a generator as an ONNX file, which runs without keras")
class Export(Options):
    run: str = word(metavar="RUN")
    out: Path = needed("file that is written", metavar="FILE.onnx")
