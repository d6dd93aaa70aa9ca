"""The data page shows only what lies below the data roots, and starts the job that prepares it."""

import pytest

from core.data.dataset import open_dataset
from core.jobs import queue
from core.parameters import override
from core.registry import EXPERIMENTS
from core.selection.selection import Selection, preset, store
from core.workflows.demo import default_mapping
from core.workflows.derive import derive
from core.workflows.prepare_job import prepare

EXPERIMENT = next(iter(EXPERIMENTS.values()))


@pytest.fixture(autouse=True)
def _no_runner(monkeypatch):
    """Jobs are only queued here: what a runner does with them is tested elsewhere."""
    monkeypatch.setattr("core.jobs.control.ensure_runner", lambda: False)


def test_the_shipped_sample_is_listed(opened):
    at = opened("data")
    files = at.dataframe[0].value
    assert len(files) == 20
    assert files["file"].str.contains("mrgd_M001765.root.000").any()


def test_nothing_is_prepared_without_a_choice(opened):
    at = opened("data")
    assert next(b for b in at.button if b.label == "prepare 0 files").disabled


def test_prepared_data_sets_are_listed(opened):
    at = opened("data")
    prepared = at.dataframe[-1].value
    assert list(prepared["name"]) == ["few"]
    assert list(prepared["data"]) == ["simulated"]


def test_a_filter_without_hits_says_so(opened):
    at = opened("data")
    at.text_input(key="file-filter").set_value("nothing-like-this").run()
    assert "No file in" in at.info[0].value


def test_a_mapping_is_checked_while_it_is_edited(opened):
    at = opened("data")
    at.number_input(key="mapping-cosine/cosine-pretrigger_samples").set_value(500).run()
    assert "'baseline_samples' is 1000: expected at most 'pretrigger_samples' (500)" in at.error[0].value.replace(
        "\\", ""
    )
    assert not queue.list_jobs()


def test_a_mapping_file_below_the_data_roots_can_be_chosen(opened, monkeypatch, tmp_path):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "mine.toml").write_text(
        'title = "*mine*"\nsampling_ns = 4.0\n[[label]]\nname = "a"\nbranch = "x"\n[[label]]\nname = "b"\nbranch = "y"\n'
    )
    monkeypatch.setenv("DARKROOM_DATA_ROOTS", str(tmp_path / "lab"))
    at = opened("data")
    at.selectbox(key="mapping-cosine").set_value("lab/mine.toml").run()
    assert at.number_input(key="mapping-cosine/lab/mine.toml-sampling_ns").value == 4.0
    assert any(f"--mapping {tmp_path}/lab/mine.toml" in code.value for code in at.code)
    (tmp_path / "lab" / "mine.toml").write_text("sampling = 4.0")
    assert "Unknown parameter 'sampling'" in at.run().error[0].value


def test_templates_are_made_as_a_job_from_a_selection_and_then_drawn(opened, monkeypatch):
    at = opened("data")
    assert any("is not there yet" in caption.value for caption in at.caption)
    at.selectbox(key="derive-from-cosine/few").set_value("dnn2020").run()
    at.button(key="derive-lpar").click().run()
    (job,) = queue.list_jobs()
    assert (job.kind, job.arguments["column"]) == ("derive", "lpar")
    assert job.arguments["selection"]["labels"] == "coincidence"
    experiment, data = EXPERIMENT, open_dataset("few")
    derive(experiment, data, "lpar", preset(experiment.selecting, "dnn2020"))
    at = opened("data")
    assert at.dataframe[-1].value["derived"].tolist() == ["lpar"]
    assert any("--preset dnn2020" in caption.value for caption in at.caption)
    assert at.button(key="derive-lpar").label == "make lpar again"


def test_a_column_that_is_missing_is_refused_with_the_command_that_makes_it(opened):
    data = open_dataset("few")
    base = preset(EXPERIMENT.selecting, "cnn2020")
    limits = override(base.cuts, ['limits=[{"feature": "lpar", "low": 0.0}]'])
    store(data, "with-lpar", Selection(limits, base.labels, base.split))
    at = opened("select", start="with-lpar")
    assert "python -m core derive few lpar" in at.error[0].value.replace("\\", "")


def test_refused_files_are_listed_with_their_sentence(opened, tmp_path):
    bad = tmp_path / "mrgd_M001601.root.099"
    good = sorted(EXPERIMENT.simulation.sample.glob("*.root.*"))[0]
    bad.write_bytes(good.read_bytes()[:5000])
    prepare(EXPERIMENT, [good, bad], "half", default_mapping(EXPERIMENT))
    at = opened("data")
    table = at.dataframe[-1].value.set_index("name")
    assert table["refused"].to_dict() == {"few": 0, "half": 1}
    at.session_state["files-of"] = True
    at.session_state["files-of-name"] = "half"
    at.run()
    assert any("Refused" in w.value and bad.name in w.value.replace("\\", "") for w in at.warning)
    files = at.dataframe[-1].value
    assert files["rows"].tolist() == [0, open_dataset("half").n_rows]
    assert any("2 files, 1 of them refused" in caption.value for caption in at.caption)
