"""Slides 004 beside ours: what is printed is recomputed, our losses stand above the least that is possible."""

import pytest

from core import runs
from core.analysis.analysis import Inputs, silent
from core.analysis.comparison import NOTHING
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.judge.output_table import open_outputs
from core.learn.plan import task_of_run
from core.zdc.model import NETWORKS
from core.zdc.published import comparison, printed

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]


def test_the_slides_are_laid_out_without_data():
    report = comparison.run(Inputs(), comparison.SlidesParameters(), silent)
    losses = {(row.row, row.column): row for row in report.result.of_table("losses")}
    ratio = losses["MASK over VALUE", "ratio"]
    assert (ratio.printed, ratio.reproduces) == (145, False)
    assert ratio.recomputed == pytest.approx(134.8, abs=0.05)
    shares = [losses[f"weight {w}", "VALUE, part [%]"].recomputed for w in printed.WEIGHTS]
    assert shares == pytest.approx([60.0, 79.0, 88.0], abs=0.6)
    assert losses["weight 200", "MASK"].verdict == NOTHING
    assert [row.recomputed for row in report.result.of_table("samples")][1] == 10_000_000
    assert {row.table for row in report.result.rows} == set(comparison.TABLES)
    assert any("134.8" in wrong.follows for wrong in report.result.inconsistencies)
    assert any("dE/dt" in wrong.follows for wrong in report.result.inconsistencies)


def test_our_losses_stand_beside_them_with_the_least_that_is_possible(trained: dict[str, str]):
    run, dataset = runs.open_run(trained["default"]), open_dataset("few")
    table = open_outputs(run, task_of_run(NETWORKS, run), dataset)
    inputs = Inputs(dataset=dataset, trained={"weight 200": table})
    report = comparison.run(inputs, comparison.SlidesParameters(weights=(200.0, 500.0)), silent)
    rows = {(row.row, row.column): row for row in report.result.of_table("losses")}
    ours, floors = rows["weight 200", "MASK"], run.provenance["adapted"]["floors"]
    curves = runs.read_curves(run, "epochs")
    assert ours.ours == pytest.approx(curves.loc[curves["validation_loss"].idxmin(), "validation_mask_loss"])
    assert (ours.run, ours.comparable) == (run.id, False)
    over = rows["weight 200", "MASK over the least"].ours
    assert over == pytest.approx(ours.ours / floors["mask_loss"])
    assert rows["weight 500", "MASK"].ours is None


def test_a_training_for_each_weight():
    trainings = comparison.trainings(comparison.SlidesParameters(network="extended2", epochs=3))
    assert list(trainings) == ["weight 1", "weight 200", "weight 500", "weight 1000"]
    assert [training.parameters["value_weight"] for training in trainings.values()] == [1.0, 200.0, 500.0, 1000.0]
    assert {training.training["epochs"] for training in trainings.values()} == {3}
    with pytest.raises(DarkroomError, match="says a weight twice"):
        comparison.SlidesParameters(weights=(1.0, 1.0)).check()
