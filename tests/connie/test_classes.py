"""The seven fine labels and the maps that merge them."""

import pytest

from core import parameters
from core.connie.labels.classes import EXCLUDED, FINE, ClassMap, class_maps, load
from core.errors import DarkroomError

EXPECTED = {
    "three": ("muon sure", "worm", "spot"),
    "four": ("muon sure", "worm", "spot", "other"),
    "six": ("muon sure", "worm", "spot", "bad pixel", "undefined", "segmentation error"),
    "seven": FINE,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_sets_that_come_with_the_program(name):
    assert tuple(class_maps()[name].members()) == EXPECTED[name]


def test_there_are_no_others():
    assert set(class_maps()) == set(EXPECTED)


def test_three_is_the_default():
    assert ClassMap() == class_maps()["three"]


def test_every_fine_label_is_in_one_class_or_excluded():
    for class_map in class_maps().values():
        used = [i for indices in class_map.members().values() for i in indices]
        assert sorted(used) == [i for i, given in enumerate(class_map.assigned()) if given != EXCLUDED]


def test_other_takes_all_the_rest_and_stands_last():
    members = class_maps()["four"].members()
    assert members["other"] == (3, 4, 5, 6)
    assert list(members)[-1] == "other"


def test_labels_can_be_merged_into_any_class():
    class_map = ClassMap(muon_unsure_as="muon sure", segmentation_error_as="worm")
    assert class_map.members() == {"muon sure": (0, 3), "worm": (1, 6), "spot": (2,)}


def test_one_class_is_not_enough():
    with pytest.raises(DarkroomError, match="leaves 1 class \\(muon sure\\): give"):
        parameters.build(ClassMap, {"worm_as": "muon sure", "spot_as": "excluded"})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("worm_as = ", "a.toml: not a readable TOML file"),
        ('worm_as = "snake"', "'worm_as' is 'snake': expected one of muon sure"),
        ('snake_as = "worm"', "Unknown parameter 'snake_as' for ClassMap"),
    ],
)
def test_bad_files_are_refused(tmp_path, text, sentence):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(DarkroomError, match=sentence):
        load(tmp_path / "a.toml")
