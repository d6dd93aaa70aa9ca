"""The event on page Inspect: two views beside each other, what is held, the zoom in the address, playback."""

import json

import numpy as np
import pytest

from core.__main__ import main
from core.data.dataset import open_dataset
from core.registry import EXPERIMENTS
from core.selection import playback
from core.selection.events import row_of

EXPERIMENT = next(iter(EXPERIMENTS.values()))


def where(at) -> str:
    return at.text_input(key="typed-event").value


def listed(at) -> list[str]:
    """The identities in the list of events."""
    return list(at.dataframe[1].value["event"])


def figures(at) -> list:
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def test_two_views_stand_beside_each_other_and_share_their_zoom(opened):
    at = opened("inspect", beside="waveform", zoom="x=-100:500,y=0:40", **{"how-beside": "form=raw"})
    first, second = figures(at)[:2]
    assert first["layout"]["xaxis"]["range"] == second["layout"]["xaxis"]["range"] == [-100, 500]
    assert first["layout"]["yaxis"]["range"] == [0, 40]
    assert "range" not in second["layout"]["yaxis"]
    assert first["data"][0]["y"] != second["data"][0]["y"]
    at.button(key="go-Right").click().run()
    assert at.query_params["zoom"] == "x=-100:500,y=0:40"
    assert figures(at)[0]["layout"]["xaxis"]["range"] == [-100, 500]
    assert at.query_params["how-beside"] == "form=raw"


def test_a_zoom_of_other_axes_is_let_go_and_a_wrong_one_is_said(opened):
    at = opened("inspect", zoom="x=-100:500")
    at.button_group(key="look").set_value("spectrum").run()
    assert "zoom" not in at.query_params
    at = opened("inspect", zoom="x=nonsense")
    assert "expected ranges of axes" in at.warning[0].value.replace("\\", "")
    assert figures(at)[0]["data"]


def test_a_held_event_lies_under_the_next_ones_until_it_is_let_go(opened):
    at = opened("inspect")
    rows = listed(at)
    at.button(key="go-Hold").click().run()
    at.button(key="go-Right").click().run()
    assert at.query_params["hold"] == rows[0]
    assert [trace["name"] for trace in figures(at)[0]["data"]] == [
        f"held: {rows[0]}, PMT 1", f"held: {rows[0]}, PMT 2", "PMT 1", "PMT 2",
    ]  # fmt: skip
    at.button(key="go-Swap").click().run()
    assert (where(at), at.query_params["hold"]) == (rows[0], rows[1])
    at.button(key="go-Hold").click().run()
    assert len(figures(at)[0]["data"]) == 2
    assert "is not here" in opened("inspect", hold="9.9.9.9").warning[0].value


def test_playback_goes_step_by_step_and_the_address_follows_when_it_ends(opened):
    at = opened("inspect")
    rows = listed(at)
    at.button(key="go-Play").click().run()
    turn = at.session_state["playback-turn"]
    at.session_state["playback-row"] = row_of(open_dataset("few"), EXPERIMENT.table.uid.parse(rows[3]))
    at.run()
    assert (where(at), at.query_params["uid"], at.session_state["playback-turn"]) == (
        rows[3],
        rows[3],
        turn,
    )
    at.button(key="go-Right").click().run()
    assert where(at) == rows[4]
    assert not at.session_state["playback-plays"]


@pytest.mark.parametrize(
    ("row", "is_loop", "following"), [(2, False, 5), (3, False, 5), (9, False, None), (9, True, 2), (5, True, 9)]
)
def test_the_order_in_which_events_are_played(row, is_loop, following):
    assert playback.after(np.array([2, 5, 9]), row, is_loop) == following
    assert playback.after(np.array([], int), row, is_loop) is None


def test_a_channel_of_the_map_leaves_its_events_and_a_dead_one_is_found(opened, few, capsys):
    detector, data = EXPERIMENT.looking.detector, open_dataset("few")
    at = opened("inspect", below=detector.title, scores=few)
    chart = json.loads(at.get("plotly_chart")[-1].proto.spec)
    assert chart["data"][1]["name"].startswith("dead (")
    crystals = np.unique(data.column("crystal")).tolist()
    at = opened("inspect", below=detector.title, scores=few, channel=f"crystal {crystals[-1]}")
    row = row_of(data, EXPERIMENT.table.uid.parse(where(at)))
    assert data.column("crystal")[row] == crystals[-1]
    at.button(key="channel-off").click().run()
    assert "channel" not in at.query_params
    assert "no channel 'crystal 99'" in opened("inspect", channel="crystal 99").warning[0].value
    assert main(["channels", "few", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    dead = {line["channel"] for line in result["channels"] if line["state"] == "dead"}
    assert {name for name in dead if "PMT" not in name} == {f"crystal {c}" for c in range(1, 9) if c not in crystals}
