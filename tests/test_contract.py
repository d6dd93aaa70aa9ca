"""One test over every registered experiment: what its record promises is there and fits together."""

import dataclasses
import json

import numpy as np
import plotly.graph_objects as go
import pytest

from core import parameters
from core.data.cuts import Cut
from core.data.dataset import open_dataset, read_arrays
from core.data.demo import default_mapping
from core.data.frames import frame_of
from core.data.prepare import prepare
from core.data.selection import Selection, from_dict, grid_of, select, usable_schemes
from core.data.splits import SPLITS
from core.errors import DarkroomError
from core.judge.triggered import trigger_of
from core.registry import EXPERIMENTS

each = pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=lambda e: e.key)


@pytest.fixture(scope="module", params=EXPERIMENTS.values(), ids=lambda e: e.key)
def prepared(request, tmp_path_factory):
    """(experiment, data set) of a few simulated events."""
    experiment = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("contract")))
        files = experiment.simulate(tmp_path_factory.mktemp("raw"), n_events=400, seed=5)
        prepare(experiment, files, "few", default_mapping(experiment))
        yield experiment, open_dataset("few")


def test_every_declared_column_is_in_the_table(prepared):
    experiment, dataset = prepared
    for column in experiment.columns:
        values = dataset.column(column.name)
        assert values.shape == (dataset.n_rows,)
        assert not np.isinf(values).any(), f"{column.name} has infinite values: NaN and a flag are the rule"
        assert column.low < column.high
        assert column.help or column.label
    assert len(np.unique(dataset.column("uid"))) == dataset.n_rows


def test_flags_fit_the_column(prepared):
    experiment, dataset = prepared
    assert int(dataset.column("flags").max()) < 1 << len(experiment.flags)


def test_every_parameter_says_what_it_is(prepared):
    experiment, _ = prepared
    classes = [experiment.cuts, experiment.mapping, experiment.simulation]
    classes += [network.parameters for network in experiment.networks.values()]
    classes += [view.parameters for view in experiment.views.values()]
    for cls in classes:
        assert dataclasses.is_dataclass(cls)
        assert cls.__dataclass_params__.frozen
        made = cls()
        assert parameters.build(cls, parameters.to_dict(made)) == made
        for spec in parameters.specs(cls):
            assert spec.help, f"{cls.__name__}.{spec.name} has no help"


def test_presets_and_schemes_select(prepared):
    experiment, dataset = prepared
    for preset in experiment.presets.values():
        for scheme in usable_schemes(experiment, dataset):
            selection = Selection(preset.selection.cuts, scheme, preset.selection.split)
            assert from_dict(experiment, selection.to_dict()) == selection
            selected = select(experiment, dataset, selection)
            assert set(np.unique(selected.labels)) <= {-1, *range(len(selected.classes))}
            assert selected.cutting.flow[0].cumulative == dataset.n_rows
            assert all(isinstance(cut, Cut) for cut in experiment.cut_list(selection.cuts))
            assert list(experiment.label_cuts(selection.cuts, scheme, dataset)) == list(selected.classes)
            assert all(isinstance(warning, str) for warning in selected.warnings)


def test_statistics_count_every_labelled_row_once(prepared):
    experiment, dataset = prepared
    for preset in experiment.presets.values():
        selected = select(experiment, dataset, preset.selection)
        names = [f"{split}_{name}" for split in SPLITS[:3] for name in selected.classes]
        counted = sum(row[name] for row in experiment.statistics(selected) for name in names)
        assert counted == len(selected.rows()[0])


def test_no_group_is_on_two_sides(prepared):
    experiment, dataset = prepared
    selected = select(experiment, dataset, next(iter(experiment.presets.values())).selection)
    group = experiment.group(dataset)[selected.preselected]
    assert all(len(set(selected.split[group == g])) == 1 for g in np.unique(group))


def test_views_draw_the_first_and_the_last_row(prepared):
    experiment, dataset = prepared
    for view in experiment.views.values():
        for row in (0, dataset.n_rows - 1):
            figure = view.draw(dataset, row, view.parameters())
            assert isinstance(figure, go.Figure)
            assert figure.data
        assert view.explanation


@pytest.mark.network
def test_recipes_make_what_the_networks_take(prepared):
    experiment, dataset = prepared
    for network in experiment.networks.values():
        recipe = network.recipe_for(network.parameters())
        table = {name: dataset.column(name)[:3] for name in recipe.columns}
        x, shapes = recipe.make(read_arrays(dataset, range(3)), table, dataset), recipe.shape(dataset)
        inputs = x if isinstance(x, dict) else {"": x}
        assert inputs.keys() == (shapes if isinstance(shapes, dict) else {"": shapes}).keys()
        for name, one in inputs.items():
            assert one.shape == (3, *(shapes[name] if isinstance(shapes, dict) else shapes))
            assert one.dtype == np.float32
            assert np.isfinite(one).all()


@each
def test_the_shipped_sample_is_small_and_there(experiment):
    files = [p for p in experiment.sample.rglob("*") if p.is_file()]
    assert files
    assert sum(p.stat().st_size for p in files) <= 20e6


def test_every_named_column_exists(prepared):
    experiment, dataset = prepared
    cuts = next(iter(experiment.presets.values())).selection.cuts
    named = [*experiment.judge_columns, *experiment.tree_features, *(side.column for side in experiment.box)]
    named += [experiment.cut_baseline(cuts).column] if experiment.cut_baseline else []
    named += [experiment.trigger.true_energy] if experiment.trigger else []
    named += experiment.imaging.box if experiment.imaging else []
    for name in [*named, *(panel.column for panel in experiment.panels)]:
        assert dataset.column(name).shape == (dataset.n_rows,)
    if experiment.truth_bound:
        assert np.isfinite(dataset.column(experiment.truth_bound)).all()
    assert set(experiment.scheme_meaning) == set(experiment.label_schemes)
    assert experiment.light_yield is None or experiment.light_yield(dataset) > 0
    assert experiment.signal in experiment.classes
    assert experiment.trees in ("boosted", "forest")
    assert all(low < high for low, high in experiment.judge_windows)


def test_regions_are_apart_and_inside_what_holds_them_all(prepared):
    experiment, dataset = prepared
    grid, preset = experiment.grid, next(iter(experiment.presets.values())).selection
    if grid is None:
        with pytest.raises(DarkroomError, match="no regions"):
            grid_of(experiment)
        return
    regions = grid.regions(grid.parameters())
    assert len({region.name for region in regions}) == len(regions) >= 2

    def rows(chosen):
        selection = Selection(grid.cuts_of(preset.cuts, chosen), preset.labels, preset.split)
        return set(select(experiment, dataset, selection).preselected.tolist())

    parts, whole = [rows([region]) for region in regions], rows(regions)
    assert sum(len(part) for part in parts) == len(set().union(*parts))
    assert set().union(*parts) <= whole
    assert all(json.loads(json.dumps(region.facts)) == region.facts for region in regions)


def test_the_trigger_rises_with_energy_and_adds_up(prepared):
    trigger = prepared[0].trigger
    if trigger is None:
        with pytest.raises(DarkroomError, match=prepared[0].title.split(",")[0]):
            trigger_of(prepared[0])
        return
    made, energies = trigger.parameters(), [0.1, 0.5, 2.0]
    closed = trigger.closed_form(energies, made)
    assert (np.diff(closed) > 0).all()
    assert 0 <= closed[0] <= closed[-1] <= 1
    for point in trigger.scan(energies, made, 500, 1):
        parts = (point.light, point.helped, point.accidental)
        assert {part.n for part in parts} == {500}
        assert sum(part.k for part in parts) <= 500


def test_an_image_is_kept_for_every_row_that_lies_in_one(prepared):
    experiment, dataset = prepared
    if experiment.imaging is None:
        assert not dataset.frames
        return
    at = frame_of(dataset, np.arange(dataset.n_rows))
    assert set(at) <= set(range(len(dataset.frames)))
    x_low, x_high, y_low, y_high = (dataset.column(name) for name in experiment.imaging.box)
    for i, facts in enumerate(dataset.frames):
        inside = at == i
        assert (x_low[inside] >= 0).all()
        assert (x_high[inside] < facts["n_columns"]).all()
        assert (y_low[inside] >= 0).all()
        assert (y_high[inside] < facts["n_rows"]).all()


def test_derived_columns_have_a_place_of_their_own(prepared):
    experiment, dataset = prepared
    for name, derived in experiment.derived.items():
        assert name == derived.column.name
        assert not dataset.has(name)
        assert derived.explanation
