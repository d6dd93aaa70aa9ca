"""The page of cut studies: the best cut, a cut that is moved, two cuts, cut and network together."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import open_dataset
from core.judge import cutsample
from core.registry import experiment_by_key
from core.runs import open_run
from core.selection.selection import select
from core.workflows.scored import open_scored


def numbers(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def sample_of(run_id: str) -> cutsample.CutSample:
    dataset = open_dataset("few")
    experiment = experiment_by_key(dataset.experiment)
    scored = open_scored(open_run(run_id), experiment, dataset)
    return cutsample.sample(select(experiment.selecting, experiment.labels, dataset, scored.selection), scored)


def test_the_page_shows_what_the_engine_finds(few: str, opened: Callable[..., AppTest]) -> None:
    at = opened("cutstudy", scores=few, cut1="nmt500 [µs]")
    events = sample_of(few)
    moved = cutsample.move(events, ["nmt500_us"])
    quoted = cutsample.quote(events, moved)
    shown_numbers = numbers(at)
    assert shown_numbers["best cut"] == f"{moved.best.at[0]:.4g}"
    assert shown_numbers["signal kept"] == f"{100 * quoted.points['cut'].signal.value:.2f} %"
    assert at.code[-1].value.startswith("python -m core study-cut few --feature nmt500_us --direction above")


def test_a_moved_cut_is_quoted_where_it_was_put(few: str, opened: Callable[..., AppTest]) -> None:
    at = opened("cutstudy", scores=few, cut1="nmt500 [µs]")
    at.number_input(key="at1").set_value(10.0).run()
    assert not at.exception
    assert numbers(at)["signal kept"] == "0.00 %"
    assert numbers(at)["background rejected"] == "100.00 %"
    next(b for b in at.button if b.label == "to the best place").click().run()
    assert numbers(at)["signal kept"] != "0.00 %"


def test_a_cut_from_a_link_is_followed(opened: Callable[..., AppTest]) -> None:
    at = opened("cutstudy", cut1="nmt500 [µs]", at1="10.0")
    assert numbers(at)["signal kept"] == "0.00 %"


@pytest.mark.parametrize("tab", ["distributions", "by energy or score", "with the network", "features"])
@pytest.mark.parametrize("second", ["no second cut", "ES (dpar)"])
def test_every_tab_draws(few: str, opened: Callable[..., AppTest], tab: str, second: str) -> None:
    at = opened("cutstudy", scores=few, cut1="nmt500 [µs]", cut2=second, cs=tab)
    assert not at.error
    assert ("--second es" in at.code[-1].value) == (second != "no second cut")
    n_touched = sum("darkroom_histogram" in part.proto.component_name for part in at.get("bidi_component"))
    assert n_touched == (0 if tab != "distributions" else 1 if second == "no second cut" else 2)
    assert len(at.get("plotly_chart")) or tab in ("with the network", "distributions")
    if tab == "with the network":
        assert list(at.dataframe[0].value[""]) == ["cut", "network", "cut and network", "network, as much signal"]


def test_without_a_run_the_cut_stands_alone(opened: Callable[..., AppTest]) -> None:
    at = opened("cutstudy", scores="no run", cs="with the network")
    assert any("Choose a run" in caption.value for caption in at.caption)
