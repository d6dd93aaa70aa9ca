"""Figures of events over and beside each other: what is held, and the part that is looked at."""

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from core.errors import DarkroomError
from core.figures import overlay, zoom


def lines(title: str = "time [ns]") -> go.Figure:
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True)
    for row in (1, 2):
        figure.add_scatter(y=np.arange(5.0) * row, name=f"PMT {row}", line={"color": "#E69F00"}, row=row, col=1)
    return figure.update_xaxes(title_text=title, row=2, col=1)


def test_what_is_held_lies_pale_under_the_event_on_its_axes():
    both = overlay.over(lines(), lines(), "1.2.3")
    assert [(t.name, t.line.color, t.xaxis) for t in both.data] == [
        ("held: 1.2.3, PMT 1", "#888888", "x"), ("held: 1.2.3, PMT 2", "#888888", "x2"),
        ("PMT 1", "#E69F00", "x"), ("PMT 2", "#E69F00", "x2"),
    ]  # fmt: skip
    assert both.layout.xaxis2.title.text == "time [ns]"
    bars = overlay.over(go.Figure(go.Bar(y=[1.0])), go.Figure(go.Bar(y=[2.0])), "7")
    assert (bars.data[0].marker.color, bars.data[0].y[0], bars.layout.barmode) == ("#888888", 2.0, "overlay")


def test_a_zoom_is_read_back_from_its_text_and_set_on_the_axes_that_are_there():
    ranges = zoom.parse("x2=-200:1400.5,y=50:0,x9=0:1")
    assert ranges == {"x2": (-200.0, 1400.5), "y": (50.0, 0.0), "x9": (0.0, 1.0)}
    figure = zoom.applied(lines(), ranges)
    assert figure.layout.xaxis2.range == (-200.0, 1400.5)
    assert figure.layout.yaxis.range == (50.0, 0.0)
    assert figure.layout.yaxis2.range is None
    space = zoom.applied(go.Figure(go.Scatter3d(x=[0], y=[0], z=[0])), zoom.parse("scene=1:2:3"))
    assert space.layout.scene.camera.eye.to_plotly_json() == {"x": 1.0, "y": 2.0, "z": 3.0}
    assert zoom.parse("") == {}


@pytest.mark.parametrize(
    "text", ["x", "x=1", "x=1:1", "x=nan:2", "x=0:inf", "z=0:1", "scene=1:2", "x=0:1:2", "y=<b>:2", "x123=0:1"]
)
def test_a_wrong_zoom_is_a_sentence(text):
    with pytest.raises(DarkroomError, match="expected ranges of axes"):
        zoom.parse(text)


def test_a_range_of_x_holds_for_another_figure_of_the_same_quantity():
    ranges = zoom.parse("x=0:3,y=0:1")
    assert zoom.shared_x(ranges, lines(), lines()) == {"x": (0.0, 3.0), "x2": (0.0, 3.0)}
    assert zoom.shared_x(ranges, lines(), lines("frequency [MHz]")) == {}
    logarithmic = lines().update_xaxes(type="log")
    assert zoom.shared_x(ranges, lines(), logarithmic) == {}
