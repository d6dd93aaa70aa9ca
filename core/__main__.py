"""The command line: everything that a page does, without a page. `python -m core COMMAND --help` tells more."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from core.commands import (
    apply,
    catalog,
    compatibility,
    cutstudy,
    data,
    energyscale,
    explain,
    imaging,
    judging,
    labels,
    published,
    training,
    trigger,
    trust,
)
from core.commands.text import Command
from core.errors import DarkroomError
from core.judge.cutsample import AUTO
from core.judge.cutstudy import DIRECTIONS, MERITS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Prints text, or with --json one JSON object last. Returns the exit status: 2 for user errors, 1 for failed jobs."""
    options = _parser().parse_args(arguments)
    try:
        result, text = options.command(options)
    except DarkroomError as error:
        print(f"darkroom: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("darkroom: interrupted; jobs that were started go on (see `python -m core jobs`).", file=sys.stderr)
        return 130
    failed = result.get("state") in ("failed", "lost")
    print(
        json.dumps(result, allow_nan=False) if options.json else text,
        file=sys.stderr if failed and not options.json else None,
    )
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core", description=__doc__)
    sub = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: Command, help: str) -> argparse.ArgumentParser:
        made = sub.add_parser(name, help=help, description=help)
        made.set_defaults(command=function)
        made.add_argument("--json", action="store_true", help="print one JSON object last")
        return made

    p = add("simulate", data.simulate, "simulate raw files with known truth")
    p.add_argument("experiment")
    p.add_argument("--out", type=Path, required=True, metavar="DIR")
    p.add_argument("--events", type=int, required=True)
    p.add_argument("--crystals", help="comma-separated, such as 1,3,7 (of a detector with several)")
    p.add_argument("--seed", type=int, default=1)
    _settings(p)

    p = add("preview", data.preview, "list what a raw file holds, and which mappings read it")
    p.add_argument("experiment")
    p.add_argument("file", type=Path)
    _mapping(p)

    p = add("prepare", data.prepare, "make or grow a prepared data set from raw files")
    p.add_argument("experiment")
    p.add_argument("files", nargs="+", type=Path, metavar="FILES")
    p.add_argument("--name", required=True, help="name of the data set")
    p.add_argument("--jobs", type=int, help="processes (default: one per core)")
    _mapping(p)

    p = add("derive", data.derive, "make a column that depends on a selection, such as one from mean pulses")
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("column", metavar="COLUMN")
    _selection(p)

    p = add("datasets", data.datasets, "list the prepared data sets, or delete one")
    p.add_argument("action", nargs="?", choices=("delete",))
    p.add_argument("name", nargs="?")

    p = add("select", data.select, "apply cuts and labels: rows, cut flow, statistics")
    p.add_argument("dataset", metavar="NAME")
    _selection(p)
    p.add_argument("--save", metavar="SELECTION", help="keep it under this name")

    p = add("event", data.event, "what is known of one row")
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("uid", metavar="UID", help="as the page that shows events writes it, or the number")
    p.add_argument("--run", help="show the score that this run gave it")
    _selection(p)

    _training_commands(add)
    _trigger_command(add)
    _compatibility(add)
    _cut_command(add)
    for module in (trust, apply, labels, catalog, energyscale, imaging):
        module.declare(add)
    return parser


def _training_commands(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    p = add("networks", training.networks, "layers and parameters of every network")
    p.add_argument("experiment")

    p = add("train", training.train, "train a network as a background job")
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("--model", required=True, help="name of the network")
    _selection(p)
    p.add_argument("--wait", action="store_true", help="wait until it ends, showing progress")

    p = add("jobs", training.jobs, "list jobs, or stop one")
    p.add_argument("action", nargs="?", choices=("stop", "log"))
    p.add_argument("id", nargs="?", type=int)

    p = add("runs", training.runs, "list trained networks, or delete one")
    p.add_argument("action", nargs="?", choices=("delete",))
    p.add_argument("id", nargs="?")

    judging.declare(add)

    p = add("predict", training.predict, "score a data set with a run")
    p.add_argument("run", metavar="RUN")
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("--wait", action="store_true", help="wait until it ends, showing progress")

    p = add("explain", explain.explain, "which light in an event a run's score rests on, by occlusion")
    p.add_argument("run", metavar="RUN")
    p.add_argument("uid", metavar="UID", help="as the page that shows events writes it, or the number")
    p.add_argument("--data", metavar="NAME", help="data set of the event (default: the run's own)")
    _settings(p, "how the light is taken away, e.g. window_ns=50")

    p = add("published", published.published, "printed results beside their own arithmetic and ours")
    p.add_argument("--experiment", metavar="NAME", help="default: the first")
    p.add_argument("--data", metavar="NAME", help="data set (default: that of the newest study or run)")
    p.add_argument("--study", metavar="STUDY", help="default: the newest of the data set")
    p.add_argument("--run", metavar="RUN", help="default: the newest of the published network, else of any")
    p.add_argument("--scale", choices=(published.SEED_SCALE,), help="simulate a data set in the printed numbers")
    p.add_argument("--fraction", type=float, help="with --scale: part of the printed numbers, e.g. 0.1 (default: 1)")

    p = add("serve", training.serve, "start the dashboard on this machine")
    p.add_argument("--port", type=int, help="port (default: PORT or 8501)")


def _cut_command(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    p = add(
        "study-cut", cutstudy.study_cut, "move a cut on one or two features, and say where it is best and how surely"
    )
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("--feature", required=True)
    p.add_argument("--direction", choices=(AUTO, *DIRECTIONS), default=AUTO, help="the side that is kept")
    p.add_argument("--second", metavar="FEATURE", help="a second cut beside the first")
    p.add_argument("--second-direction", choices=(AUTO, *DIRECTIONS), default=AUTO)
    p.add_argument("--merit", choices=tuple(MERITS), default="harmonic", help="figure of merit")
    p.add_argument("--expect-signal", type=float, metavar="N", help="signal expected before the cut")
    p.add_argument("--expect-background", type=float, metavar="N", help="background expected before the cut")
    p.add_argument("--at", type=float, nargs="+", metavar="VALUE", help="quote this cut (default: the best one)")
    p.add_argument("--run", help="a run: cut and network together, on events that it was not trained on")
    p.add_argument("--threshold", type=float, default=0.5, help="score from which the network keeps a row")
    p.add_argument("--of", metavar="CLASS", default="", help="class that is told from the rest (default: signal)")
    _selection(p)


def _compatibility(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    p = add(
        "compatibility", compatibility.compatibility, "train on every region, test on all: a study, kept and resumed"
    )
    p.add_argument("dataset", metavar="NAME", nargs="?")
    p.add_argument("--model", help="name of the network")
    p.add_argument("--crystals", help="comma-separated, such as 1,3,7")
    p.add_argument("--windows", help="energy windows in keV, comma-separated, such as 3-6,6-10")
    p.add_argument("--threshold", type=float, default=0.5, help="score from which a row counts as signal (0 to 1)")
    p.add_argument("--list", action="store_true", help="list the studies (of the data set NAME)")
    p.add_argument("--delete", metavar="ID", help="forget a study; its runs stay")
    _selection(p)


def _trigger_command(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    p = add("trigger", trigger.trigger, "simulate the trigger against true energy, beside its closed form")
    p.add_argument("--energies", metavar="KEV", help="comma-separated (default: 40 up to --up-to)")
    p.add_argument("--up-to", type=float, default=2.0, metavar="KEV", help="highest energy (default: 2)")
    p.add_argument("--events", type=int, default=4000, help="simulated at each energy (default: 4000)")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--experiment", metavar="NAME", help="default: the first with a trigger")
    p.add_argument("--data", metavar="NAME", help="total efficiency: simulated data set, after the cut or the --run")
    p.add_argument("--run", metavar="RUN", help="total efficiency: selected by this run's score")
    p.add_argument("--threshold", type=float, default=0.5, help="score from which a row counts as signal (0 to 1)")
    _settings(p, "a parameter of the trigger, e.g. coincidence_ns=100")

    p = add("baselines", training.baselines, "score a data set with boosted trees trained on the rows of a run")
    p.add_argument("run", metavar="RUN")
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("--wait", action="store_true", help="wait until it ends, showing progress")


def _mapping(p: argparse.ArgumentParser) -> None:
    p.add_argument("--mapping", help="a shipped mapping's name or a TOML file (default: the experiment's own format)")
    _settings(p, "a field of the mapping, e.g. nominal_noise_adc=2")


def _settings(p: argparse.ArgumentParser, what: str = "a parameter, e.g. epochs=3") -> None:
    p.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=what + "; may be repeated")


def _selection(p: argparse.ArgumentParser) -> None:
    p.add_argument("--selection", help="a stored selection")
    p.add_argument("--preset", help="a published selection")
    p.add_argument("--labels", help="label scheme instead of the selection's own")
    p.add_argument(
        "--cut",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a cut, e.g. energy_low_kev=2; may be repeated",
    )
    p.add_argument(
        "--division",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change the division, e.g. method=random; may be repeated",
    )
    _settings(p)


if __name__ == "__main__":
    sys.exit(main())
