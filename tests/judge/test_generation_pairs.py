"""One row beside another: the steps of a slider, the nearest stored row, and what samples hold, from closed forms."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.data.splits import TEST, TRAIN
from core.figures import image_pairs
from core.figures.image_pairs import DIFFERENCE, SHARE, Frame, Line, Picture
from core.judge.generation import contents, pairs
from core.judge.generation.contents import contents_of
from tests.judge.generated_toy import GENERATING

ENERGY = "true_energy_gev"


def test_a_slider_walks_a_decade_in_equal_ratios_and_less_in_equal_steps() -> None:
    steps = pairs.steps_of(2.0006, 99.992)
    assert (steps[0], steps[-1]) == (2.0006, 99.992)
    ratios = np.diff(np.log(steps))
    assert len(steps) > 100 and ratios[5:-5].max() < 1.5 * ratios[5:-5].min()
    assert pairs.middle_of(2.0, 200.0) == pytest.approx(20.0, rel=0.01)
    assert pairs.middle_of(-149.97, 149.98) == 0.0
    assert pairs.steps_of(5.0, 5.0) == [5.0]
    assert pairs.closest([1.0, 2.0, 4.0], 2.9) == 2.0
    assert pairs.widest([{"a": (2.0, 50.0)}, {"a": (5.0, 90.0), "b": (0.0, 1.0)}]) == {
        "a": (5.0, 50.0),
        "b": (0.0, 1.0),
    }
    assert pairs.widest([{"a": (0.0, 1.0)}, {"a": (2.0, 3.0)}]) == {"a": (0.0, 3.0)}


def test_the_nearest_row_is_that_of_the_nearest_logarithm_of_the_axis() -> None:
    columns = {ENERGY: np.array([1.0, 10.0, 90.0, 20.0])}
    dataset = SimpleNamespace(column=columns.__getitem__)
    neighbour = pairs.nearest(dataset, GENERATING, np.arange(4), {ENERGY: 45.0})
    assert (neighbour.row, neighbour.distances) == (2, {ENERGY: 45.0})  # 2 times as much, not 2.25 times less
    assert pairs.nearest(dataset, GENERATING, np.array([0, 1]), {ENERGY: 45.0}).row == 1


def test_contents_are_counted_for_each_generator_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = np.zeros((6, 2, 2), np.float32)
    truth[:, 0, 0] = 10.0
    full = np.full((5, 2, 2), 100.0, np.float32)
    monkeypatch.setattr(contents, "stored_blocks", lambda _data, _name, rows: iter([truth[rows]]))

    def table(samples: np.ndarray, rows: list[int]) -> SimpleNamespace:
        split = np.where(np.array(rows) == 5, TRAIN, TEST)
        return SimpleNamespace(dataset=None, rows=np.array(rows), split=split, outputs={"samples": samples})

    tables = {"full": table(full, [0, 1, 2, 3, 5]), "empty": table(0.0 * full[:4], [0, 1, 2, 4])}
    held = contents_of(tables, GENERATING)  # type: ignore[arg-type]
    assert (held.n, held.n_of) == (3, 3)
    n_hit = {name: counted.counts @ np.arange(len(counted.counts)) / held.n for name, counted in held.counts.items()}
    assert n_hit == {"truth": 1.0, "full": 4.0, "empty": 0.0}
    assert {name: counted.n for name, counted in held.values.items()} == {"truth": 3, "full": 12, "empty": 0}
    assert held.values["truth"].counts[0] == 3 and held.values["full"].counts[-1] == 12
    assert list(contents.columns(held.counts, "hit cells")) == [
        "hit cells low",
        "hit cells high",
        "n truth",
        "n full",
        "n empty",
    ]


def test_pictures_of_values_share_one_scale_and_a_difference_is_centred_at_zero() -> None:
    frame = Frame(np.array([-10.0, 10.0]), np.array([-10.0, 10.0]), "x [mm]", "y [mm]", 1.0)
    faint, bright = np.array([[0.0, 2.0], [5.0, 0.5]]), np.array([[0.0, 1000.0], [5.0, 0.0]])
    lines = [
        Line(
            "truth",
            (Picture("MASK", faint > 0, SHARE, "", (0.0, 0.0)), Picture("VALUE", faint, unit="MeV")),
            ("sum 7 MeV",),
        ),
        Line("net", (Picture("MASK", bright > 0, SHARE), Picture("VALUE", bright, unit="MeV"))),
    ]
    figure = image_pairs.draw(lines, frame)
    values = [trace for trace in figure.data if trace.type == "heatmap" and trace.zmax == pytest.approx(3.0)]
    assert len(values) == 2 and all(trace.zmin == 0.0 for trace in values)
    assert np.isnan(values[0].z[0, 0]) and values[0].z[0, 1] == pytest.approx(np.log10(2.0))
    assert [trace.showscale for trace in values] == [True, False]
    assert figure.layout.xaxis.range == (-20.0, 20.0)
    table = image_pairs.columns(lines, frame)
    assert table["value"][-4:] == [0.0, 1000.0, 5.0, 0.0] and table["x [mm]"][-4:] == [-10.0, 10.0, -10.0, 10.0]
    assert (table["of"][-1], table["picture"][-1], table["unit"][-1], len(table["of"])) == ("net", "VALUE", "MeV", 16)
    other = Frame(np.array([0.0, 5.0, 10.0]), np.array([0.0, 5.0]), "x [mm]", "y [mm]", 1.0)
    drawn = image_pairs.draw([Line("a", pairs.framed([Picture("b", np.ones((2, 3)))], other))], frame)
    assert drawn.layout.xaxis.range == (-2.5, 12.5) and drawn.data[1].x.tolist() == [0.0, 5.0, 10.0]
    apart = image_pairs.draw([Line("", (Picture("difference", bright - faint, DIFFERENCE, "MeV"),))], frame)
    assert (apart.data[0].zmin, apart.data[0].zmax) == (-998.0, 998.0)
