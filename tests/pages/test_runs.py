"""The list of runs: whole, half and damaged ones, compared, opened and deleted only after a question."""

import pytest

from benchmarks.made_up import made_up_run
from core import run_names, runs
from core.jobs import control, queue
from core.workflows import run_results


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)


def with_curves(run_id: str, loss: float = 0.5) -> None:
    path = runs.runs_folder() / run_id
    batch = {"kind": "batch", "step": 1, "epoch": 1, "loss": loss, "signal_efficiency": 0.9}
    epoch = {"kind": "epoch", "step": 1, "epoch": 1, "loss": loss, "validation_loss": loss, "signal_efficiency": 0.9}
    runs.write_curves(path, "batches", [batch])
    runs.write_curves(path, "epochs", [epoch])
    runs.seal(path, runs.open_run(run_id).provenance)


def table(at):
    return at.dataframe[0].value.set_index("run")


def button(at, label: str):
    return next(b for b in at.button if b.label.startswith(label))


def test_whole_half_and_damaged_runs_are_told_apart(opened, few):
    with_curves(few)
    half, damaged = runs.create("compact").name, runs.create("cnn")
    (damaged / "manifest.json").write_text("{}")
    queued = runs.create("dense").name
    job = queue.submit("train", "t", {})
    queue.set_run(job.id, queued)
    at = opened("runs")
    shown = table(at)
    assert shown.loc[few, "state"] == "finished"
    assert shown.loc[half, "state"] == "unfinished"
    assert shown.loc[damaged.name, "state"] == "damaged"
    assert "no list of hashes" in shown.loc[damaged.name, "problem"]
    assert (shown.loc[queued, "state"], shown.loc[queued, "problem"]) == (f"job {job.id} queued", "")
    assert len(at.get("plotly_chart")) == 1  # without a choice: the newest whole run


def test_compared_runs_come_from_the_address_and_damaged_ones_say_why(opened, few):
    with_curves(few)
    half = runs.create("compact").name
    at = opened("runs", compared=half)
    assert at.multiselect(key="compared").value == [half]
    assert "is unfinished" in at.warning[0].value
    at.multiselect(key="compared").set_value([few]).run()
    assert not at.warning
    assert at.multiselect(key="compared").value == [few]
    assert len(at.get("plotly_chart")) == 1
    at.multiselect(key="compared").set_value([few, half]).run()
    assert not at.exception


def test_a_run_without_curves_leaves_the_page_alive(opened, few):
    (runs.runs_folder() / few / "epochs.parquet").unlink(missing_ok=True)
    at = opened("runs", compared=few)
    assert "epochs.parquet" in at.warning[0].value
    assert at.code[-1].value == "python -m core runs"


def test_filters_shorten_the_list(opened, few):
    runs.create("compact")
    at = opened("runs")
    assert len(table(at)) == 2
    at.multiselect(key="runs-state").set_value(["finished"]).run()
    assert table(at).index.tolist() == [few]


def test_deleting_asks_first_and_names_what_goes(opened, few):
    at = opened("runs", compared=few)
    button(at, "delete 1 run ...").click().run()
    assert runs.open_run(few)
    assert any(few in m.value and "MB" in m.value for m in at.markdown)
    button(at, "keep").click().run()
    assert runs.open_run(few)
    button(at, "delete 1 run ...").click().run()
    at.button(key="delete-now").click().run()
    assert not at.exception
    assert runs.list_runs() == []


def test_a_run_that_a_job_works_on_is_not_deleted(opened, few):
    queue.submit("predict", "p", {"run": few})
    at = opened("runs", compared=few)
    button(at, "delete 1 run ...").click().run()
    at.button(key="delete-now").click().run()
    assert any("stop the job first" in e.value for e in at.error)
    assert runs.open_run(few)


def test_parameters_and_provenance_can_be_downloaded(opened, few):
    labels = [b.label for b in opened("runs", **{"compared": few, "runs-show": "details"}).get("download_button")]
    assert {"params.json", "provenance.json", "selection.json"} <= set(labels)


def test_a_run_is_named_noted_and_tagged_on_its_page_and_shown_so_everywhere(opened, few):
    at = opened("runs", **{"compared": few, "runs-show": "name and note"})
    at.text_input(key=f"naming-{few}-name").set_value("first *light*").run()
    at.text_area(key=f"naming-{few}-note").set_value("a note").run()
    at.button(key=f"naming-{few}-best").click().run()
    run_names.tag(few, "another", add=("paper",))
    at.run()
    naming = run_names.of(few)
    assert (naming.name, naming.note, naming.aliases, naming.tags) == ("first *light*", "a note", ("best",), ("paper",))
    assert table(at).loc[few, "name"] == "first *light* ★best #paper"
    assert at.multiselect(key="compared").value == [few]
    assert at.query_params["compared"] == few
    assert opened("evaluate").selectbox(key="run").options[0] == "first *light* ★best"
    assert opened("runs", compared="best").multiselect(key="compared").value == [few]


def test_a_name_that_is_taken_is_refused_in_a_sentence_and_what_stands_stays(opened, few):
    run_names.rename(runs.create("compact").name, "taken", "another")
    at = opened("runs", **{"compared": few, "runs-show": "name and note"})
    at.text_input(key=f"naming-{few}-name").set_value("taken").run()
    assert any("choose another name" in e.value for e in at.error)
    assert run_names.of(few).name == few


def test_results_stand_in_the_list_and_as_points_with_intervals(opened, few):
    at = opened("runs", **{"compared": few, "runs-show": "results"})
    row = table(at).loc[few]
    result = run_results.stored(runs.list_runs())[few]
    assert row["signal efficiency [%]"] == result.numbers[0].short
    assert row["n"] == " + ".join(f"{quantity.number.n:,}" for quantity in result.numbers)
    assert at.selectbox(key="quantity").options == ["signal efficiency", "background leakage"]
    assert len(at.get("plotly_chart")) == 1


def test_words_and_tags_find_runs_and_orders_sort_them(opened, few):
    other = made_up_run("few")
    run_names.rename(other, "a good one", "ann")
    run_names.tag(other, "ann", add=("paper",))
    at = opened("runs")
    for words, ids in (("GOOD one", [other]), ("#pap", [other]), (few, [few]), ("nothing", [])):
        at.text_input(key="runs-find").set_value(words).run()
        assert (table(at).index.tolist() if ids else []) == ids
    at.text_input(key="runs-find").set_value("").run()
    at.selectbox(key="runs-order").set_value("name").run()
    assert not at.exception
    assert table(at)["name"].tolist() == sorted(table(at)["name"], key=str.casefold)


def test_parallel_coordinates_are_drawn_over_everything_that_differs(opened, few):
    made_up_run("few", "dnn2020")
    at = opened("runs", **{"runs-show": "parameters"})
    assert at.selectbox(key="against").options[0] == "signal efficiency [%]"
    axes = next(m for m in at.multiselect if m.label == "axes")
    assert {"energy_low_kev", "labels"} <= set(axes.value)
