"""The grid of crystals and energy windows: its regions, their cuts, and what is refused."""

import numpy as np
import pytest

from core.cosine.grid import MAX_REGIONS, Axes, cuts_of, regions
from core.cosine.select import Cuts, FeatureLimit, cut_list
from core.data.cuts import cut_table
from core.errors import DarkroomError
from core.parameters import build, override, to_dict


def test_every_crystal_in_every_window():
    grid_regions = regions(Axes(crystals=(7, 1), windows_kev=("3-6", "0.5-2")))
    assert [region.name for region in grid_regions] == ["C7 3-6 keV", "C7 0.5-2 keV", "C1 3-6 keV", "C1 0.5-2 keV"]
    assert grid_regions[1].facts == {"crystal": 7, "window_kev": [0.5, 2.0]}


def test_axes_are_read_as_the_command_line_writes_them_and_come_back_from_json():
    axes = override(Axes(), ["crystals=1,3", "windows_kev=3-6, 6 - 10"])
    assert len(regions(axes)) == 4
    assert build(Axes, to_dict(axes)) == axes


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"windows_kev": ["6-3"]}, "'6-3' is upside down"),
        ({"windows_kev": ["3-3"]}, "'3-3' is upside down"),
        ({"windows_kev": ["3 to 6"]}, "'3 to 6' cannot be read: write it as low-high"),
        ({"windows_kev": ["-1-6"]}, "'-1-6' cannot be read"),
        ({"windows_kev": ["3-6", "3.0-6"]}, "The energy window 3-6 is named twice"),
        ({"crystals": [1, 1]}, "The crystal 1 is named twice"),
        ({"crystals": []}, "No crystal is named"),
        ({"windows_kev": []}, "No energy window is named"),
        ({"crystals": [256]}, "'crystals' is 256"),
        ({"crystals": list(range(9)), "windows_kev": [f"{i}-{i + 1}" for i in range(9)]}, f"at most {MAX_REGIONS}"),
    ],
)
def test_what_is_no_grid_is_refused(values, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        build(Axes, values)


def test_cuts_of_one_region_are_its_own_and_of_several_hold_all_and_the_rest_stays():
    base = Cuts(limits=(FeatureLimit("es", 0.2, 0.9),), nmt500_threshold_us=0.1, crystals=(2,))
    grid_regions = regions(Axes(crystals=(7, 1), windows_kev=("3-6", "8-10")))
    single = cuts_of(base, grid_regions[1:2])
    assert (single.crystals, single.energy_low_kev, single.energy_high_kev) == ((7,), 8.0, 10.0)
    hull = cuts_of(base, grid_regions)
    assert (hull.crystals, hull.energy_low_kev, hull.energy_high_kev) == ((1, 7), 3.0, 10.0)
    assert (hull.limits, hull.nmt500_threshold_us) == (base.limits, 0.1)


def test_every_row_of_a_region_is_in_the_hull_and_an_edge_belongs_to_the_upper_window():
    rng = np.random.default_rng(1)
    n = 5000
    columns = {
        "crystal": rng.choice([1, 3, 7], n),
        "run": np.full(n, 1601),
        "energy_kev": rng.choice([2.9, 3.0, 5.9, 6.0, 9.9, 10.0, np.nan], n).astype(np.float32),
    }
    grid_regions = regions(Axes())

    def kept(cuts):
        return cut_table(columns, cut_list(cuts), {}).preselected

    masks = np.array([kept(cuts_of(Cuts(), [region])) for region in grid_regions])
    assert not (masks & ~kept(cuts_of(Cuts(), grid_regions))).any()
    assert (masks.sum(axis=0) == kept(cuts_of(Cuts(), grid_regions))).all()  # these windows touch and do not overlap
    upper = masks[1] & (columns["energy_kev"] == np.float32(6.0))
    assert upper.sum() == ((columns["crystal"] == 1) & (columns["energy_kev"] == np.float32(6.0))).sum() > 0
