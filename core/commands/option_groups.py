"""Options that several commands have in common."""

from dataclasses import dataclass

from core.commands.command import Options, assignments, option, repeated, word

THRESHOLD = "score from which a row counts as signal (0 to 1)"
FOR_GOOD = "with delete: not into the bin, it cannot be brought back"
PARAMETER = "a parameter, e.g. epochs=3"
UID = "as the page that shows events writes it, or the number"


@dataclass(frozen=True, kw_only=True)
class MappingOptions(Options):
    mapping: str | None = option(None, "a shipped mapping's name or a TOML file (default: the experiment's own format)")
    set: tuple[str, ...] = assignments("a field of the mapping, e.g. nominal_noise_adc=2")


@dataclass(frozen=True, kw_only=True)
class SelectionOptions(Options):
    """Which rows of a data set are meant, and with which labels."""

    selection: str | None = option(None, "a stored selection")
    preset: str | None = option(None, "a published selection")
    labels: str | None = option(None, "label scheme instead of the selection's own")
    cut: tuple[str, ...] = assignments("change a cut, e.g. energy_low_kev=2")
    split: tuple[str, ...] = assignments("change the split, e.g. method=random", alias="--division")
    tag: tuple[str, ...] = repeated("keep only rows with this tag, or one of several", metavar="TAG")
    without_tag: tuple[str, ...] = repeated("drop rows with this tag", metavar="TAG")
    set: tuple[str, ...] = assignments(PARAMETER)


@dataclass(frozen=True, kw_only=True)
class JobOptions(Options):
    """Whether a command waits for the job that it starts."""

    wait: bool = option(False, "wait until it ends, showing progress")


@dataclass(frozen=True, kw_only=True)
class ScoredOptions(Options):
    """Which scores of which run are judged, under which labels, and for which class."""

    run: str = word(metavar="RUN")
    labels: str | None = option(None, "label scheme (default: the run's own)")
    data: str | None = option(None, "data set with scores of the run (default: its own)", metavar="NAME")
    of: str = option("", "class that is judged against the rest (default: signal)", metavar="CLASS")
