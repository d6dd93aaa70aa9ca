"""Page Generate: truth and generated beside each other, by event and by conditions of one's own, with refusals."""

import json
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import runs
from core.data.dataset import open_dataset
from core.jobs import warm
from core.workflows import sampling
from core.workflows.warm_child import Models, answer
from core.zdc.grid import Grid
from tests.pages.opening import open_app
from tests.zdc.conftest import trained as trained

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
ENERGY = "true_energy_gev"


class StandIn:
    """Stands for the warm process: answers in this one, and keeps what it was asked."""

    def __init__(self) -> None:
        self.models, self.requests = Models(8), []

    def submit(self, request: dict[str, Any], **_more: Any) -> warm.Answer:
        self.requests.append(request)
        done, result = warm.Answer(), answer(self.models, request)
        done.give(result, str(result.get("refusal", "")))
        return done


@pytest.fixture
def child(trained: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The page without a process of its own."""
    stand_in = StandIn()
    monkeypatch.setattr(warm, "submit", stand_in.submit)
    return stand_in


def texts(at: AppTest) -> str:
    return " ".join(str(part.value) for part in (*at.caption, *at.info, *at.warning, *at.error, *at.markdown))


def figures(at: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def facts(figure: dict[str, Any]) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"] if "hit cells" in note["text"]]


def test_an_event_is_drawn_with_its_own_conditions_and_again_by_a_button(
    trained: dict[str, str], child: StandIn
) -> None:
    at = open_app("generate", data="few", run=trained["vae"])
    first = figures(at)[0]
    assert len(facts(first)) == 2
    data, request = open_dataset("few"), child.requests[0]
    unseen = np.flatnonzero(data.column("uid") > 0)
    energy = request["conditions"][ENERGY]
    row = next(row for row in unseen if data.column(ENERGY)[row] == energy[0])
    assert request["conditions"]["impact_x_mm"][0] == data.column("impact_x_mm")[row]
    assert request["keys"] == [0, 1 << 40]
    assert "python -m core sample" in at.code[-1].value and "--seed 0 " in at.code[-1].value
    at.button(key="draw-new").click().run()
    assert not at.exception
    assert at.query_params["key"] == "1"
    drawn = figures(at)[0]
    assert facts(drawn)[0] == facts(first)[0]
    assert facts(drawn)[1] != facts(first)[1]
    at.button(key="go-Right").click().run()
    assert at.query_params["event"] == "1"
    assert child.requests[-1]["keys"][0] == 1 << 40  # an event begins with a key of its own
    assert facts(figures(at)[0])[0] != facts(first)[0]


def test_a_link_shows_the_same_event_and_draw(trained: dict[str, str], child: StandIn) -> None:
    open_app("generate", data="few", run=trained["vae"], event="7", key="31")
    assert child.requests[-1]["keys"] == [31 << 40, 32 << 40]
    at = open_app("generate", data="few", run=trained["vae"], event="x", key="-3")
    assert len(at.warning) == 2
    assert "expected a whole number of 0 to" in at.warning[0].value


def test_conditions_of_ones_own_have_the_nearest_row_beside_them(trained: dict[str, str], child: StandIn) -> None:
    at = open_app("generate", data="few", run=trained["vae"], conditions="my own")
    at.number_input(key=ENERGY).set_value(20.0).run()
    assert child.requests[-1]["conditions"][ENERGY] == [20.0, 20.0]
    assert not at.warning
    assert re.search(r"the nearest stored row .energy \d+", texts(at)) and "off by energy" in texts(at)
    slider = at.select_slider(key=f"slide-{ENERGY}")
    assert float(slider.value) == pytest.approx(20.0, rel=0.05)
    low = runs.open_run(trained["vae"]).provenance["ranges"][ENERGY][0]
    slider.set_value(low).run()
    assert at.number_input(key=ENERGY).value == low
    at.number_input(key=ENERGY).set_value(280.0).run()
    assert r"Extrapolation\: true\_energy\_gev 280 (trained" in at.warning[0].value
    assert "--extrapolate" in at.code[-1].value


def test_two_runs_stand_beside_each_other_each_given_what_it_knows(trained: dict[str, str], child: StandIn) -> None:
    at = open_app("generate", data="few", run=trained["vae"], second=trained["default"])
    lines = facts(figures(at)[0])
    assert len(lines) == 3
    assert sorted(child.requests[0]["conditions"]) == ["impact_x_mm", "impact_y_mm", ENERGY]
    assert list(child.requests[1]["conditions"]) == [ENERGY]
    assert len(figures(at)) == 3, "pictures, and both histograms of what is stored"
    names = [trace["name"] for trace in figures(at)[1]["data"] if trace.get("name")]
    assert [name.split(" (")[0] for name in names] == ["truth", "vae", "default"]
    cells = [trace["name"].split("n = ")[1] for trace in figures(at)[2]["data"] if trace.get("name")]
    assert len(set(cells)) == 3, "each has hit cells of its own"


def test_a_network_without_noise_says_why_it_cannot_vary(trained: dict[str, str], child: StandIn) -> None:
    at = open_app("generate", data="few", run=trained["default"], show="two draws")
    assert "default cannot vary" in at.info[-1].value and "average shower" in at.info[-1].value
    assert "largest difference between the two draws 0 MeV" in texts(at)
    at = open_app("generate", data="few", run=trained["vae"], show="two draws")
    assert "cannot vary" not in texts(at)
    assert "two draws 0 MeV" not in texts(at)


def test_an_event_is_followed_across_the_epochs_that_are_stored(trained: dict[str, str], child: StandIn) -> None:
    at = open_app("generate", data="few", run=trained["default"], show="across epochs")
    titles = [note["text"] for note in figures(at)[-1]["layout"]["annotations"]]
    assert [title for title in titles if title] == ["epoch 1", "epoch 2", "best weights", "truth"]
    assert [request["epoch"] for request in child.requests] == [None, 1, 2]


def test_other_experiments_and_runs_are_refused_in_a_sentence(few: str) -> None:
    at = open_app("generate", data="few")
    assert "rows" in at.error[0].value and "choose a data set of another experiment" in at.error[0].value


def test_a_generator_of_another_grid_is_drawn_on_its_own(
    trained: dict[str, str], child: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Grid(cell_mm=20.0).arrays()
    monkeypatch.setattr(sampling, "geometry_of", lambda _run: own)
    at = open_app("generate", data="few", run=trained["vae"])
    assert "generates rows on another grid" in at.warning[0].value
    layout = figures(at)[0]["layout"]
    assert (layout["xaxis1"] if "xaxis1" in layout else layout["xaxis"])["range"] == [-300.0, 300.0]
    assert layout["xaxis4"]["range"] == [-200.0, 200.0]
