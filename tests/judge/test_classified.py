"""Runs of several classes: one class against the rest is what it was for two, all at once what scikit-learn says."""

import dataclasses
import json

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from core import runs
from core.data.dataset import Dataset, open_dataset
from core.data.splits import TEST
from core.errors import DarkroomError
from core.judge import calibration, classified_report, cutsample, held_out, lowenergy, topcalibration
from core.judge.baselines import FixedCut
from core.judge.classified import judge_classes
from core.judge.judged_sample import judge_run
from core.judge.paired import compare_run
from core.learn import trees
from core.statistics import multiclass
from core.workflows import baselines_job
from tests.judge import several
from tests.judge.several import CLASSES, SIGNAL


@pytest.fixture(scope="module")
def judged_run(tmp_path_factory):
    """A workspace with a run of three classes; the run's id."""
    workspace = tmp_path_factory.mktemp("several")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(workspace))
        yield several.write(workspace)


@pytest.fixture(scope="module")
def scored(judged_run):
    return several.opened(judged_run)


def test_labels_and_scores_of_each_class(scored):
    """The score is the probability of the class that is asked for, its label 1 against 0 for all others."""
    kind = scored.column("kind")
    assert scored.signal == SIGNAL
    assert scored.class_labels(scored.selection).tolist() == np.where(kind == 3, -1, kind).tolist()
    for k, name in enumerate(CLASSES):
        of_class = scored.of(name)
        assert of_class.score.tolist() == scored.probabilities[:, k].tolist()
        assert of_class.labels("truth").tolist() == np.where(kind == 3, -1, kind == k).tolist()
    assert scored.of("") is scored
    with pytest.raises(DarkroomError, match="has no class 'flat'"):
        scored.of("flat")


def test_a_scheme_with_other_classes_labels_those_that_it_shares(scored):
    other = next(s for s in several.experiment().labels.schemes if s != "truth")
    kind = scored.column("kind")
    assert scored.class_labels(scored.under(other)).tolist() == np.where(kind >= 2, -1, kind).tolist()


def test_one_class_against_the_rest_is_judged_as_two_classes_are(scored):
    evaluation = judge_run(scored.of("bent"), 0.4)
    kind, p = scored.column("kind"), scored.probabilities[:, 2]
    test = (scored.split == TEST) & (kind < 3)
    assert evaluation.network.point.signal.k == int((p[test & (kind == 2)] >= np.float32(0.4)).sum())
    assert evaluation.network.point.background.n == int((test & (kind != 2)).sum())


def test_all_classes_are_what_scikit_learn_says(scored):
    classified = judge_classes(scored, "all")
    kind, calls = scored.column("kind"), scored.probabilities.argmax(axis=1)
    known = kind < 3
    assert classified.network.confusion.counts[:, :3].tolist() == confusion_matrix(kind[known], calls[known]).tolist()
    assert classified.network.summary.macro_f1.value == pytest.approx(
        f1_score(kind[known], calls[known], average="macro")
    )
    assert classified.network.confusion.others[:3].tolist() == np.bincount(calls[~known], minlength=3).tolist()
    assert classified.n_unlabelled == int((~known).sum())
    of_all = classified.of(SIGNAL).purity_of_all
    assert (of_all.k, of_all.n) == (int((calls[known] == 1)[kind[known] == 1].sum()), int((calls == 1).sum()))
    assert json.loads(json.dumps(classified.to_dict(), allow_nan=False))["classes"] == list(CLASSES)


def test_curves_join_the_matrix_and_end_where_nothing_is_called(scored):
    classified = judge_classes(scored, "all", reject_below=0.0)
    for k, curve in enumerate(classified.curves):
        counts = classified.network.confusion
        assert (curve.efficiency.k[0], curve.efficiency.n[0]) == (counts.counts[k, k], counts.n_true[k])
        assert (curve.purity.n[0], curve.purity_of_all.n[0]) == (
            counts.n_called[k],
            counts.n_called[k] + counts.others[k],
        )
        assert (np.diff(curve.efficiency.k) <= 0).all()
        assert ((curve.purity.low <= curve.purity.value) | np.isnan(curve.purity.value)).all()
    rejecting = judge_classes(scored, "all", reject_below=0.7).network.confusion
    assert rejecting.counts[0, 0] == classified.curves[0].efficiency.k[70]
    assert rejecting.counts[:, 3].sum() > 0


def test_energy_bins_add_up(scored):
    classified = judge_classes(scored, "all", edges=np.array([0.0, 5.0, 10.0]))
    for k, by_bin in enumerate(classified.by_bin):
        assert sum(e.n for e in by_bin.efficiency) == classified.network.confusion.n_true[k]
        assert sum(e.k for e in by_bin.purity) == classified.network.confusion.counts[k, k]


def test_the_cuts_keep_what_they_keep(scored):
    classified = judge_classes(scored, "all")
    (cut,) = classified.cuts
    passed, kind = scored.column("length") > 3.0, scored.column("kind")
    assert (cut.efficiency.k, cut.efficiency.n) == (int(passed[kind == 1].sum()), int((kind == 1).sum()))
    assert (cut.purity.n, cut.purity_of_all.n) == (int(passed[kind < 3].sum()), int(passed.sum()))
    assert judge_classes(scored.of("bent"), "all").cuts == ()  # they keep the signal class, not this one
    beside = judge_run(scored, which_split="all").baselines["by length"]
    assert beside.point.signal.k == cut.efficiency.k
    rows = {row.window: row for row in compare_run(scored, which_split="all").rows if row.method == "by length"}
    assert np.isnan(rows[None].leakage.leakage.value)  # it keeps five of six, and nothing moves it


def test_cuts_of_another_class_than_the_one_judged_are_not_shown(scored):
    """A data set with classes of its own: its first class is judged, and nothing keeps that one."""
    other = dataclasses.replace(scored, labels_facet=several.experiment(signal="not here").labels)
    assert other.signal == CLASSES[0] != SIGNAL
    assert judge_classes(other, "all").cuts == ()
    assert "by length" not in judge_run(other, which_split="all").baselines


def test_without_energies_nothing_is_told_by_energy(scored, monkeypatch):
    rows = compare_run(scored, which_split="all").rows
    assert len({row.window for row in rows}) > 1 and judge_classes(scored, "all").by_bin
    monkeypatch.setattr(Dataset, "defines", lambda _self, name: name != "energy_kev")
    assert {row.window for row in compare_run(scored, which_split="all").rows} == {None}
    assert judge_classes(scored, "all").by_bin == ()
    nowhere = dataclasses.replace(held_out.events_of(scored), axis_values=np.full(len(scored.rows), np.nan))
    with pytest.raises(DarkroomError, match="has an energy"):
        lowenergy.judge(nowhere, 0.5, scored.axis)


def test_a_cut_that_cannot_move_stands_where_it_keeps_enough():
    passed, labels = np.array([1, 1, 1, 0], bool), np.array([1, 1, 0, 0])
    every = np.ones(4, bool)
    assert FixedCut(passed).keeping(0.99, labels, every).accepted is passed
    assert FixedCut(~passed).keeping(0.99, labels, every).accepted is None
    assert FixedCut(passed).of(np.array([3, 0])).accepted.tolist() == [False, True]


def test_a_threshold_for_an_efficiency_is_chosen_on_validation(scored):
    (classified,) = judge_classes(scored, "test").at_efficiency
    validation = (scored.split == 1) & (scored.column("kind") == 1)
    accepted = scored.score[validation] >= np.float32(classified.threshold)
    assert accepted.mean() >= 0.9
    assert (scored.score[validation] > np.float32(classified.threshold)).mean() < 0.9


def test_trees_of_several_classes_stand_beside_the_network(judged_run, scored, monkeypatch):
    monkeypatch.setattr(baselines_job, "experiment_by_key", lambda _: several.experiment())
    run = runs.open_run(judged_run)
    n = baselines_job.make(run, open_dataset("several"))
    assert n == len(scored.rows)
    p = scored.baseline_outputs("trees")
    assert p.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert scored.of("bent").baseline("trees").tolist() == p[:, 2].tolist()
    classified = judge_classes(scored, "all")
    trained = scored.split == 0
    calls, kind = multiclass.predicted_class(p), scored.column("kind")
    assert (calls == kind)[trained & (kind < 3)].mean() > 0.95  # a forest knows what it was trained on
    difference = classified.differences["trees"]
    assert difference.first == pytest.approx(classified.network.summary.macro_f1.value)
    assert difference.second == pytest.approx(classified.baselines["trees"].summary.macro_f1.value)
    assert [row["method"] for row in classified_report.method_rows(classified)] == ["network", "trees"]
    monkeypatch.setattr(trees, "FOREST", "none")  # boosting, by the same door
    assert baselines_job.make(run, open_dataset("several")) == n
    assert (scored.baseline_outputs("trees").argmax(axis=1) == kind)[trained & (kind < 3)].mean() > 0.9


def test_events_of_one_class_can_be_judged_as_probabilities(scored):
    """Trained with class weights, one of three classes is a third of the mix that the score speaks of."""
    bent = scored.of("bent")
    assert calibration.trained_mix(bent.run, bent.at) == 0.5
    events = held_out.events_of(bent)
    assert set(events.labels.tolist()) == {0, 1}
    qualities = calibration.judge(
        events, calibration.mix_of(bent.run, events, "of this sample", signal=bent.at), axis=bent.axis
    )
    assert qualities.n_signal == int((events.labels == 1).sum())


def test_a_temperature_belongs_to_its_class(scored):
    loose = dataclasses.replace(scored.of("round"))
    temperature = calibration.fit_and_store(loose.run, loose)
    assert calibration.stored(loose.run, "round") == temperature
    assert calibration.stored(loose.run) is None


def test_a_cut_study_tells_one_class_from_the_rest(scored):
    from core.selection.selection import select

    selected = select(scored.selecting, scored.labels_facet, scored.dataset, scored.selection)
    alone = cutsample.sample(selected, None, "bent")
    assert alone.labels.tolist() == (scored.dataset.column("kind")[alone.rows] == 2).astype(int).tolist()
    assert cutsample.sample(selected).labels.sum() == (scored.dataset.column("kind")[alone.rows] == 1).sum()
    with pytest.raises(DarkroomError, match="no class 'flat'"):
        cutsample.sample(selected, None, "flat")


def test_key_numbers_carry_interval_and_n(scored):
    classified = judge_classes(scored, "all")
    numbers = {n.label: n for n in classified_report.key_numbers(classified)}
    assert list(numbers) == [
        "macro-F1", "long: purity", "long: efficiency", "balanced accuracy", "calibration error",
    ]  # fmt: skip
    assert f"n={classified.of(SIGNAL).purity_of_all.n:,}" in numbers["long: purity"].detail
    rows = classified_report.confusion_rows(classified.network)
    assert [row["true"] for row in rows] == [*CLASSES, "no label"]
    columns = classified_report.confusion_columns(classified.network)
    assert sum(columns["k"]) == len(scored.rows)


def test_no_labelled_event_is_refused(scored):
    with pytest.raises(DarkroomError, match="No event of split 'other'"):
        judge_classes(scored, "other")


def test_calibrated_probabilities_are_compatible_and_sure_ones_are_not():
    rng = np.random.default_rng(3)
    p = rng.dirichlet([1.0, 1.0, 1.0], 4000)
    labels = np.array([rng.choice(3, p=row) for row in p])
    good, _ = topcalibration.judge(p, labels)
    assert good.is_compatible
    assert good.ece.low == 0.0
    sure = p**3 / (p**3).sum(axis=1, keepdims=True)
    bad, _ = topcalibration.judge(sure, labels)
    assert not bad.is_compatible
    confidence, right = sure.max(axis=1), sure.argmax(axis=1) == labels
    assert bad.ece.value == pytest.approx(float((confidence - right).mean()), abs=0.01)  # too sure in every bin
    assert bad.ece.low > good.ece.high


def test_probabilities_move_to_another_mix_as_bayes_says():
    """Two Gaussians one sigma apart, trained at 1:1, looked at where the second is nine times as frequent."""
    x = np.linspace(-3, 4, 50)
    like = np.stack([np.exp(-(x**2) / 2), np.exp(-((x - 1) ** 2) / 2)], axis=1)
    even = like / like.sum(axis=1, keepdims=True)
    weighted = like * [0.1, 0.9]
    moved = topcalibration.moved(even, np.array([0.5, 0.5]), np.array([0.1, 0.9]))
    assert moved == pytest.approx(weighted / weighted.sum(axis=1, keepdims=True))


def test_the_interval_of_the_calibration_error_covers():
    """Too sure by a known amount: 95 % intervals of 200 samples of 500 events hold the true error."""
    rng = np.random.default_rng(8)

    def sample(n):
        p = rng.uniform(0.6, 1.0, n)
        right = rng.random(n) < p - 0.1
        probabilities = np.stack([p, 1.0 - p], axis=1)
        return topcalibration.judge(probabilities, np.where(right, 0, 1))[0]

    held = [
        calibration_error.ece.low <= 0.1 <= calibration_error.ece.high
        for calibration_error in (sample(500) for _ in range(200))
    ]
    assert 0.9 <= np.mean(held) <= 0.99
    empty, _ = topcalibration.judge(np.zeros((0, 2)), np.zeros(0, int))
    assert np.isnan(empty.ece.value)


def test_of_two_classes_the_signal_may_be_the_first(scored):
    """A run of two classes keeps one probability, that of its signal class, wherever that stands."""
    two = ("long", "round")

    def label_cuts(cuts, scheme, dataset):
        cuts_by_class = several.experiment().labels.cuts_of(cuts, scheme, dataset)
        return {name: cuts_by_class[name] for name in two}

    run = dataclasses.replace(scored.run, provenance={**scored.run.provenance, "classes": list(two)})
    experiment = several.experiment(cuts_of=label_cuts)
    p = np.stack([scored.score, 1.0 - scored.score], axis=1)
    of_two = dataclasses.replace(scored, run=run, labels_facet=experiment.labels, probabilities=p)
    kind = scored.column("kind")
    assert not of_two.is_multiclass
    assert (of_two.signal, of_two.at) == ("long", 0)
    assert of_two.probabilities[:, 0].tolist() == scored.score.tolist()
    assert of_two.labels("truth").tolist() == np.select([kind == 1, kind == 0], [1, 0], -1).tolist()
    assert of_two.of("round").score == pytest.approx(1.0 - scored.score)
    assert of_two.of("round").labels("truth").tolist() == np.select([kind == 0, kind == 1], [1, 0], -1).tolist()
    assert judge_run(of_two, which_split="all").network.point.signal.n == int((kind == 1).sum())
