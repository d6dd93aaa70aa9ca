"""The published selections: which rows they keep, which label they give, and what they warn of."""

import numpy as np
import pytest

from core.cosine.select import PRESETS, Cuts, FeatureLimit, cut_list, label_cuts, warnings
from core.data.cuts import cut_table
from core.errors import DarkroomError
from core.parameters import build

ROWS = [
    # run, crystal, keV, coincident, nmt500, truth | published, coincidence
    (1765, 1, 5.0, 1, 0.17, 1, 1, 1),  # signal
    (1601, 7, 9.99, 1, 0.121, 1, 1, 1),
    (1765, 1, 5.0, 1, 0.11, 1, -1, 1),  # fails nmt500: only the published scheme drops it
    (1765, 1, 5.0, 0, 0.17, 1, -1, -1),  # calibration without coincidence
    (1858, 3, 5.0, 0, 0.05, 0, 0, 0),  # background
    (1859, 3, 3.0, 0, 0.119, 0, 0, 0),
    (1858, 3, 5.0, 0, 0.20, 0, -1, 0),  # slow noise: in neither published class
    (1858, 3, 5.0, 0, 0.17, 1, -1, 0),  # genuine scintillation under a background label
    (1858, 3, 5.0, 1, 0.05, 0, -1, -1),  # coincident physics event
    (1858, 3, 10.0, 0, 0.05, 0, -1, -1),  # upper edge is exclusive
    (1858, 3, 2.99, 0, 0.05, 0, -1, -1),
    (1858, 2, 5.0, 0, 0.05, 0, -1, -1),  # another crystal
    (1700, 3, 5.0, 0, 0.05, 0, -1, -1),  # another run
    (1858, 3, np.nan, 0, 0.05, 0, -1, -1),  # no energy
    (1858, 3, 5.0, 0, np.nan, 0, -1, 0),  # nmt500 undefined
    (1858, 3, 5.0, -1, 0.05, 0, -1, -1),  # coincidence unknown
]
NAMES = ("run", "crystal", "energy_kev", "coincident", "nmt500_us", "truth_class")
COLUMNS = {
    name: np.array([row[i] for row in ROWS], np.float32 if name in ("energy_kev", "nmt500_us") else np.int32)
    for i, name in enumerate(NAMES)
}


@pytest.mark.parametrize(("scheme", "column"), [("published", 6), ("coincidence", 7)])
def test_labels_row_by_row(scheme, column):
    cuts = PRESETS["cnn2020"].selection.cuts
    got = cut_table(COLUMNS, cut_list(cuts), label_cuts(cuts, scheme)).labels
    np.testing.assert_array_equal(got, [row[column] for row in ROWS])


def test_truth_labels_ignore_the_run():
    cuts = PRESETS["cnn2020"].selection.cuts
    got = cut_table(COLUMNS, cut_list(cuts), label_cuts(cuts, "truth"))
    inside = got.preselected
    np.testing.assert_array_equal(got.labels[inside], COLUMNS["truth_class"][inside])
    assert (got.labels[~inside] == -1).all()


def test_the_first_network_had_no_nmt500_cut_and_one_physics_run():
    selection = PRESETS["dnn2020"].selection
    assert selection.labels == "coincidence"
    assert selection.cuts.background_runs == (1858,)
    assert selection.cuts.crystals == (1, 2, 3, 4, 6, 7)
    cuts = label_cuts(selection.cuts, selection.labels)
    assert all(cut.column != "nmt500_us" for group in cuts.values() for cut in group)


def test_everything_keeps_everything():
    assert cut_list(PRESETS["everything"].selection.cuts) == []


def test_limits_and_flags_become_cuts():
    cuts = Cuts(limits=(FeatureLimit("es", 0.3, 0.9),), refused_flags=("saturated",))
    names = [cut.name for cut in cut_list(cuts)]
    assert names[-2:] == ["not saturated", "es 0.3-0.9"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"energy_low_kev": 10, "energy_high_kev": 3}, r"The energy window is upside down \(10 to 3 keV\)"),
        ({"signal_runs": [1601], "background_runs": [1601]}, r"Run 1601 is both a calibration and a physics run"),
        ({"limits": [{"feature": "es", "low": 2, "high": 1}]}, r"The limits of es are upside down"),
        ({"limits": [{"feature": "colour"}]}, r"'feature' is 'colour': expected one of"),
        ({"refused_flags": ["odd"]}, r"'refused_flags' is 'odd': expected one of"),
        ({"nmt500_threshold_us": -1}, r"'nmt500_threshold_us' is -1.0: expected a number from 0 to 0.5 µs"),
    ],
)
def test_refusals(values, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        build(Cuts, values)


class Measured:
    simulated = False

    def column(self, name):
        return COLUMNS[name]


@pytest.mark.parametrize(
    ("scheme", "sentence"),
    [("coincidence", "not pure"), ("truth", "has no truth")],
)
def test_warnings_say_what_a_label_cannot_tell(scheme, sentence):
    sentences = warnings(Cuts(), scheme, Measured())
    assert any(sentence in w for w in sentences)
    assert any("1 of 16 rows have no energy: the energy window excludes them" in w for w in sentences)
    assert not any("have no energy" in w for w in warnings(PRESETS["everything"].selection.cuts, scheme, Measured()))
