"""Planes on page Evaluate in which a region is drawn: the axis against the score, and the map of what the last layer sees."""

import streamlit as st

from core import maps
from core.figures import planes
from core.judge.evaluation import Evaluation
from core.judge.score_table import ScoreTable
from core.selection.histograms import classes_drawn, rows_by_class
from core.selection.plane import Plane, PlaneAxis, plane_of, range_of
from core.selection.region import Region
from core.selection.selection import Selected
from core.workflows import map_job, quantities
from pages.widgets import cached, choose, layout, opening, region_chosen, run_picker
from pages.widgets.touch import plane as touched

HEIGHT_PX = 400
MAP_TAB, PLANE_TAB = "map", "plane"
NOTE = (
    "Every row that the run has scored, by label. Drag for a lasso, Shift and drag for a rectangle, click a cell for its rows; "
    "keys: arrows, R, Enter, Escape. Surprising: an island of one class inside of another."
)


def draw_map(judged: Evaluation, scored: ScoreTable, where: dict[str, str]) -> None:
    """The map of a run, or the button that makes it."""
    del judged
    run, data = scored.run, scored.dataset
    method = choose.one_of("map by", maps.METHODS, "map", of=run.id, draw=st.segmented_control, required=True)
    if not maps.is_there(run.path, data.name, method):
        st.info("The run has no such map of this data set yet: a job takes every scored row through the network once.")
        run_picker.job_button(
            "make the map",
            f"map-{run.id}-{data.name}-{method}",
            lambda: map_job.submit(run, data, method),
            ":material/map:",
        )
        return
    with layout.refusals():
        facts = maps.facts(run.path, data.name, method)
        axes = _map_axis(scored, method, 1, facts), _map_axis(scored, method, 2, facts)
    st.caption(
        f"{facts['n_rows']:,} rows by the {facts['n_activations']:,} numbers that the layer '{layout.plain(facts['layer'])}' sees"
    )
    _draw(scored, axes, where, MAP_TAB)


def draw_scores(judged: Evaluation, scored: ScoreTable, where: dict[str, str]) -> None:
    """The axis against the score, every row."""
    del judged
    name, run = scored.judging.axis.column, scored.run
    what = _score_of(scored)
    with layout.refusals():
        window = range_of(scored.axis_values, False)
        x = quantities.axis_of_column(cached.experiment_of(scored.dataset), scored.dataset, name, window)
    _draw(scored, (x, quantities.axis_of_score(run.id, what, f"score of {scored.signal}")), where, PLANE_TAB)


def _score_of(scored: ScoreTable) -> str:
    """What the quantity is called that is the probability of the class told from the rest."""
    return f"p.{scored.at}" if scored.is_multiclass else quantities.SCORE


def _map_axis(scored: ScoreTable, method: str, number: int, facts: dict[str, object]) -> PlaneAxis:
    name = f"{scored.run.id}/{method}.{number}"
    shares = facts.get("shares")
    share = f", {100 * shares[number - 1]:.1f} % of the variance" if isinstance(shares, list) else ""
    label = f"principal component {number}{share}" if method == maps.PCA else f"UMAP {number}"
    return PlaneAxis(name, label, "", *range_of(region_chosen.quantity(scored.dataset, name), False))


def _draw(scored: ScoreTable, axes: tuple[PlaneAxis, PlaneAxis], where: dict[str, str], key: str) -> None:
    data = scored.dataset
    selected = cached.select(data, scored.under(where["label"]))
    region = region_chosen.from_address()
    left, right = st.columns([78, 22], gap="small")
    with right:
        colouring = choose.one_of("colours", planes.COLOURINGS, "colours3", first=planes.BY_CLASS)
    with layout.refusals():
        versions = tuple(quantities.version(data, axis.name) for axis in axes)
        plane = _counted(selected, scored, axes, versions)
    if region is not None and not plane.fits(region):
        region_chosen.clear()
        region = None
    with left:
        picture = planes.picture(plane, colouring=colouring, note=NOTE, region=region, value="mean score")
        clicked = touched.draw(plane, picture, f"evaluate-{key}-{scored.run.id}", HEIGHT_PX, region_chosen.put)
    opened = {name: value for name, value in where.items() if name != "of"}  # all splits are drawn
    with right:
        if region is None:
            st.caption(f"No region is drawn: {plane.n:,} rows.")
        else:
            _chosen(selected, scored, plane, region, opened)
    if clicked is not None:
        opening.open_events(**opened, region=str(clicked))


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def _counted(
    selected: Selected, scored: ScoreTable, axes: tuple[PlaneAxis, PlaneAxis], versions: tuple[str, ...]
) -> Plane:
    del versions
    labels, names = classes_drawn(selected, among=scored.rows)
    score = region_chosen.quantity(selected.dataset, f"{scored.run.id}/{_score_of(scored)}")
    x, y = (region_chosen.quantity(selected.dataset, axis.name) for axis in axes)
    return plane_of(axes, x, y, labels, names, score)


def _chosen(selected: Selected, scored: ScoreTable, plane: Plane, region: Region, where: dict[str, str]) -> None:
    with layout.refusals():
        is_in = region_chosen.rows_of(selected.dataset, region)
    rows, by_class = rows_by_class(is_in, *classes_drawn(selected, among=scored.rows))
    region_chosen.panel(selected, rows, f"{plane.n:,}", by_class, region, where)
