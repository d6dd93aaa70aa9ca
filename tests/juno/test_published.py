"""Slides 003 beside ours, and the learning curve: what is printed, what is missing, and equal steps of trainings."""

import pytest

from core.analysis.analysis import Inputs, silent
from core.analysis.comparison import NOTHING
from core.errors import DarkroomError
from core.juno.epem import learning_curve
from core.juno.published import comparison, printed
from core.juno.select import EPEM, MUE


def test_the_slides_are_laid_out_without_data():
    report = comparison.run(Inputs(), comparison.SlidesParameters(), silent)
    rows = report.result.of_table("samples")
    assert [row.printed for row in rows][:2] == [3_600_000, 100_000]
    assert all(row.verdict == NOTHING and row.printed is None for row in report.result.of_table("results"))
    assert len(report.result.of_table("missing")) == len(printed.NOT_PRINTED)
    assert {row.table for row in report.result.rows} == set(comparison.TABLES)
    assert any("no accuracy" in wrong.follows for wrong in report.result.inconsistencies)


@pytest.mark.parametrize("task", [EPEM, MUE])
def test_the_slides_images_are_trained_for_one_question(task):
    (name, training), *others = comparison.trainings(comparison.SlidesParameters(task=task)).items()
    assert name == task
    assert not others
    assert training.parameters["channels"] == ("first", "mean", "std")
    assert training.selection.labels == task


def test_smaller_shares_are_trained_longer():
    parameters = learning_curve.LearningCurveParameters(shares=(0.1, 0.4, 0.8), epochs=6)
    trainings = learning_curve.trainings(parameters)
    assert [training.training["epochs"] for training in trainings.values()] == [48, 12, 6]
    fractions = [training.selection.split for training in trainings.values()]
    assert [split.test_fraction for split in fractions] == pytest.approx([0.85, 0.55, 0.15])
    for split in fractions:
        split.check()


def test_shares_must_ascend():
    with pytest.raises(DarkroomError, match="expected shares that ascend"):
        learning_curve.LearningCurveParameters(shares=(0.5, 0.1)).check()
