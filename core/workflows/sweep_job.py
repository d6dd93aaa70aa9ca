"""The job kind `sweep`: train what a sweep lacks, one member after the other, and give up what is hopeless."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core import parameters, run_names, runs
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.learn import backend, checkpoint, fit, hopeless, sweep_space
from core.learn.plan import TrainingPlan
from core.registry import experiment_by_key
from core.selection.selection import rows_key
from core.user import this_user
from core.workflows import run_naming, run_results, sweeps
from core.workflows.part_of_job import PartOfJob
from core.workflows.sweeps import ENDED, FAILED, FINISHED, GIVEN_UP, TRAINING, WAITING, Member, Sweep, SweepPlan


@dataclass
class _MemberOfJob(PartOfJob):
    """A member while it trains: it listens to the losses and asks for a stop once it is given up."""

    patience: hopeless.Patience = field(kw_only=True)
    others: Sequence[hopeless.Losses] = field(kw_only=True)
    losses: list[float | None] = field(default_factory=list, kw_only=True)
    why: str = field(default="", kw_only=True)

    def metric(self, values: Mapping[str, Any]) -> None:
        if values.get("kind") == "epoch" and not self.why:
            self.losses.append(values.get("validation_loss"))
            self.why = hopeless.verdict(self.patience, self.losses, self.others)

    def stop_requested(self) -> bool:
        return bool(self.why) or super().stop_requested()


def run_job(job: Any) -> None:
    """Arguments: sweep (id). What is there is not made again, so a job that was stopped or killed may be repeated."""
    sweep_plan = _planned(sweeps.open_sweep(job.arguments["sweep"]))
    sweep = sweep_plan.sweep
    sweeps.store(sweep)
    for i, plan in enumerate(sweep_plan.plans):
        if job.stop_requested():
            break
        if plan is not None and sweep.members[i].state not in ENDED:
            sweep = _keep(sweep, i, _train(job, sweep, i, plan))
    failed = [member for member in sweep.members if member.state == FAILED]
    n = len(sweep.members)
    reused = sum(member.is_reused for member in sweep.members)
    words = f"{sweep.n_ended} of {n} members are there, {reused} of them from before, {len(failed)} failed"
    print(f"Sweep {sweep.id}: {words}.")
    if failed and len(failed) == n:
        raise DarkroomError(f"All {n} members failed. The first: {failed[0].note}")
    if not job.stop_requested():
        job.report(n, n, words)


def _planned(sweep: Sweep) -> SweepPlan:
    """The plan of a stored sweep, on the data set that it was asked for."""
    dataset, experiment = open_dataset(sweep.dataset), experiment_by_key(sweep.experiment)
    selection = sweeps.selection_of(experiment, sweep, {})
    if rows_key(experiment.selecting, experiment.labels, dataset, selection) != sweep.rows_key:
        raise DarkroomError(
            f"Data set '{sweep.dataset}' has changed since sweep '{sweep.id}' was asked for: ask for the sweep again."
        )
    return sweeps.with_plans(sweep, experiment, dataset)


def _train(job: Any, sweep: Sweep, i: int, plan: TrainingPlan) -> Member:
    """Train a member as an ordinary run, or go on with one that was killed; the member as it is then."""
    member, how = sweep.members[i], parameters.build(sweeps.Members, sweep.how)
    words = sweep_space.in_words(member.values)
    folder = runs.runs_folder() / (member.run or "")
    if not (member.run and checkpoint.is_there(folder) and not runs.is_sealed(member.run)):
        folder = run_naming.begin(plan, words)
        run_names.tag(folder.name, this_user(), add=(sweep.tag,))
        member = dataclasses.replace(member, run=folder.name, state=TRAINING)
        _keep(sweep, i, member)
    job.set_run(folder.name)
    others = [_losses(other.run) for other in sweep.members if other.state in ENDED and other.run]
    part = _MemberOfJob(job, i, len(sweep.members), words, patience=how, others=others)
    try:
        facts = fit.train(plan, folder, part, lambda: {"sweep": _facts(sweep, i, part)})
    except DarkroomError as error:  # of this member: the others may well succeed
        print(f"Member {i + 1}, {words}: {error}")
        return dataclasses.replace(member, state=FAILED, note=str(error))
    finally:
        backend.load_keras().utils.clear_session()  # what keras keeps of a network, before the next one is built
    print(f"Member {i + 1}, {words}: run {folder.name}, {part.why or facts['state']} after {facts['n_epochs']} epochs.")
    run_results.judge(folder.name)
    if (
        facts["state"] != "finished" and not part.why
    ):  # a stop that was asked for: it begins anew when the sweep goes on
        return dataclasses.replace(member, state=WAITING, note="stopped on request")
    return dataclasses.replace(member, state=GIVEN_UP if part.why else FINISHED, note=part.why)


def _facts(sweep: Sweep, i: int, part: _MemberOfJob) -> dict[str, Any]:
    """What the provenance of a member says of its sweep."""
    rule = parameters.to_dict(hopeless.Patience(**{f.name: getattr(part.patience, f.name) for f in dataclasses.fields(hopeless.Patience)}))  # fmt: skip
    return {
        "id": sweep.id, "member": i + 1, "n_members": len(sweep.members), "varied": dict(sweep.members[i].values),
        "rule": rule, "given_up": part.why or None,
    }  # fmt: skip


def _losses(run_id: str) -> hopeless.Losses:
    """The validation loss of a run after each epoch; None where it is undefined."""
    losses = runs.read_curves(runs.open_run(run_id), "epochs").get("validation_loss")
    return [] if losses is None else [float(loss) if np.isfinite(loss) else None for loss in losses.to_numpy(float)]


def _keep(sweep: Sweep, i: int, member: Member) -> Sweep:
    """Write the sweep with what has come of a member."""
    members = (*sweep.members[:i], member, *sweep.members[i + 1 :])
    sweep = dataclasses.replace(sweep, members=members)
    sweeps.store(sweep)
    return sweep
