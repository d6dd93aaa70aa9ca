"""The guided tour of an experiment: its stops with prepared addresses, and how far one browser has come.

workspace/tours/<browser>.json   which tour is on, and what was seen; made anew where it is damaged
"""

import contextlib
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core import workspace
from core.data.dataset import readable
from core.errors import DarkroomError
from core.experiment import Experiment
from core.learn import request
from core.runs import RunSummary
from core.tour import Stop, Tour
from core.workflows import demo, run_admin, shipped

TRAIN = "train"
OF_RUN = ("evaluate", "lowenergy", "calibration", "apply", "published", "generate")  # their address names the run
TITLES = {"lowenergy": "Low energy"}
GUIDE = "guide"  # in the address: the experiment whose tour is on


@dataclass(frozen=True)
class Step:
    """A stop with its address, and what it waits for ('' if for nothing). One that is optional is no part of what is done."""

    page: str
    title: str
    look: str
    surprising: str
    query: dict[str, str]
    is_done: bool
    is_optional: bool = False
    waits_for: str = ""

    @property
    def place(self) -> str:
        """How the page is remembered as seen: with the analysis, where it is one of several."""
        return seen_as(self.page, self.query.get("analysis", ""))


@dataclass(frozen=True)
class Progress:
    """The experiment whose tour is on ('' for none), and what was seen, as `<experiment>/<page>`."""

    on: str = ""
    seen: frozenset[str] = field(default_factory=frozenset)

    def with_seen(self, experiment: str, place: str) -> "Progress":
        """The same, and that a page was seen with data of the experiment."""
        return replace(self, seen=self.seen | {f"{experiment}/{place}"})

    def places(self, experiment: str) -> set[str]:
        """What was seen of one experiment."""
        begin = f"{experiment}/"
        return {name.removeprefix(begin) for name in self.seen if name.startswith(begin)}


def seen_as(page: str, analysis: str = "") -> str:
    """The name under which a page is remembered."""
    return f"{page}:{analysis}" if page == "analysis" and analysis else page


def tour_dataset(experiment: Experiment, names: Sequence[str] | None = None) -> str | None:
    """The shipped sample where its run is here, else the demonstration data set, the sample, or any; None without one."""
    names_of_experiment = (
        [n for n, d in readable()[0].items() if d.experiment == experiment.key] if names is None else names
    )
    sample = demo.sample_name(experiment)
    wanted = [demo.demo_name(experiment, demo.wanted_n_events()), sample, *names_of_experiment]
    first = [sample] if shipped.is_here(experiment) else []
    return next((name for name in (*first, *wanted) if name in names_of_experiment), None)


def tour_of(experiment: Experiment) -> Tour:
    """The experiment's own tour; of one without, its cuts, its rows, and its fastest network."""
    if experiment.tour is not None:
        return experiment.tour
    stops = [
        Stop("select", "What the cuts keep, and what they lose.", "A cut that loses most of the rows."),
        Stop("inspect", f"One {experiment.row_name} at a time.", "One that looks like no other."),
    ]
    network = ""
    if experiment.networks:
        network = request.cheapest(experiment.networks)
        stops += [
            Stop(TRAIN, f"Whether the network '{network}' learns.", "A validation loss that rises."),
            Stop("evaluate", "How well it does on rows that it has not seen.", "A network that a simple cut beats."),
        ]
    return Tour("from the cuts to a judgement", next(iter(experiment.selecting.presets)), network, tuple(stops))


def steps(experiment: Experiment, dataset: str, runs: Sequence[RunSummary], seen: Collection[str]) -> list[Step]:
    """The stops of the tour on a data set; `runs` are newest first, `seen` the places that were seen of this experiment.

    A training is done when a run of one's own came of it; a page when it was seen.
    """
    tour, of_studies = tour_of(experiment), run_admin.members()
    ended = [run.id for run in runs if run.dataset == dataset and run.state in ("finished", "stopped")]
    ended.sort(key=lambda run: run in of_studies)  # stable: the newest first, those of studies last
    own = [run for run in ended if run != shipped.run_id(experiment)]
    judged = shipped.run_id(experiment) if shipped.run_id(experiment) in ended else next(iter(ended), "")
    listed = []
    for stop in tour.stops:
        query = {
            GUIDE: experiment.key,
            **_query(stop, tour, dataset, judged, has_classes=experiment.labels is not None),
        }
        is_done = bool(own) if stop.page == TRAIN else seen_as(stop.page, stop.analysis) in seen
        needs_run = stop.page in OF_RUN and stop.page != "published" and not judged
        title = TITLES.get(stop.page, stop.page.capitalize())
        waits_for = "a finished run" if needs_run else ""
        listed.append(Step(stop.page, title, stop.look, stop.surprising, query, is_done and not needs_run, stop.is_optional, waits_for))  # fmt: skip
    return listed


def _query(stop: Stop, tour: Tour, dataset: str, run: str, *, has_classes: bool) -> dict[str, str]:
    """The address of a stop, beside what every one has; rows are shown with the run's scores where it tells classes apart."""
    of_run = {"run": run} if run else {}
    return {
        "select": {"data": dataset, "start": tour.preset},
        "inspect": {"data": dataset, "from": tour.preset, **({"scores": run} if run and has_classes else {})},
        "train": {"data": dataset, "train-selection": tour.preset, "train-model": tour.network},
        "generate": {"data": dataset, **of_run},
        "analysis": {"data": dataset, "analysis": stop.analysis},
    }.get(stop.page, of_run if stop.page in OF_RUN else {"data": dataset})


def next_step(listed: Sequence[Step], place: str) -> Step | None:
    """The step after the page at `place`; of another page, and after the last one, the first that is neither done nor optional."""
    at = next((i for i, step in enumerate(listed) if step.place == place), None)
    if at is not None and at + 1 < len(listed):
        return listed[at + 1]
    return next((step for step in listed if not (step.is_done or step.is_optional or step.place == place)), None)


def read(browser: str) -> Progress:
    """How far a browser has come; nothing where it is not known, or was kept by another version."""
    path = workspace.root() / "tours" / f"{_digest(browser)}.json"
    if not browser or not path.exists():
        return Progress()
    try:
        values: Any = workspace.read_json(path)
        return Progress(str(values["on"]), frozenset(map(str, values["seen"])))
    except (DarkroomError, KeyError, TypeError):
        return Progress()


def write(browser: str, progress: Progress) -> None:
    """Keep how far a browser has come, with what another tab of it has seen; where nothing can be kept, the session remembers."""
    if browser and workspace.is_writable():
        seen = progress.seen | read(browser).seen
        with contextlib.suppress(DarkroomError):  # a full disk is told by who must write
            workspace.write_json(
                workspace.folder("tours") / f"{_digest(browser)}.json", {"on": progress.on, "seen": sorted(seen)}
            )


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()[:24]
