"""Mapping files: what is accepted, and the sentence for what is not."""

from pathlib import Path

import pytest

from core import parameters
from core.connie.mapping import Mapping, Named, named
from core.data.mapping import load_mapping
from core.errors import DarkroomError

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "core" / "connie" / "mappings").glob("*.toml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_mappings_survive_a_round_trip(path):
    mapping = load_mapping(path, Mapping)
    assert mapping.title
    assert parameters.build(Mapping, parameters.to_dict(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense = 1", "mine.toml: Unknown parameter 'nonsense'"),
        ("kind = [", "mine.toml cannot be read"),
        ("kind = 'movie'", "'kind' is 'movie': expected one of fits, footprints, votes"),
        ("pixel_um = nan", "'pixel_um' is nan: expected a number"),
        ("connectivity = 6", "'connectivity' is 6: expected one of 4, 8"),
        ("weak_sigma = 12.0", "'weak_sigma' is 12: expected at most 'strong_sigma'"),
        ("gain_ohdus = [1, 2]", "'gain_table_adu_per_e' has 0 gains for 2 CCDs"),
        ("amplifiers = 'quadrants'\ngains_e_per_dn = [1.0]", "'gains_e_per_dn' has 1 entries"),
        ("pedestal_from = 'prescan'", "'prescan_columns' is 0: expected more than 'drop_columns'"),
        ("file_name = '{run}_{run}'", "expected {run} at most once"),
    ],
)
def test_a_wrong_mapping_is_refused(text, sentence, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DarkroomError) as refused:
        load_mapping(path, Mapping)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        (Mapping().file_name, "runID_009_00246_Int-400_Exp-10800_11Mar18_p1.fits.fz", Named(9, 246, 1)),
        (Mapping().file_name, "runID_043_12345_x_p12.FITS", Named(43, 12345, 12)),
        (Mapping().file_name, "runID_009_00246.fits", Named()),
        (Mapping().file_name, "another.fits", Named()),
        ("ESIS{part}_{runid}", "ESIS3_05400.fit.gz", Named(None, 5400, 3)),
        ("a.b+{run}", "a.b+7.fits", Named(run=7)),
        ("a.b+{run}", "aXbb7.fits", Named()),
    ],
)
def test_numbers_from_the_file_name(pattern, name, expected):
    assert named(Mapping(file_name=pattern), Path(name)) == expected
