"""A region on the pages: counted exactly, tagged, opened; and the same by command."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import Dataset, open_dataset
from core.labels import tags
from core.registry import EXPERIMENTS
from core.selection.selection import Selected, select
from tests.pages.opening import open_app
from tests.test_commands import refused
from tests.test_commands import run as command

EXPERIMENT = next(iter(EXPERIMENTS.values()))
REGION = "energy_kev:nmt500_us:3,0.02;7,0.02;7,0.2;3,0.2"


def rows_inside(data: Dataset) -> tuple[Selected, np.ndarray]:
    """By the definition of a rectangle."""
    selected = select(EXPERIMENT.selecting, EXPERIMENT.labels, data, EXPERIMENT.selecting.presets["cnn2020"].selection)
    x, y = data.column("energy_kev").astype(float), data.column("nmt500_us").astype(float)
    is_in = (x >= 3) & (x < 7) & (y >= 0.02) & (y < 0.2)
    return selected, np.flatnonzero(is_in & selected.cutting.preselected)


def in_region(at: AppTest) -> int:
    return next(int(m.value.replace(",", "")) for m in at.metric if m.label.startswith("in the region"))


def test_a_region_is_counted_exactly_and_becomes_a_tag(few, capsys: pytest.CaptureFixture[str]) -> None:
    at = open_app("select", data="few", start="cnn2020", details="any two features", region=REGION)
    _, rows = rows_inside(open_dataset("few"))
    assert len(rows) > 10
    assert in_region(at) == len(rows)
    at.text_input(key="tag-region-name").set_value("box")
    at.text_input(key="tag-region-labeller").set_value("lise")
    next(b for b in at.button if b.label == f"tag {len(rows):,} rows").click().run()
    assert not at.exception
    known = tags.open_tags(open_dataset("few"), EXPERIMENT.reading.mapping)
    np.testing.assert_array_equal(np.flatnonzero(known.has(["box"])), rows)
    answer = command(capsys, "rows", "few", "--preset", "cnn2020", "--region", REGION)
    assert answer["n_rows"] == len(rows)
    assert command(capsys, "rows", "few", "--preset", "cnn2020", "--tag", "box")["n_rows"] == len(rows)
    arguments = "tags", "few", "remove", "box", "--all", "--labeller", "lise", "--region", REGION
    assert command(capsys, *arguments)["n_rows"] >= len(rows)
    assert "expected 3" in refused(capsys, "rows", "few", "--region", "a:b")


def test_events_of_a_region_are_inspected_and_it_is_cleared(few) -> None:
    at = open_app("inspect", data="few", **{"from": "cnn2020"}, region=REGION)
    selected, rows = rows_inside(open_dataset("few"))
    assert f"the {len(rows):,} events that pass the filter" in " ".join(c.value for c in at.caption)
    chip = at.button(key="clear-region")
    assert chip.label == f"region of {len(rows):,} rows"
    chip.click().run()
    assert f"the {len(selected.preselected):,} events that pass the filter" in " ".join(c.value for c in at.caption)
    at = open_app("inspect", data="few", **{"from": "cnn2020"}, region="no_column:nmt500_us:1,1;2,2;3,0")
    assert any("no_column" in w.value.replace("\\", "") for w in at.warning)
