"""The page of analyses: any of them is picked, answered and drawn; the navigation follows the chosen experiment."""

import json
import shlex
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.__main__ import main
from core.data.dataset import open_dataset
from core.registry import EXPERIMENTS
from pages.widgets.contents import has
from tests.toy.experiment import EXPERIMENT as TOY

COSINE, CONNIE = list(EXPERIMENTS.values())[:2]


def test_a_short_analysis_is_answered_at_once_and_the_command_gives_the_same(
    opened: Callable[..., AppTest], capsys: pytest.CaptureFixture[str]
) -> None:
    at = opened("analysis", analysis="trigger")
    shown = {metric.label: metric.value for metric in at.metric}
    assert "at 1 keV" in shown
    assert at.get("plotly_chart")
    words = shlex.split(at.code[-1].value)
    assert words[:5] == ["python", "-m", "core", "analyse", "trigger"]
    assert main([*words[3:], "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {number["label"]: number["value"] for number in answer["numbers"]} == shown


def test_an_analysis_of_many_groups_is_shown_one_by_one(opened: Callable[..., AppTest]) -> None:
    at = opened("analysis", analysis="published")
    picker = next(box for box in at.selectbox if "CNN: layers and parameters" in box.options)
    picker.set_value("CNN: layers and parameters").run()
    assert not at.exception
    assert len(at.dataframe) == 2  # the folded numbers, and the table that was chosen


def test_a_run_on_images_is_answered_beside_its_page(opened: Callable[..., AppTest], tracks: str) -> None:
    at = opened("analysis", data="tracks", run=tracks, analysis="rates")
    assert at.metric[0].label == "muons"
    assert f"--run {tracks}" in at.code[-1].value


def test_an_analysis_of_raw_files_asks_for_them(opened: Callable[..., AppTest], tracks: str) -> None:
    at = opened("analysis", data="tracks", analysis="energy-scale")
    assert any("choose at least one" in message.value for message in at.info)


def test_a_page_shows_itself_only_where_the_experiment_has_what_it_needs(few: str, tracks: str) -> None:
    assert open_dataset("tracks").experiment == CONNIE.key
    assert has(COSINE, "grid") and not has(CONNIE, "grid")
    assert has(CONNIE, "analyses.rates") and not has(COSINE, "analyses.rates")
    assert has(CONNIE, "by_hand") and not has(TOY, "by_hand")
    assert has(COSINE, "")
