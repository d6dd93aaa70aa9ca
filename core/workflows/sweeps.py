"""Sweeps: one network trained many times, each time with other settings, to see which are good. Imports no keras.

A sweep is kept as workspace/sweeps/<id>.json and made by the job kind `sweep` (`core.workflows.sweep_job`). Its members are
ordinary runs; what was trained before with the same data set and settings is taken over, and a sweep that was stopped or killed
goes on where it was. The best member is chosen on validation rows and told on test rows.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import parameters, runs, workspace
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.experiment import Experiment
from core.jobs import control
from core.jobs.queue import Job
from core.learn import request, sweep_space
from core.learn.hopeless import NEVER, Patience
from core.learn.network import Network
from core.learn.plan import TrainingPlan, network_of, plan_training
from core.learn.sweep_space import Varied
from core.learn.training import TrainingParameters
from core.parameters import Spec, param
from core.selection.selection import Selection, from_dict, rows_key, select
from core.workflows import study_files
from core.workflows.cross_training import trained_runs
from core.workflows.study_files import SWEEP

LOT, GRID = "lot", "grid"
WAITING, TRAINING, FINISHED, GIVEN_UP, FAILED = "waiting", "training", "finished", "given up", "failed"
ENDED = (FINISHED, GIVEN_UP)


@dataclass(frozen=True)
class Members(Patience):
    """Which members a sweep has, and when one is given up."""

    method: str = param(LOT, "lot: so many combinations by chance; grid: every combination", choices=(LOT, GRID))
    n_members: int = param(12, "members by lot (a grid has all of its own)", low=1, high=sweep_space.MAX_MEMBERS)
    seed: int = param(1, "seed of the lot; of more members the first are the same", low=0, high=2**31 - 1)


@dataclass(frozen=True)
class Member:
    """One training of a sweep: the values that vary, its run and how that ended. `note`: why it was given up or failed."""

    values: Mapping[str, Any]
    run: str | None = None
    state: str = WAITING
    note: str = ""
    is_reused: bool = False


@dataclass(frozen=True)
class Sweep:
    """What was wanted, as plain values, and what has come of each member."""

    id: str
    title: str
    created_at: str
    experiment: str
    dataset: str
    rows_key: str
    network: str
    parameters: Mapping[str, Any]
    training: Mapping[str, Any]
    selection: Mapping[str, Any]
    vary: tuple[str, ...]
    how: Mapping[str, Any]
    members: tuple[Member, ...] = field(default=())

    @property
    def settings(self) -> dict[str, Any]:
        """What makes two sweeps the same."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)[3:-1]}

    @property
    def tag(self) -> str:
        """What its members are tagged with."""
        return f"sweep-{self.id[-4:]}"

    @property
    def n_ended(self) -> int:
        return sum(member.state in ENDED for member in self.members)


@dataclass(frozen=True)
class SweepPlan:
    """A sweep that was checked: `plans` has the training of each member, None where it is refused (`Member.note` says why)."""

    sweep: Sweep
    plans: tuple[TrainingPlan | None, ...]

    @property
    def n_left(self) -> int:
        """Trainings still to be done."""
        return sum(
            plan is not None and m.state not in ENDED for plan, m in zip(self.plans, self.sweep.members, strict=True)
        )

    @property
    def expected_seconds(self) -> float:
        """Seconds that they take at most, by the speed of earlier runs: as if none were given up."""
        each = zip(self.plans, self.sweep.members, strict=True)
        return sum(request.expected_seconds(plan) for plan, m in each if plan is not None and m.state not in ENDED)


def variable(experiment: Experiment, network: Network) -> dict[str, Spec]:
    """The parameters that can vary by name: of the network, of its training, and the cuts; tables of values cannot."""
    specs = [
        spec
        for cls in (experiment.selecting.cuts, TrainingParameters, network.parameters)
        for spec in parameters.specs(cls)
    ]
    return {spec.name: spec for spec in specs if not dataclasses.is_dataclass(spec.kind)}


def space_of(experiment: Experiment, network: Network, vary: Sequence[str]) -> tuple[Varied, ...]:
    """What varies, from texts such as `learning_rate=1e-4..1e-2`; refused where a name is unknown or there twice."""
    known, space = variable(experiment, network), list[Varied]()
    for text in vary:
        name, separator, values = (part.strip() for part in text.partition("="))
        if not separator or name not in known:
            raise DarkroomError(
                f"{text!r} does not say what varies: expected NAME=VALUES, as in learning_rate=1e-4..1e-2, with one of "
                f"{', '.join(sorted(known))}."
            )
        if any(name == parameter.name for parameter in space):
            raise DarkroomError(f"Parameter '{name}' varies twice: give it once.")
        space.append(sweep_space.varied(known[name], values))
    if not space:
        raise DarkroomError("Nothing varies: give at least one parameter, as in learning_rate=1e-4..1e-2.")
    return tuple(space)


def combinations(space: Sequence[Varied], how: Members) -> list[dict[str, Any]]:
    """The values of every member."""
    return sweep_space.of_grid(space) if how.method == GRID else sweep_space.by_lot(space, how.n_members, how.seed)


def plan(
    experiment: Experiment, dataset: Dataset, selection: Selection, network: str, network_values: Mapping[str, Any],
    training_values: Mapping[str, Any], vary: Sequence[str], how: Members,
) -> SweepPlan:  # fmt: skip
    """Check a sweep before anything is queued. One that was asked for before is found again."""
    wanted = network_of(experiment.networks, network)
    space = space_of(experiment, wanted, vary)
    members = [Member(sweep_space.plain(values)) for values in combinations(space, how)]
    cuts = ", ".join(sorted({parameter.name for parameter in space} & _names(experiment.selecting.cuts)))
    if cuts and how.rule != NEVER:
        raise DarkroomError(
            f"Members differ in {cuts}, so they are validated on different rows and their losses cannot be compared epoch by "
            f"epoch: set rule={NEVER}."
        )
    base: Any = plan_training(select(experiment.selecting, experiment.labels, dataset, selection), experiment.networks, network, network_values, training_values)  # fmt: skip
    sweep = Sweep(
        id=study_files.new_id(network),
        title=f"sweep of {network} on {dataset.name}: {', '.join(parameter.name for parameter in space)}",
        created_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), experiment=experiment.key, dataset=dataset.name,
        rows_key=rows_key(experiment.selecting, experiment.labels, dataset, selection), network=network,
        parameters=parameters.to_dict(base.network_parameters), training=parameters.to_dict(base.training),
        selection=selection.to_dict(), vary=tuple(text.strip() for text in vary), how=parameters.to_dict(how),
        members=tuple(members),
    )  # fmt: skip
    before = next((known for known in list_sweeps(dataset.name) if known.settings == sweep.settings), sweep)
    return with_plans(before, experiment, dataset)


def with_plans(sweep: Sweep, experiment: Experiment, dataset: Dataset) -> SweepPlan:
    """The training of each member, with those taken over that were finished before by whomever."""
    planned = _planner(sweep, experiment, dataset)
    plans: list[TrainingPlan | None] = []
    members: list[Member] = []
    for member in sweep.members:
        try:
            plans.append(planned(member.values))
            members.append(member)
        except DarkroomError as error:
            plans.append(None)
            members.append(dataclasses.replace(member, state=FAILED, note=str(error)))
    if not any(plans):
        raise DarkroomError(f"None of the {len(members)} members can be trained. The first: {members[0].note}")
    before = trained_runs(dataset, plans)
    for i, (member, run) in enumerate(zip(members, before, strict=True)):
        if run and member.state not in ENDED:
            members[i] = dataclasses.replace(member, run=run, state=FINISHED, note="", is_reused=run != member.run)
    return SweepPlan(dataclasses.replace(sweep, members=tuple(members)), tuple(plans))


def _planner(sweep: Sweep, experiment: Experiment, dataset: Dataset) -> Callable[[Mapping[str, Any]], TrainingPlan]:
    """A function from a member's values to its training; rows are selected once for each set of cuts."""
    network = network_of(experiment.networks, sweep.network)
    of_network, of_training = _names(network.parameters), _names(TrainingParameters)
    selected: dict[str, Any] = {}

    def planned(values: Mapping[str, Any]) -> TrainingPlan:
        parts: tuple[dict[str, Any], ...] = ({}, {}, {})
        for name, value in values.items():
            parts[0 if name in of_network else 1 if name in of_training else 2][name] = value
        chosen = selection_of(experiment, sweep, parts[2])
        key = parameters.digest(chosen.cuts)
        if key not in selected:
            selected[key] = select(experiment.selecting, experiment.labels, dataset, chosen)
        values_of = {**sweep.parameters, **parts[0]}, {**sweep.training, **parts[1]}
        return plan_training(selected[key], experiment.networks, sweep.network, *values_of)

    return planned


def selection_of(experiment: Experiment, sweep: Sweep, cuts: Mapping[str, Any]) -> Selection:
    """The sweep's selection with some cuts changed."""
    values = {**sweep.selection, "cuts": {**sweep.selection["cuts"], **cuts}}
    return from_dict(experiment.selecting, experiment.labels, values)


def _names(cls: type) -> set[str]:
    return {spec.name for spec in parameters.specs(cls)}


def submit(sweep_plan: SweepPlan) -> Job:
    """Keep the sweep and queue its job, unless one is at it."""
    sweep = sweep_plan.sweep
    busy = busy_job(sweep.id)
    if busy is not None:
        return busy
    store(sweep)
    arguments = {"sweep": sweep.id, "dataset": sweep.dataset, "expected_seconds": sweep_plan.expected_seconds}
    return control.submit("sweep", sweep.title, arguments)


def busy_job(sweep_id: str) -> Job | None:
    """The job that waits for a sweep or works on it."""
    return study_files.busy_job(SWEEP, sweep_id)


def list_sweeps(dataset_name: str | None = None) -> list[Sweep]:
    """The sweeps (of a data set), newest first; one whose file cannot be read is left out."""
    readable = study_files.readable(SWEEP, open_sweep)
    return [sweep for sweep in readable if dataset_name in (None, sweep.dataset)]


def members() -> dict[str, str]:
    """The sweep (its id) that each run was trained for; one that a sweep took over from before is not its own."""
    return {m.run: sweep.id for sweep in list_sweeps() for m in sweep.members if m.run and not m.is_reused}


def open_sweep(sweep_id: str) -> Sweep:
    """A sweep by its id; a member whose run was deleted since waits again."""
    path = study_files.existing(SWEEP, sweep_id)
    values = workspace.read_sealed(path, "delete it and ask for the sweep again")
    try:
        stored = tuple(Member(**member) for member in values["members"])
        there = tuple(
            m if m.state not in ENDED or (m.run and runs.is_sealed(m.run)) else Member(m.values) for m in stored
        )
        sweep = Sweep(**{**values, "vary": tuple(values["vary"]), "members": there})
        if sweep.id != sweep_id or not there:
            raise ValueError("its id is another, or it has no member")
        return sweep
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DarkroomError(f"{path} is not a sweep ({error}): delete it and ask for the sweep again.") from None


def store(sweep: Sweep) -> None:
    """Write the sweep's file."""
    workspace.write_sealed(folder() / f"{sweep.id}.json", dataclasses.asdict(sweep))


def delete_sweep(sweep_id: str) -> str:
    """Move a sweep into the bin and return the id of its entry; its runs stay. Refused while a job works on it."""
    return study_files.discard(SWEEP, sweep_id)


def folder() -> Path:
    """Where the sweeps of this workspace are kept, a file each."""
    return study_files.folder(SWEEP)
