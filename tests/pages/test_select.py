"""The selection page gives the same numbers as the core, and keeps what was chosen."""

import pytest

from core import workspace
from core.data.dataset import open_dataset
from core.registry import EXPERIMENTS
from core.selection.selection import load, select, stored

EXPERIMENT = next(iter(EXPERIMENTS.values()))


def shown(at) -> dict[str, int]:
    return {m.label: int(m.value.replace(",", "")) for m in at.metric}


def test_key_numbers_are_those_of_the_core(opened):
    at = opened("select")
    wanted = select(
        EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset("few"), EXPERIMENT.selecting.presets["cnn2020"].selection
    )
    numbers = shown(at)
    assert numbers["rows"] == wanted.dataset.n_rows
    assert numbers["inside the cuts"] == len(wanted.preselected)
    assert (numbers["background"], numbers["signal"]) == (wanted.n_of(0), wanted.n_of(1))


def test_moving_the_threshold_moves_the_labels(opened):
    at = opened("select")
    before = shown(at)["background"]
    at.number_input(key="cut-cosine/few-nmt500_threshold_us-typed").set_value(0.05).run()
    assert not at.exception
    assert shown(at)["background"] < before
    assert at.slider(key="cut-cosine/few-nmt500_threshold_us").value == 0.05
    assert "--cut nmt500_threshold_us=0.05" in at.code[0].value


def test_an_upside_down_window_is_a_sentence_and_the_page_lives(opened):
    at = opened("select")
    at.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(12.0).run()
    assert "The energy window is upside down (12 to 10 keV)" in at.error[0].value.replace("\\", "")
    at.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(4.0).run()
    assert not at.error
    assert shown(at)["signal"] > 0


def test_zero_events_after_the_cuts(opened):
    at = opened("select")
    at.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(800.0).run()
    at.number_input(key="cut-cosine/few-energy_high_kev-typed").set_value(900.0).run()
    assert "No row is inside the cuts: after 'energy 800-900 keV' 0 are left" in at.warning[0].value.replace("\\", "")
    assert shown(at)["signal"] == 0


def test_another_preset_and_back(opened):
    at = opened("select")
    first = shown(at)
    at.selectbox(key="start").select("dnn2020").run()
    assert shown(at) != first
    at.selectbox(key="start").select("cnn2020").run()
    assert shown(at) == first


def test_a_selection_is_saved_and_found_again(opened):
    at = opened("select")
    at.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(5.0).run()
    at.text_input(key="save-name").set_value("high-energy")
    next(b for b in at.button if b.label == "save selection").click().run()
    assert stored("few") == ["high-energy"]
    assert load(EXPERIMENT.selecting, EXPERIMENT.labels, "few", "high-energy").cuts.energy_low_kev == 5.0
    assert "high-energy" in opened("select").selectbox(key="start").options


@pytest.mark.parametrize("name", ["../../evil", "a b", "x" * 80])
def test_hostile_selection_names_are_refused(opened, name):
    at = opened("select")
    at.text_input(key="save-name").set_value(name)
    next(b for b in at.button if b.label == "save selection").click().run()
    assert "The selection name" in at.error[0].value.replace("\\", "")
    assert stored("few") == []


def test_a_deep_link_opens_the_same_start(opened):
    at = opened("select", start="dnn2020")
    assert at.selectbox(key="start").value == "dnn2020"
    assert shown(at)["signal"] == select(
        EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset("few"), EXPERIMENT.selecting.presets["dnn2020"].selection
    ).n_of(1)


def test_a_link_carries_every_cut_to_another_session(opened):
    at = opened("select")
    at.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(4.5).run()
    at.segmented_control(key="labels-cosine/few").set_value("truth").run()
    query = {name: at.query_params[name] for name in ("cut", "labelled")}
    assert query == {"cut": "energy_low_kev=4.5", "labelled": "truth"}
    other = opened("select", cut="energy_low_kev=4.5", labelled="truth")
    assert shown(other) == shown(at)
    assert other.slider(key="cut-cosine/few-energy_low_kev").value == 4.5
    next(b for b in other.button if b.label == "reset to it").click().run()
    assert shown(other) == shown(opened("select"))


@pytest.mark.parametrize("cut", ["energy_low_kev=abc", "nonsense=1", "__class__=1", "energy_low_kev=99"])
def test_a_wrong_cut_in_a_link_is_told_and_left_out(opened, cut):
    at = opened("select", cut=cut)
    assert "The link could not be followed" in at.warning[0].value
    assert shown(at) == shown(opened("select"))


def test_a_nonsense_link_falls_back(opened):
    at = opened("select", data="../../etc/passwd", start="nothing")
    assert at.selectbox(key="data").value == "few"
    assert at.selectbox(key="start").value == "cnn2020"


def test_circular_labels_are_named_so(opened):
    assert any("The labels are circular" in c.value for c in opened("select").caption)


def test_measured_data_without_energy_start_from_everything(opened, test_data):
    from core.workflows.prepare_job import prepare

    mapping = EXPERIMENT.reading.load_mapping(EXPERIMENT.reading.mappings["hisparc"])
    prepare(EXPERIMENT, [test_data / "waveforms" / "hisparc501.root"], "hisparc", mapping)
    at = opened("select", data="hisparc")
    assert at.selectbox(key="start").value == "everything"
    assert shown(at)["inside the cuts"] == 120
    at.selectbox(key="start").select("cnn2020").run()
    assert shown(at)["inside the cuts"] == 0
    assert any("the energy window excludes them" in c.value for c in at.caption)


def test_values_beyond_a_slider_survive_a_link_and_a_stored_selection(opened):
    """A typed value may lie beyond its slider; one-sided limits have an open end."""
    at = opened("select", cut="energy_high_kev=50")
    assert at.slider(key="cut-cosine/few-energy_high_kev").value == 20.0
    assert at.number_input(key="cut-cosine/few-energy_high_kev-typed").value == 50.0
    linked = opened("select", cut='limits=[{"feature": "es", "low": 0.3, "high": 1e30}]')
    assert shown(linked)["inside the cuts"] < shown(opened("select"))["inside the cuts"]
    linked.text_input(key="save-name").set_value("one-sided")
    next(b for b in linked.button if b.label == "save selection").click().run()
    assert shown(opened("select", start="one-sided")) == shown(linked)


def test_a_damaged_stored_selection_does_not_end_the_page(opened):
    opened("select")
    folder = workspace.folder("selections", "few")
    (folder / "bad.json").write_text("{")
    at = opened("select")
    assert "The selection 'bad' is left out" in at.warning[0].value
    assert shown(at)["signal"] > 0


def test_a_preset_with_crystals_that_are_not_there_is_no_change(opened):
    at = opened("select", start="dnn2020")
    assert "cut" not in at.query_params
    assert at.code[0].value == "python -m core select few --preset dnn2020"
