"""What a run is judged on is made once: one draw cuts, locates and reads what the table says of itself no more than needed."""

import collections

import pytest

from core.data import tablefile
from core.judge import judged_sample, score_table, stored
from core.judge.classified import judge_classes
from core.judge.judged_sample import judge_run
from core.judge.paired import compare_run
from tests.judge import several


@pytest.fixture
def judged_run(workspace):
    return several.write(workspace)


def test_one_draw_makes_its_sample_once(judged_run, monkeypatch):
    calls = collections.Counter()

    def counted(module, name):
        original = getattr(module, name)

        def wrapper(*arguments, **named):
            calls[name] += 1
            return original(*arguments, **named)

        monkeypatch.setattr(module, name, wrapper)

    for module, name in (
        (judged_sample, "select"),
        (score_table, "select"),
        (stored, "locate"),
        (score_table, "locate"),
        (tablefile.pq, "read_metadata"),
    ):
        counted(module, name)
    tablefile._of_file.cache_clear()
    scores = several.opened(judged_run)
    for which in ("test", "all"):
        judge_run(scores, 0.5, which)
        compare_run(scores, 0.5, which)
        judge_classes(scores, which)
    assert calls == {"select": len(scores.schemes()), "locate": 1, "read_metadata": 1}
