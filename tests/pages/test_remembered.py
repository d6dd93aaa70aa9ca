"""Controls are remembered for each data set: none is carried into another one, and what is used is what is shown."""

import pytest

from core.data.dataset import delete_dataset, open_dataset
from core.jobs import control, queue, runner
from core.registry import EXPERIMENTS

WAVES, TRACKS = list(EXPERIMENTS.values())[:2]
EPOCHS, OTHER_EPOCHS = "fit-cosine/few/compact-epochs", "fit-connie/tracks/compact-epochs"


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    monkeypatch.setattr(runner, "ensure_runner", lambda: False)


def labels_of(at) -> list[str]:
    return [b.label for b in at.button]


def test_settings_of_one_experiment_are_not_carried_into_a_network_of_the_same_name(opened, tracks):
    assert {"compact"} <= set(WAVES.networks) & set(TRACKS.networks)
    at = opened("train")
    at.number_input(key=EPOCHS).set_value(3).run()
    at.selectbox(key="data").select("tracks").run()
    at.selectbox(key="train-model").select("compact").run()
    assert at.number_input(key=OTHER_EPOCHS).value == TRACKS.networks["compact"].training["epochs"]
    assert "--set epochs" not in at.code[-1].value
    at.switch_page("pages/compatibility/page.py").run()
    assert at.selectbox(key="data").value == "tracks"
    at.switch_page("pages/train/page.py").run()
    at.selectbox(key="data").select("few").run()
    assert at.number_input(key=EPOCHS).value == 3
    assert "--set epochs=3" in at.code[-1].value


def test_what_differs_from_the_recipe_is_said_beside_the_button_and_can_be_taken_back(opened):
    at = opened("train")
    assert not [label for label in labels_of(at) if "differ" in label]
    at.number_input(key=EPOCHS).set_value(3).run()
    at.text_input(key="net-cosine/few/compact-filters").set_value("8,x").run()
    reset = next(b for b in at.button if "differ" in b.label)
    assert reset.label == "2 settings differ from the recipe: reset"
    assert "epochs = 3" in reset.help
    reset.click().run()
    assert not [label for label in labels_of(at) if "differ" in label]
    assert at.number_input(key=EPOCHS).value == WAVES.networks["compact"].training["epochs"]


@pytest.mark.parametrize("page", ["inspect", "train", "select", "label", "cutstudy"])
def test_every_list_shows_what_is_used_after_the_data_set_changed(opened, tracks, page):
    """What a select box shows is its value, of the options that it has now, and the address says the same."""
    at = opened(page)
    for name in ("tracks", "few"):
        at.selectbox(key="data").select(name).run()
        assert not at.exception
        for box in (box for box in at.selectbox if box.value is not None):  # but a field that waits to be typed into
            assert box.value in box.options or str(box.format_func(box.value)) in box.options
            if box.key in at.query_params:
                assert at.query_params[box.key] in (box.value, [box.value])


def test_the_selection_of_one_data_set_is_not_that_of_another(opened, tracks):
    at = opened("inspect", **{"from": "everything", "cut": "energy_low_kev=5"})
    assert "--cut energy_low_kev=5" in at.code[0].value
    at.selectbox(key="data").select("tracks").run()
    assert "cut" not in at.query_params
    assert at.selectbox(key="from").value == next(iter(TRACKS.selecting.presets))
    at.selectbox(key="data").select("few").run()
    assert at.selectbox(key="from").value == "everything"


def test_a_filter_of_one_data_set_does_not_narrow_another(opened, tracks):
    at = opened("inspect", low="8")
    at.selectbox(key="data").select("tracks").run()
    assert at.number_input(key="low").value is None
    at.selectbox(key="data").select("few").run()
    assert at.number_input(key="low").value == 8.0


def test_a_selection_that_was_just_made_is_the_one_that_is_trained(opened):
    at = opened("train")
    at.selectbox(key="train-selection").select("everything").run()
    at.switch_page("pages/select/page.py").run()
    at.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(4.5).run()
    at.switch_page("pages/train/page.py").run()
    assert at.selectbox(key="train-selection").value == "as on page Select"
    assert "--cut energy_low_kev=4.5" in at.code[-1].value
    at.selectbox(key="train-selection").select("everything").run()
    assert at.selectbox(key="train-selection").value == "everything"  # until page Select makes another one


def test_the_address_of_a_training_is_its_view(opened):
    at = opened("select")
    at.number_input(key="cut-cosine/few-energy_low_kev-typed").set_value(4.5).run()
    at.switch_page("pages/train/page.py").run()
    at.number_input(key=EPOCHS).set_value(3).run()
    command = at.code[-1].value
    assert "--cut energy_low_kev=4.5" in command and "--set epochs=3" in command
    other = opened("train", **dict(at.query_params))
    assert other.code[-1].value == command


def test_a_run_is_judged_on_its_own_data_set_whatever_was_looked_at_before(opened, few, tracks):
    at = opened("evaluate", run=few)
    at.selectbox(key="on").select("tracks").run()
    at.selectbox(key="run").select(tracks).run()
    assert at.selectbox(key="on").value == "tracks"
    at.selectbox(key="run").select(few).run()
    assert at.selectbox(key="on").value == "tracks"  # what was chosen for this run by hand


def test_a_data_set_that_is_gone_is_told(opened, few, tracks):
    del few
    delete_dataset("tracks")
    at = opened("evaluate", run=tracks)
    assert "Data set 'tracks'" in at.warning[0].value and "is gone" in at.warning[0].value
    assert open_dataset("few").n_rows and not queue.list_jobs()
