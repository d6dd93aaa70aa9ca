"""The page on the trigger: settings change the curve, the selection stays a curve of its own, and no data are needed."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.__main__ import main
from core.judge.report import DASH
from tests.pages.opening import open_app


def numbers(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def names(at: AppTest) -> set[str]:
    return {trace["name"] for trace in json.loads(at.get("plotly_chart")[0].proto.spec)["data"] if "name" in trace}


def test_trigger_selection_and_total_are_three_curves(opened: Callable[..., AppTest]) -> None:
    at = opened("trigger")
    assert {"closed form", "trigger, simulated", "selection", "total", "difference"} <= names(at)
    shown_numbers = numbers(at)
    assert float(shown_numbers["at 1 keV"].removesuffix(" %")) > 98.0
    assert shown_numbers["accidental"].endswith("Hz")
    assert any("closed form is not met" in caption.value for caption in at.caption)
    assert any("python -m core trigger" in code.value for code in at.code)


def test_an_ideal_trigger_meets_the_closed_form(opened: Callable[..., AppTest]) -> None:
    at = opened("trigger", after="none: the trigger alone")
    for name, value in (("threshold_pe", 0.0), ("coincidence_ns", 1e6), ("dark_counts_khz", 0.0)):
        at.number_input(key=f"trigger-cosine-{name}-typed").set_value(value)
    at.number_input(key="trigger-cosine-split_rms").set_value(0.0).run()
    assert not at.exception
    assert any("agrees with the closed form" in caption.value for caption in at.caption)
    assert "total" not in names(at)
    assert numbers(at)["accidental"] == "0 Hz"
    assert any("--set coincidence_ns=1000000.0" in code.value for code in at.code)


def test_a_run_selects_after_the_trigger_and_the_command_gives_the_same(
    opened: Callable[..., AppTest], few: str, capsys: pytest.CaptureFixture[str]
) -> None:
    at = opened("trigger", after=few, show="numbers")
    tables = [frame.value for frame in at.dataframe]
    assert {"trigger", "selection", "total"} <= set(tables[0].columns)
    assert tables[0]["n selection"].sum() == 0  # the run's own window begins at 3 keV: said, not drawn as 0
    assert set(tables[0]["total"]) == {DASH}
    assert any("undefined here" in caption.value for caption in at.caption)
    assert len(tables[1]) == 40
    higher = opened("trigger", after=few, show="numbers", reach="5.0")
    assert higher.dataframe[0].value["n selection"].sum() > 0
    words = shlex.split(higher.code[-1].value)
    assert words[:4] == ["python", "-m", "core", "trigger"]
    assert main([*words[3:], "--json"]) == 0
    chain = json.loads(capsys.readouterr().out.splitlines()[-1])["chain"]
    assert [row["selection"]["n"] for row in chain] == higher.dataframe[0].value["n selection"].tolist()


def test_dark_counts_have_a_figure_of_their_own(opened: Callable[..., AppTest]) -> None:
    at = opened("trigger", show="dark counts")
    assert {"light and a dark count", "dark counts alone"} <= names(at)


def test_the_page_works_without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("DARKROOM_DEMO_EVENTS", "0")
    at = open_app("trigger")
    assert "at 0.5 keV" in numbers(at)
