"""One test over every registered experiment, and one that is unlike them: what its record promises is there and fits together."""

import dataclasses
import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest

from core import parameters
from core.analysis.analysis import KINDS, analysis_of, silent
from core.data.cuts import Cut
from core.data.dataset import read_array
from core.data.detector_images import image_of
from core.data.splits import OTHER, SPLITS
from core.errors import DarkroomError
from core.judge.grid import grid_of
from core.labels import label_session, log
from core.labels.log import LABEL
from core.learn import backend
from core.learn.plan import plan_training, task_of
from core.registry import EXPERIMENTS
from core.selection.schemes import usable_schemes
from core.selection.selection import Selection, from_dict, select
from core.workflows import analyse, derive
from core.workflows.analyse import Names
from tests.few_events import few_events
from tests.toy.experiment import EXPERIMENT as TOY


@pytest.fixture(scope="module", params=[*EXPERIMENTS.values(), TOY], ids=lambda e: e.key)
def prepared(request, once):
    """(experiment, data set) of a few simulated events."""
    with few_events(request.param, once) as dataset:
        yield request.param, dataset


def test_every_declared_column_is_in_the_table(prepared):
    experiment, dataset = prepared
    for column in experiment.table.columns:
        values = dataset.column(column.name)
        assert values.shape == (dataset.n_rows,)
        assert not np.isinf(values).any(), f"{column.name} has infinite values: NaN and a flag are the rule"
        assert column.low < column.high
        assert column.help or column.label
    assert len(np.unique(dataset.column("uid"))) == dataset.n_rows


def test_flags_fit_the_column(prepared):
    experiment, dataset = prepared
    assert int(dataset.column("flags").max()) < 1 << len(experiment.table.flags)


def test_every_parameter_says_what_it_is(prepared):
    experiment, _ = prepared
    classes = [experiment.selecting.cuts, experiment.reading.mapping, experiment.simulation.parameters]
    classes += [network.parameters for network in experiment.networks.values()]
    classes += [view.parameters for view in experiment.looking.views.values()]
    classes += [analysis.parameters for analysis in experiment.analyses.values()]
    for cls in classes:
        assert dataclasses.is_dataclass(cls)
        assert cls.__dataclass_params__.frozen
        defaults = cls()
        assert parameters.build(cls, parameters.to_dict(defaults)) == defaults
        for spec in parameters.specs(cls):
            assert spec.help, f"{cls.__name__}.{spec.name} has no help"


def test_pages_begin_with_the_mapping_of_the_own_format(prepared):
    experiment, _ = prepared
    assert next(iter(experiment.reading.mappings)) == experiment.key


def test_presets_and_schemes_select(prepared):
    experiment, dataset = prepared
    for preset in experiment.selecting.presets.values():
        for scheme in usable_schemes(experiment.selecting, experiment.labels, dataset):
            selection = Selection(preset.selection.cuts, scheme, preset.selection.split)
            assert from_dict(experiment.selecting, experiment.labels, selection.to_dict()) == selection
            selected = select(experiment.selecting, experiment.labels, dataset, selection)
            assert set(np.unique(selected.labels)) <= {-1, *range(len(selected.classes))}
            assert selected.cutting.flow[0].cumulative == dataset.n_rows
            assert all(isinstance(cut, Cut) for cut in experiment.selecting.cut_list(selection.cuts))
            assert list(experiment.labels.cuts_of(selection.cuts, scheme, dataset)) == list(selected.classes)
            assert all(isinstance(warning, str) for warning in selected.warnings)


def test_statistics_count_every_labelled_row_once(prepared):
    experiment, dataset = prepared
    for preset in experiment.selecting.presets.values():
        selected = select(experiment.selecting, experiment.labels, dataset, preset.selection)
        names = [f"{split}_{name}" for split in SPLITS[:3] for name in selected.classes]
        rows = experiment.selecting.statistics(selected)
        assert rows or not len(selected.preselected)
        if experiment.labels is not None:
            assert sum(row[name] for row in rows for name in names) == len(selected.rows()[0])


def test_no_group_is_on_two_sides(prepared):
    experiment, dataset = prepared
    selected = select(
        experiment.selecting, experiment.labels, dataset, next(iter(experiment.selecting.presets.values())).selection
    )
    group = experiment.selecting.group(dataset)[selected.preselected]
    assert all(len(set(selected.side[group == g])) == 1 for g in np.unique(group))
    is_used = np.isin(selected.preselected, selected.rows()[0])
    assert (selected.split[~is_used] == OTHER).all()
    np.testing.assert_array_equal(selected.split[is_used], selected.side[is_used])


def test_views_draw_the_first_and_the_last_row(prepared):
    experiment, dataset = prepared
    for view in experiment.looking.views.values():
        for row in (0, dataset.n_rows - 1):
            figure = view.draw(dataset, row, view.parameters())
            assert isinstance(figure, go.Figure)
            assert figure.data
        assert view.explanation


def test_rows_are_labelled_by_hand_and_what_was_frozen_can_be_trained_on(prepared):
    experiment, dataset = prepared
    how = experiment.by_hand
    if how is None:
        pytest.skip("no labels by hand")
    classes = label_session.classes_of(how, dataset)
    assert how.mapping is experiment.selecting.mapping is experiment.reading.mapping
    assert how.facts(dataset, 0) and experiment.table.truth not in how.facts(dataset, 0)
    assert how.pixels is not None or how.pictures
    for picture in how.pictures.values():
        shown = experiment.looking.views[picture.view].draw(dataset, dataset.n_rows - 1, picture.parameters)
        assert shown.data and not re.search("true vertex|cm off|simulated", shown.to_json())
    lines = [
        label_session.line(how, dataset, row, LABEL, classes[row % len(classes)], "anna")
        for row in range(dataset.n_rows)
    ]
    log.append(experiment.key, lines)
    frozen = derive.derive(experiment, dataset, how.column)
    assert frozen.derived[how.column]["n_defined"] == dataset.n_rows
    if experiment.labels is None:
        return
    before, after = (set(usable_schemes(experiment.selecting, experiment.labels, d)) for d in (dataset, frozen))
    assert after > before
    presets = [preset.selection for preset in experiment.selecting.presets.values()]
    widest = max(presets, key=lambda s: len(select(experiment.selecting, experiment.labels, dataset, s).preselected))
    for scheme in after - before:
        selection = dataclasses.replace(widest, labels=scheme)
        selected = select(experiment.selecting, experiment.labels, frozen, selection)
        network = next(iter(experiment.networks))
        plan = plan_training(selected, experiment.networks, network, {}, {})
        assert plan.task.classes == selected.classes


def input_of(dataset, recipe, n):
    """What a recipe makes of the first n rows."""
    table = {name: dataset.column(name)[:n] for name in recipe.columns(dataset)}
    return recipe.make({name: read_array(dataset, name, range(n)) for name in recipe.arrays}, table, dataset)


@pytest.mark.network
def test_recipes_make_what_the_networks_take(prepared):
    experiment, dataset = prepared
    for network in experiment.networks.values():
        recipe = network.recipe_for(network.parameters())
        x, shapes = input_of(dataset, recipe, 3), recipe.shape(dataset)
        inputs = x if isinstance(x, dict) else {"": x}
        assert inputs.keys() == (shapes if isinstance(shapes, dict) else {"": shapes}).keys()
        for name, values in inputs.items():
            assert values.shape == (3, *(shapes[name] if isinstance(shapes, dict) else shapes))
            assert values.dtype == np.float32
            assert np.isfinite(values).all()


# Keras 3.15 on TensorFlow reads its variables in a way that NumPy 2 has deprecated.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
@pytest.mark.network
def test_every_network_learns_a_step_and_is_the_same_when_it_is_read_back(prepared, tmp_path):
    experiment, dataset = prepared
    keras = backend.load_keras()
    for name, network in experiment.networks.items():
        recipe, rng = network.recipe_for(network.parameters()), np.random.default_rng(1)
        task, shape = task_of(network, network.parameters(), ("a", "b", "c"), 0), recipe.shape(dataset)
        model = network.build(network.parameters(), task.input_shape(shape), task.output(shape))
        # one step does not repay the graph that it would be traced into, nor the moments of Adam their writing
        model.compile("sgd", run_eagerly=True, **task.compile_arguments(keras))
        targets = task.made_up(3, len(task.columns or task.classes), rng)
        x, y, _ = task.batch((input_of(dataset, recipe, 3), targets, np.ones(3, np.float32)), rng)
        before = [np.array(w) for w in model.get_weights()]
        assert np.isfinite(model.train_on_batch(x, y, return_dict=True)["loss"]), name
        assert any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True)), name
        model.run_eagerly = False
        model.save(tmp_path / f"{name}.keras")
        again = keras.saving.load_model(tmp_path / f"{name}.keras", compile=False, safe_mode=True)
        np.testing.assert_array_equal(again.predict_on_batch(x), model.predict_on_batch(x), err_msg=name)


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda e: e.key)
def test_the_shipped_sample_is_small_and_there(experiment):
    files = [p for p in experiment.simulation.sample.rglob("*") if p.is_file()]
    assert files
    assert sum(p.stat().st_size for p in files) <= 20e6


def test_every_named_column_exists(prepared):
    experiment, dataset = prepared
    cuts, judging = next(iter(experiment.selecting.presets.values())).selection.cuts, experiment.judging
    named = [judging.axis.column, *judging.tree_features, *(side.column for side in judging.box)]
    named += [judging.cut_baseline(cuts).column] if judging.cut_baseline else []
    named += experiment.looking.images.box if experiment.looking.images else []
    for name in [*named, *(panel.column for panel in experiment.selecting.panels)]:
        assert dataset.column(name).shape == (dataset.n_rows,)
    if judging.truth_bound and judging.truth_bound not in experiment.table.derived:  # that one is made on demand
        assert np.isfinite(dataset.column(judging.truth_bound)).all()
    assert judging.light_yield is None or judging.light_yield(dataset) > 0
    assert judging.trees in ("boosted", "forest")
    assert all(low < high for low, high in judging.axis.windows)
    assert judging.axis.unit == next(c.unit for c in experiment.table.columns if c.name == judging.axis.column)


def test_labels_say_what_they_mean(prepared):
    experiment, _ = prepared
    if experiment.labels is not None:
        assert all(scheme.title and scheme.meaning for scheme in experiment.labels.schemes.values())
        assert experiment.labels.signal in experiment.labels.classes


def test_regions_are_apart_and_inside_what_holds_them_all(prepared):
    experiment, dataset = prepared
    grid, preset = experiment.grid, next(iter(experiment.selecting.presets.values())).selection
    if grid is None:
        with pytest.raises(DarkroomError, match="no regions"):
            grid_of(experiment)
        return
    regions = grid.regions(grid.parameters())
    assert len({region.name for region in regions}) == len(regions) >= 2

    def rows(chosen):
        selection = Selection(grid.cuts_of(preset.cuts, chosen), preset.labels, preset.split)
        return set(select(experiment.selecting, experiment.labels, dataset, selection).preselected.tolist())

    parts, whole = [rows([region]) for region in regions], rows(regions)
    assert sum(len(part) for part in parts) == len(set().union(*parts))
    assert set().union(*parts) <= whole
    assert all(json.loads(json.dumps(region.facts)) == region.facts for region in regions)


def test_every_analysis_answers_or_says_what_it_needs(prepared):
    experiment, dataset = prepared
    for key, analysis in experiment.analyses.items():
        assert set(analysis.needs) <= set(KINDS)
        assert all(need.title for need in analysis.needs.values())
        assert analysis.title and analysis.explanation
        names = Names(dataset.name if "dataset" in analysis.needs else "")
        missing = [kind for kind, need in analysis.needs.items() if need.is_required and kind != "dataset"]
        if missing:
            with pytest.raises(DarkroomError, match=f"{re.escape(analysis.title)} needs"):
                analyse.with_newest(experiment, analysis, names)
            continue
        inputs = analyse.open_inputs(experiment, analysis, analyse.with_newest(experiment, analysis, names))
        report = analysis.run(inputs, analysis.parameters(), silent)
        assert report.groups
        analyse.store("contract", report)
        again = analyse.stored("contract")
        assert json.loads(json.dumps(report.to_dict(), allow_nan=False)) == again.to_dict()
        assert again.groups == report.groups
        assert all(figure.note and isinstance(figure.figure, go.Figure) for figure in again.figures), key
    with pytest.raises(DarkroomError, match="has no analysis 'nothing'"):
        analysis_of(experiment.analyses, "nothing", experiment.title)


def test_an_image_is_kept_for_every_row_that_lies_in_one(prepared):
    experiment, dataset = prepared
    if experiment.looking.images is None:
        assert not dataset.images
        return
    at = image_of(dataset, np.arange(dataset.n_rows))
    assert set(at) <= set(range(len(dataset.images)))
    x_low, x_high, y_low, y_high = (dataset.column(name) for name in experiment.looking.images.box)
    for i, facts in enumerate(dataset.images):
        inside = at == i
        assert (x_low[inside] >= 0).all()
        assert (x_high[inside] < facts["n_columns"]).all()
        assert (y_low[inside] >= 0).all()
        assert (y_high[inside] < facts["n_rows"]).all()


def test_derived_columns_have_a_place_of_their_own(prepared):
    experiment, dataset = prepared
    for name, derived in experiment.table.derived.items():
        assert name == derived.column.name
        assert not dataset.has(name)
        assert derived.explanation
