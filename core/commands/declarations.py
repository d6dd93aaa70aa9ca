"""Every command of `python -m core`: its words, its options and its function (those on generators: `generator_options`, on runs: `run_options`)."""

from pathlib import Path

from core.commands.command import COMMANDS as COMMANDS
from core.commands.command import Options, assignments, command, needed, option, word
from core.commands.option_groups import (
    FOR_GOOD,
    PARAMETER,
    THRESHOLD,
    UID,
    JobOptions,
    MappingOptions,
    ScoredOptions,
    SelectionOptions,
)


@command("data", "simulate raw files with known truth")
class Simulate(Options):
    experiment: str = word()
    out: Path = needed(metavar="DIR")
    events: int = needed()
    crystals: str | None = option(None, "comma-separated, such as 1,3,7 (of a detector with several)")
    seed: int = option(1)
    set: tuple[str, ...] = assignments(PARAMETER)


@command("data", "list what a raw file holds, and which mappings read it")
class Preview(MappingOptions):
    experiment: str = word()
    file: Path = word()


@command("data", "make or grow a prepared data set from raw files")
class Prepare(MappingOptions):
    experiment: str = word()
    files: tuple[Path, ...] = word(metavar="FILES", count="+")
    name: str = needed("name of the data set")
    jobs: int | None = option(None, "processes (default: one per core)")


@command("data", "list the raw files of a data set: rows, images, live time, and why one was refused")
class Sources(Options):
    dataset: str = word(metavar="NAME")


@command("data", "make a column that depends on a selection, such as one from mean pulses")
class Derive(SelectionOptions):
    dataset: str = word(metavar="NAME")
    column: str = word(metavar="COLUMN")


@command("data", "list the prepared data sets, or move one into the bin")
class Datasets(Options):
    action: str | None = word(count="?", choices=("delete",))
    name: str | None = word(count="?")
    yes: bool = option(False, "delete without being asked, whatever rests on it")
    for_good: bool = option(False, FOR_GOOD)


@command("selecting", "apply cuts and labels: rows, cut flow, statistics")
class Select(SelectionOptions):
    dataset: str = word(metavar="NAME")
    save: str | None = option(None, "keep it under this name", metavar="SELECTION")
    hist: Path | None = option(None, "write the histograms for Scikit-HEP's `hist` (UHI)", metavar="FILE")


@command("selecting", "what is known of one row")
class Event(SelectionOptions):
    dataset: str = word(metavar="NAME")
    uid: str = word(
        f"{UID}, or where it is: #12 of the selection, 'run 1544', a file, '2017-03-01 12:00'", metavar="UID"
    )
    run: str | None = option(None, "show the score that this run gave it")


@command("training", "layers and parameters of every network")
class Networks(Options):
    experiment: str = word()


@command("training", "train a network as a background job")
class Train(SelectionOptions, JobOptions):
    dataset: str = word(metavar="NAME")
    model: str = needed("name of the network")


@command("training", "go on with a training that was killed or has failed, from its last epoch")
class Resume(JobOptions):
    run: str = word(metavar="RUN")


@command("jobs", "list jobs; stop one, show its log, do it again, give it another title, move it into the bin")
class Jobs(Options):
    action: str | None = word(count="?", choices=("stop", "log", "again", "rename", "delete"))
    id: int | None = word(count="?")
    title: str | None = word("with rename: the new title", count="?")


@command("judging", "efficiencies, ROC and tables of a run, with intervals; of several classes, the confusion matrix")
class Evaluate(ScoredOptions):
    threshold: float = option(0.5, THRESHOLD)
    split: str | None = option(
        None, "default: test, or other for data that the run was not trained on",
        choices=("train", "validation", "test", "other", "all"),
    )  # fmt: skip
    export: Path | None = option(None, "write the table as .csv or .tex, all as .json or .html", metavar="FILE")
    reject_below: float = option(0.0, "of several classes: call nothing below this probability", metavar="P")
    mix: tuple[float, ...] | None = option(
        None, "of several classes: their parts, for purities at another mix", metavar="PART"
    )


@command("training", "score a data set with a run")
class Predict(JobOptions):
    run: str = word(metavar="RUN")
    dataset: str = word(metavar="NAME")


@command("explain", "which light in an event a run's score rests on, by occlusion")
class Explain(Options):
    run: str = word(metavar="RUN")
    uid: str = word(UID, metavar="UID")
    data: str | None = option(None, "data set of the event (default: the run's own)", metavar="NAME")
    set: tuple[str, ...] = assignments("how the light is taken away, e.g. window_ns=50")


@command("analysis", "printed results beside their own arithmetic and ours")
class Published(Options):
    experiment: str | None = option(None, "default: the first", metavar="NAME")
    data: str | None = option(None, "data set (default: that of the newest study or run)", metavar="NAME")
    study: str | None = option(None, "default: the newest of the data set", metavar="STUDY")
    run: str | None = option(None, "default: the newest of the published network, else of any", metavar="RUN")
    scale: str | None = option(None, "simulate a data set in the printed numbers", choices=("seed",))
    fraction: float | None = option(None, "with --scale: part of the printed numbers, e.g. 0.1 (default: 1)")


@command("training", "start the dashboard on this machine")
class Serve(Options):
    port: int | None = option(None, "port (default: PORT or 8501)")
    prefix: str | None = option(
        None, "path before every address, behind another server (default: DARKROOM_PREFIX or none)", metavar="/PATH"
    )


@command("analysis", "simulate the trigger against true energy, beside its closed form")
class Trigger(Options):
    energies: str | None = option(None, "comma-separated (default: 40 up to --up-to)", metavar="KEV")
    up_to: float = option(2.0, "highest energy (default: 2)", metavar="KEV")
    events: int = option(4000, "simulated at each energy (default: 4000)")
    seed: int = option(1)
    experiment: str | None = option(None, "default: the first with a trigger", metavar="NAME")
    data: str | None = option(None, "total efficiency: simulated data set, after the cut or the --run", metavar="NAME")
    run: str | None = option(None, "total efficiency: selected by this run's score", metavar="RUN")
    threshold: float = option(0.5, THRESHOLD)
    set: tuple[str, ...] = assignments("a parameter of the trigger, e.g. coincidence_ns=100")


@command("training", "score a data set with boosted trees trained on the rows of a run")
class Baselines(JobOptions):
    run: str = word(metavar="RUN")
    dataset: str = word(metavar="NAME")


@command("compatibility", "train on every region, test on all: a study, kept and resumed")
class Compatibility(SelectionOptions):
    dataset: str | None = word(metavar="NAME", count="?")
    model: str | None = option(None, "name of the network")
    crystals: str | None = option(None, "comma-separated, such as 1,3,7")
    windows: str | None = option(None, "energy windows in keV, comma-separated, such as 3-6,6-10")
    threshold: float = option(0.5, THRESHOLD)
    list: bool = option(False, "list the studies (of the data set NAME)")
    delete: str | None = option(None, "move a study into the bin; its runs stay", metavar="ID")


@command("cutstudy", "move a cut on one or two features, and say where it is best and how surely")
class StudyCut(SelectionOptions):
    dataset: str = word(metavar="NAME")
    feature: str = needed()
    direction: str = option("auto", "the side that is kept", choices="core.judge.cutsample.SIDES")
    second: str | None = option(None, "a second cut beside the first", metavar="FEATURE")
    second_direction: str = option("auto", choices="core.judge.cutsample.SIDES")
    merit: str = option("harmonic", "figure of merit", choices="core.judge.cutstudy.MERITS")
    expect_signal: float | None = option(None, "signal expected before the cut", metavar="N")
    expect_background: float | None = option(None, "background expected before the cut", metavar="N")
    at: tuple[float, ...] | None = option(None, "quote this cut (default: the best one)", metavar="VALUE")
    run: str | None = option(None, "a run: cut and network together, on events that it was not trained on")
    threshold: float = option(0.5, "score from which the network keeps a row")
    of: str = option("", "class that is told from the rest (default: signal)", metavar="CLASS")


@command("trust", "efficiency and score by energy, and a threshold that follows it")
class LowEnergy(ScoredOptions):
    threshold: float = option(0.5, THRESHOLD)
    bin: float | None = option(None, "width (default: 40 bins)", metavar="UNITS|DECADES", alias="--bin-kev")
    score: bool = option(False, "first score the rows of the range that have no score")
    keep: float = option(95.0, "signal efficiency that the threshold by energy holds (default: 95)", metavar="PERCENT")
    export: Path | None = option(None, "write the threshold by energy as .csv, .tex, .json or .html", metavar="FILE")


@command("trust", "judge scores as probabilities; fit and keep the temperature of a run")
class Calibrate(ScoredOptions):
    split: str = option("test", "events that are judged", choices="core.judge.calibration.SPLITS")
    mix: str = option("as trained", "'as trained' (default), 'of this sample', or signal per background as a number")
    bins: str = option("equal width", "bins of the reliability diagram", choices="core.judge.reliability.BINNINGS")
    refit: bool = option(False, "fit the temperature again")


@command("analysis", "answer one of an experiment's questions: numbers, tables and notes")
class Analyse(Options):
    analysis: str | None = word("without it, the analyses there are", metavar="NAME", count="?")
    experiment: str | None = option(None, "default: that of the data, else the first that has it", metavar="NAME")
    data: str | None = option(None, "data set", metavar="NAME")
    run: str | None = option(None, metavar="RUN")
    study: str | None = option(None, metavar="STUDY")
    calibrate: str | None = option(None, "simulated data set with scores of the run ('none')", metavar="NAME")
    pressure: str | None = option(None, "CSV with columns time and pressure (hPa)", metavar="FILE")
    files: tuple[str, ...] = option((), "raw files", metavar="FILE")
    mapping: str | None = option(None, "how the raw files are read: a shipped mapping's name or a TOML file")
    field: tuple[str, ...] = assignments("a field of the mapping")
    train: bool = option(False, "queue the trainings of the runs that it compares and that are missing")
    set: tuple[str, ...] = assignments("a parameter of the analysis")


@command("analysis", "count, rate, spectrum and angles of a run's classes in new images")
class Apply(Options):
    run: str = word(metavar="RUN")
    dataset: str = word("data set with images and scores of the run", metavar="NAME")
    calibrate: str | None = option(
        None,
        "simulated data set with scores of the run that calibrates the counting (default: the first there is; 'none')",
        metavar="NAME",
    )
    pressure: Path | None = option(None, "CSV with columns time and pressure (hPa)", metavar="FILE")
    set: tuple[str, ...] = assignments("a parameter, e.g. threshold=0.9 or bands='on 2020-01-01 2020-02-01'")


@command("labels", "labels by hand: who labelled what, what comes next, agreement, in and out")
class Labels(Options):
    action: str = word(
        "show: counts and kappa; next: the queue; set, skip, decide: one event; undo: the newest line; freeze: the "
        "column for a training; export, import: a file; images: PNGs with votes; table: votes of a folder per class",
        choices=("show", "next", "set", "skip", "decide", "undo", "freeze", "export", "import", "images", "table"),
    )
    dataset: str = word("data set (of 'table': the folder)", metavar="NAME")
    what: tuple[str, ...] = word("set, decide: UID CLASS; skip: UID; export, import: FILE; images: FOLDER", count="*")
    labeller: str = option("", "whose label it is")
    difficult: bool = option(False, "with set: it was difficult")
    run: str | None = option(None, "with next: the run whose doubts come first")
    events: int = option(10, "with next: how many (default: 10)", metavar="N")


@command("catalog", "write the rows of a data set as a catalog of its field, pixel lists included")
class Catalog(Options):
    dataset: str = word(metavar="NAME")
    out: Path = needed("by its ending .parquet, .csv or .root", metavar="FILE")


@command("analysis", "the energy scale from a line of known energy in raw files, with its interval")
class EnergyScale(MappingOptions):
    experiment: str = word()
    files: tuple[str, ...] = word(metavar="FILES", count="+")
    line: tuple[str, ...] = assignments("how the line is fitted, e.g. together=true")


@command("imaging", "list the images of a data set with their facts and how many rows lie in each")
class Images(Options):
    dataset: str = word(metavar="NAME")
    run: str | None = option(None, "count the classes that this run predicts, too", metavar="RUN")
