"""Mapping files: what is accepted, and the sentence for what is not."""

from pathlib import Path

import pytest

from core import parameters
from core.cosine.mapping import Mapping, run_and_subrun
from core.data.mapping import load_mapping
from core.errors import DarkroomError

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "core" / "cosine" / "mappings").glob("*.toml"))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_mappings_survive_a_round_trip(path):
    mapping = load_mapping(path, Mapping)
    assert parameters.build(Mapping, parameters.to_dict(mapping)) == mapping


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense = 1", r"mine.toml: Unknown parameter 'nonsense'"),
        ("tree = [", r"mine.toml cannot be read"),
        ("sampling_ns = 'fast'", r"'sampling_ns' is 'fast': expected a number from 0.01 to 100000 ns"),
        ("sampling_ns = nan", r"'sampling_ns' is nan: expected a number"),
        ("record_samples = 12.5", r"'record_samples' is 12.5: expected a whole number"),
        ("polarity = 'up'", r"'polarity' is 'up': expected one of positive, negative"),
        ("coincidence = 3", r"'coincidence' is 3: expected a list"),
        (
            "[[coincidence]]\nbranch = 'a'\ncomparison = '__import__'",
            r"'comparison' is '__import__': expected one of >=",
        ),
        ("[[coincidence]]\nexpr = 'a > 1'", r"Unknown parameter 'expr' for Condition"),
        ("waveforms = ['traces']\ncrystals = [1, 2]\npmts = [0, 1]", r"'pmts' has 2 entries for 2 crystals"),
        ("waveforms = ['a', 'b', 'c']", r"'waveforms' names 3 branches: expected one, or 2, one per channel"),
        ("pretrigger_samples = 500", r"'baseline_samples' is 1000: expected at most 'pretrigger_samples' \(500\)"),
    ],
)
def test_bad_mappings_are_refused(tmp_path, text, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        load_mapping(written(tmp_path, text), Mapping)


def test_a_missing_mapping_is_named(tmp_path):
    with pytest.raises(DarkroomError, match=r"none.toml cannot be read"):
        load_mapping(tmp_path / "none.toml", Mapping)


def test_run_and_subrun_come_from_the_file_name():
    mapping = Mapping()
    assert run_and_subrun(mapping, Path("mrgd_M001765.root.013")) == (1765, 13)
    with pytest.raises(DarkroomError, match=r"odd.root: the file name does not fit the mapping's pattern"):
        run_and_subrun(mapping, Path("odd.root"))
    with pytest.raises(DarkroomError, match=r"sub-run 9999 is beyond 4095"):
        run_and_subrun(mapping, Path("mrgd_M001765.root.9999"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("crystals = []", r"'crystals' is \[\]: expected at least one"),
        ("crystals = [1, 1]", r"none of them twice"),
        ("file_name = '{run}-{run}.root'", r"expected \{run\} at most once"),
    ],
)
def test_mappings_that_would_mix_events_up(tmp_path, text, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        load_mapping(written(tmp_path, text), Mapping)


def test_braces_in_a_branch_name_are_never_evaluated():
    assert Mapping().named("{c.__class__}", 3) == "{c.__class__}"
    assert Mapping().named("wf{c}{", 3) == "wf3{"


def test_a_run_may_be_called_by_its_date():
    mapping = parameters.build(Mapping, {"file_name": "run_{run}.root"})
    assert run_and_subrun(mapping, Path("run_20230415.root")) == (20230415, 0)
    with pytest.raises(DarkroomError, match=r"\{run\} stands for 1 to 8 digits and \{subrun\} for 1 to 4"):
        run_and_subrun(mapping, Path("run_202304151.root"))
