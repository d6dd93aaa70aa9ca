"""What has come of a sweep: each member with its validation loss and its result on test rows, and the best with its caution."""

from dataclasses import dataclass
from typing import Any

from core import run_names, runs
from core.judge.report import DASH, n_of
from core.judge.run_result import Result
from core.workflows import run_results
from core.workflows.sweeps import ENDED, Member, Sweep


@dataclass(frozen=True)
class Line:
    """A member in the table. `loss` is the least validation loss, None without a run; `n_epochs` that it was trained."""

    number: int
    member: Member
    name: str
    loss: float | None
    n_epochs: int
    result: Result
    is_best: bool = False

    @property
    def state(self) -> str:
        return self.member.state + (", from before" if self.member.is_reused else "")


def lines(sweep: Sweep) -> list[Line]:
    """The members in their order; that of the least validation loss is the best."""
    known = {run.id: run for run in runs.list_runs() if run.is_usable}
    there = [known[m.run] for m in sweep.members if m.run in known]
    results = run_results.complete(there)
    table = []
    for number, member in enumerate(sweep.members, 1):
        run = known.get(member.run or "") if member.state in ENDED else None
        table.append(
            Line(
                number,
                member,
                run_names.of(member.run).name if member.run else DASH,
                run.validation_loss if run else None,
                run.n_epochs if run else 0,
                results.get(run.id, run_results.UNKNOWN) if run else Result(),
            )
        )
    losses = [(line.loss, i) for i, line in enumerate(table) if line.loss is not None]
    if losses:
        i = min(losses)[1]
        table[i] = Line(**{**vars(table[i]), "is_best": True})
    return table


def best_of(table: list[Line]) -> Line | None:
    """The member of the least validation loss."""
    return next((line for line in table if line.is_best), None)


def caution(table: list[Line]) -> str:
    """What has to be said beside the best member; '' without one."""
    best = best_of(table)
    if best is None:
        return ""
    n = sum(line.loss is not None for line in table)
    rows = " and ".join(f"{n_of(q.number):,}" for q in best.result.numbers[:2])
    beside = f"its test result is of {rows} rows that chose nothing" if rows else "it has no test result yet"
    return (
        f"Member {best.number} was chosen on the validation loss of {n} members, so that loss flatters; {beside}. Other test results in "
        "this table must not choose."
    )


def to_dict(sweep: Sweep, table: list[Line]) -> dict[str, Any]:
    """Plain values for JSON."""
    best = best_of(table)
    return {
        "sweep": sweep.id, "title": sweep.title, "dataset": sweep.dataset, "network": sweep.network, "vary": list(sweep.vary),
        "how": dict(sweep.how), "best": best and best.member.run, "caution": caution(table),
        "members": [
            {
                "member": line.number, **line.member.values, "state": line.member.state, "is_reused": line.member.is_reused,
                "note": line.member.note, "run": line.member.run, "name": line.name, "validation_loss": line.loss,
                "epochs": line.n_epochs, "result": line.result.to_dict(), "is_best": line.is_best,
            }
            for line in table
        ],
    }  # fmt: skip
