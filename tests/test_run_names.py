"""What people call runs: changed without touching the seal, unique, found again by name or alias, two writers at once."""

import json
import threading

import pytest

from core import manifest, run_names, runs
from core.errors import DarkroomError
from tests.test_runs import PROVENANCE, made

pytestmark = pytest.mark.usefixtures("workspace")


def of_experiment(experiment: str) -> str:
    path = made(seal=False)
    runs.seal(path, {**PROVENANCE, "experiment": experiment})
    return path.name


def test_names_tags_notes_and_aliases_leave_the_seal_alone() -> None:
    run_id = made().name
    sealed = manifest.read(runs.runs_folder() / run_id)
    run_names.rename(run_id, "  the good\tone ", "ann")
    run_names.write_note(run_id, "trained *twice*\nsee log", "ben")
    assert run_names.tag(run_id, "ann", add=("paper", "2026", "paper")) == ("paper", "2026")
    assert run_names.tag(run_id, "ben", remove=("2026", "never")) == ("paper",)
    run_names.give_alias(run_id, "best", "ann")
    naming = run_names.of(run_id)
    assert (naming.name, naming.note, naming.tags, naming.aliases) == (
        "the good one", "trained *twice*\nsee log", ("paper",), ("best",),
    )  # fmt: skip
    assert naming.written["note"]["by"] == "ben"
    assert naming.written["name"]["at"].endswith("Z")
    assert naming.title == f"the good one ({run_id})"
    assert manifest.read(runs.runs_folder() / run_id) == sealed
    assert runs.list_runs()[0].state == "finished"
    assert (runs.open_run(run_id).name, runs.open_run(run_id).title) == (naming.name, naming.title)


def test_a_name_that_a_run_had_before_it_was_sealed_is_not_sealed() -> None:
    path = made(seal=False)
    run_names.propose(path.name, "early", "ann")
    (path / runs.RESULT).write_text("{}")
    runs.seal(path, PROVENANCE)
    assert not {run_names.FILE, runs.RESULT} & set(manifest.read(path))
    run_names.rename(path.name, "late", "ann")
    assert runs.list_runs()[0].state == "finished"


def test_proposals_are_short_and_unique_and_never_replace_a_name() -> None:
    assert run_names.proposal("compact", "sample", "", "2-6 keV") == "compact, sample, 2-6 keV"
    first, second, third = (made().name for _ in range(3))
    names = [run_names.propose(run_id, "compact, sample", "ann") for run_id in (first, second, third)]
    assert names == ["compact, sample", "compact, sample (2)", "compact, sample (3)"]
    assert run_names.propose(first, "something else", "ann") == "compact, sample"
    long = [run_names.propose(made().name, "x" * 200, "ann") for _ in range(2)]
    assert long == ["x" * 80, "x" * 76 + " (2)"]


def test_a_run_is_found_by_id_alias_and_name_and_doubt_is_refused_with_the_candidates() -> None:
    here, there = of_experiment("x"), of_experiment("y")
    run_names.rename(here, "First light", "ann")
    assert [run_names.resolve(text) for text in (here, "First light", "first LIGHT")] == [here] * 3
    assert run_names.resolve("nothing") == "nothing"
    for run_id in (here, there):
        run_names.give_alias(run_id, "best", "ann")
    with pytest.raises(
        DarkroomError, match=r"'best' stands for 2 runs: .*\. Give the id of the one you mean"
    ) as refused:
        run_names.resolve("best")
    assert f"First light ({here})" in str(refused.value)
    assert there in str(refused.value)
    assert [run_names.resolve("best", experiment) for experiment in ("x", "y")] == [here, there]
    with pytest.raises(DarkroomError, match="There is no run 'nobody'"):
        runs.open_run(run_names.resolve("nobody"))


def test_one_run_of_an_experiment_holds_an_alias() -> None:
    before, after = of_experiment("x"), of_experiment("x")
    for run_id in (before, after):
        run_names.give_alias(run_id, "best", "ann")
    assert [run_names.of(run_id).aliases for run_id in (before, after)] == [(), ("best",)]
    run_names.drop_alias(after, "best", "ann")
    assert run_names.of(after).aliases == ()
    with pytest.raises(DarkroomError, match="has not ended, so it can hold no alias"):
        run_names.give_alias(made(seal=False).name, "best", "ann")


@pytest.mark.parametrize("name", ["", " \n", "x" * 81, "taken", "TAKEN", "best"])
def test_names_that_would_be_mistaken_are_refused(name: str) -> None:
    other, run_id = made().name, made().name
    run_names.rename(other, "taken", "ann")
    run_names.give_alias(other, "best", "ann")
    with pytest.raises(DarkroomError, match=r"expected 1 to 80|of another run already"):
        run_names.rename(run_id, name, "ann")
    with pytest.raises(DarkroomError, match="id of another run"):
        run_names.rename(run_id, other, "ann")
    with pytest.raises(DarkroomError, match="is the id of a run"):
        run_names.give_alias(run_id, other, "ann")
    assert run_names.of(run_id).name == run_id


def test_hostile_texts_are_plain_and_bounded() -> None:
    run_id = made().name
    assert run_names.rename(run_id, "\x1b[31m<b>red</b>\u202e", "ann") == "<b>red</b>"
    with pytest.raises(DarkroomError, match="at most 4,000"):
        run_names.write_note(run_id, "x" * 4_001, "ann")
    with pytest.raises(DarkroomError, match="tag name"):
        run_names.tag(run_id, "ann", add=("a b/..",))
    with pytest.raises(DarkroomError, match="at most 20"):
        run_names.tag(run_id, "ann", add=tuple(f"t{i}" for i in range(21)))
    with pytest.raises(DarkroomError, match="There is no run"):
        run_names.rename("gone", "x", "ann")


@pytest.mark.parametrize("content", ["{", "[]", '{"name": 3}', '{"name": {"value": 7}}', " " * 100_001])
def test_a_damaged_file_costs_the_name_and_not_the_run(content: str) -> None:
    run_id = made().name
    (runs.runs_folder() / run_id / run_names.FILE).write_text(content)
    assert run_names.of(run_id).name == run_id
    assert runs.list_runs()[0].state == "finished"


def test_two_people_at_once_lose_nothing_of_each_other() -> None:
    run_id = made().name
    changes = [
        lambda: run_names.rename(run_id, "name", "ann"),
        lambda: run_names.write_note(run_id, "note", "ben"),
        *(lambda i=i: run_names.tag(run_id, "ann", add=(f"t{i}",)) for i in range(8)),
    ]
    threads = [threading.Thread(target=change) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    naming = run_names.of(run_id)
    assert (naming.name, naming.note, set(naming.tags)) == ("name", "note", {f"t{i}" for i in range(8)})
    run_names.write_note(run_id, "newer", "cem", instead_of="note")
    with pytest.raises(DarkroomError, match=r"was changed by cem at .* in the meantime and now says 'newer'"):
        run_names.write_note(run_id, "older", "ben", instead_of="note")
    stored = json.loads((runs.runs_folder() / run_id / run_names.FILE).read_text())
    assert stored["note"]["by"] == "cem"
