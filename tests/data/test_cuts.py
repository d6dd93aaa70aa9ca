"""Cut flow against a plain NumPy oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.cuts import MAX_CUTS, Cut, cut_table
from core.errors import DarkroomError


@pytest.fixture(scope="module")
def table() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    n = 10_001
    energy = rng.uniform(0, 12, n).astype(np.float32)
    energy[::97] = np.nan
    return {
        "energy_kev": energy,
        "run": rng.choice([1601, 1858, 7], n).astype(np.int32),
        "flags": rng.integers(0, 8, n).astype(np.uint32),
        "nmt": rng.normal(0.12, 0.05, n).astype(np.float32),
    }


COMMON = [
    Cut("energy", "energy_kev", 3, 10),
    Cut("run", "run", values=(1601, 1858)),
    Cut("flags", "flags", refused_bits=0b101),
]
LABELS = {
    "background": [Cut("b", "run", values=(1858,)), Cut("fast", "nmt", high=0.12)],
    "signal": [Cut("s", "run", values=(1601,)), Cut("slow", "nmt", low=0.12, exclusive_low=True)],
}


def test_flow_and_labels_equal_numpy(table):
    energy = (table["energy_kev"] >= 3) & (table["energy_kev"] < 10)
    run = np.isin(table["run"], (1601, 1858))
    flags = (table["flags"] & 0b101) == 0
    common = energy & run & flags
    background = common & (table["run"] == 1858) & (table["nmt"] < 0.12)
    signal = common & (table["run"] == 1601) & (table["nmt"] > 0.12)

    cutting = cut_table(table, COMMON, LABELS)

    np.testing.assert_array_equal(cutting.preselected, common)
    np.testing.assert_array_equal(cutting.labels, np.where(background, 0, np.where(signal, 1, -1)))
    flow = {(row.class_name, row.cut): (row.alone, row.cumulative) for row in cutting.flow}
    assert flow["", "all rows"] == (10_001, 10_001)
    assert flow["", "energy"] == (energy.sum(), energy.sum())
    assert flow["", "flags"] == (flags.sum(), common.sum())
    assert flow["background", "fast"] == ((table["nmt"] < 0.12).sum(), background.sum())
    assert flow["signal", "slow"] == ((table["nmt"] > 0.12).sum(), signal.sum())


def test_a_value_on_the_edge(table):
    edge = {"energy_kev": np.array([3.0, 10.0, np.nan, 9.99]), "nmt": np.array([0.12, 0.13, 0.11, np.nan])}
    window = cut_table(edge, [Cut("e", "energy_kev", 3, 10)], {})
    np.testing.assert_array_equal(window.preselected, [True, False, False, True])
    labels = cut_table(
        edge, [], {"b": [Cut("", "nmt", high=0.12)], "s": [Cut("", "nmt", low=0.12, exclusive_low=True)]}
    )
    np.testing.assert_array_equal(labels.labels, [-1, 1, 0, -1])


def test_edge_of_a_float32_column_is_exact():
    """0.12 stored as float32 is neither above nor below the published threshold of 0.12."""
    values = {"nmt": np.array([0.12], np.float32)}
    labels = cut_table(
        values, [], {"b": [Cut("", "nmt", high=0.12)], "s": [Cut("", "nmt", low=0.12, exclusive_low=True)]}
    )
    assert labels.labels[0] == -1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.floats(-5, 4), st.floats(0.1, 5))
def test_cumulative_never_grows_and_last_equals_selected(values, low, width):
    columns = {"x": np.array(values)}
    cuts = [Cut("low", "x", low=low), Cut("high", "x", high=low + width), Cut("again", "x", low=low)]
    cutting = cut_table(columns, cuts, {})
    cumulative = [row.cumulative for row in cutting.flow]
    assert cumulative == sorted(cumulative, reverse=True)
    assert cumulative[-1] == cutting.preselected.sum() == ((columns["x"] >= low) & (columns["x"] < low + width)).sum()


def test_empty_table_gives_an_empty_flow():
    cutting = cut_table({"x": np.empty(0)}, [Cut("c", "x", 0, 1)], {})
    assert [row.cumulative for row in cutting.flow] == [0, 0]


def test_too_many_cuts_are_refused():
    with pytest.raises(DarkroomError, match=r"There are 21 cuts, at most 20"):
        cut_table({"x": np.zeros(3)}, [Cut("c", "x", 0, 1)] * (MAX_CUTS + 1), {})
