"""Old and new code in turn: medians, their ratio, and the status above the limit."""

import sys

import pytest

from benchmarks import pairs

TOLD = "import json; print(json.dumps({'inner': {'seconds': %s}}))\n"


@pytest.fixture
def folders(tmp_path):
    for name, seconds in (("old", 2.0), ("new", 2.05), ("slow", 2.2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "told.py").write_text(TOLD % seconds)
    return tmp_path


@pytest.mark.parametrize(("new", "status"), [("new", 0), ("slow", 1)])
def test_more_than_a_twentieth_slower_is_refused(folders, monkeypatch, capsys, new, status):
    words = ["--old", str(folders / "old"), "--new", str(folders / new), "--key", "inner.seconds", "--rounds", "1"]
    monkeypatch.setattr(sys, "argv", ["pairs", *words, "--json", "--", "told"])
    assert pairs.main() == status
    assert '"old": 2.0' in capsys.readouterr().out


def test_without_a_key_the_cpu_seconds_of_the_process_count(folders):
    assert 0.0 < pairs.once(folders / "old", ["told"], "") < 10.0
