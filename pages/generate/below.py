"""Below the pictures of page Generate: what samples hold beside the truth, the next draw, and the same event across epochs."""

from typing import Any

import streamlit as st

from core import runs
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.figures import image_pairs
from core.figures.generation import TRUTH, overlaid
from core.figures.image_pairs import DIFFERENCE, Line, Picture
from core.judge import score_table
from core.judge.generating import generating_of
from core.judge.generation import contents, pairs
from core.judge.generation.contents import Contents
from core.judge.output_table import open_outputs
from core.learn import epoch_weights
from core.learn.generator import task_of
from core.learn.tasks.generate import SAMPLES
from pages.generate import controls
from pages.generate.shown import Shown, geometry_of, images_of, true_array
from pages.widgets import asking, cached, layout, run_picker, scores

SAMPLE, AGAIN, EPOCHS = "all generated rows", "two draws", "across epochs"
NOTES = {
    "counts": "Rows that no training saw. Surprising: a spike where the truth is broad: a network that cannot vary.",
    "values": "The same rows. Surprising: a gap or a peak that the truth does not have.",
}


def draw(shown: Shown, answered: list[Any] | None) -> None:
    """One tab after the other; only the open one works."""
    epochs = epoch_weights.epochs(shown.chosen[0])
    drawn = {SAMPLE: lambda: samples(shown), AGAIN: lambda: again(shown, answered)}
    if epochs:
        drawn[EPOCHS] = lambda: across_epochs(shown, epochs, answered)
    for tab, name in zip(st.tabs(list(drawn), key="show", bind="query-params"), drawn, strict=True):
        if tab.open:
            with tab:
                drawn[name]()


@st.cache_resource(max_entries=16, show_spinner="Reading what was generated ...", hash_funcs=cached.KEYS)
def _contents(experiment: Experiment, data: Dataset, _chosen: dict[str, runs.Run], version: str) -> Contents:
    del version
    tables = {label: open_outputs(run, task_of(run, experiment.networks), data) for label, run in _chosen.items()}
    return contents.contents_of(tables, generating_of(experiment))


def samples(shown: Shown) -> None:
    """The number of elements that are not 0, and their values, of all stored rows against the truth."""
    missing = [run for run in shown.chosen if not scores.has_scores(run, shown.data)]
    for run in missing:
        st.caption(
            f"Run {layout.plain(run.name)} has generated no rows of data set {layout.plain(shown.data.name)} yet."
        )
        run_picker.score_button(run, shown.data, f"let {run.network} generate them")
    if missing:
        return
    by_label = dict(zip(shown.labels, shown.chosen, strict=True))
    version = "|".join(
        f"{label} {run.id} {score_table.version(run, shown.data.name)}" for label, run in by_label.items()
    )
    with layout.refusals():
        held = _contents(shown.experiment, shown.data, by_label, version)
    if not held.n:
        st.caption("No generated row is of those that the trainings did not see: nothing can be compared.")
        return
    element, row, unit = shown.generating.element, shown.experiment.row_name, shown.generating.unit
    left, right = st.columns(2, gap="small")
    for side, key, histograms, title, what in (
        (left, "counts", held.counts, f"hit {element}s of a {row}", f"{row}s"),
        (right, "values", held.values, f"log10 of the value of a hit {element} [{unit}]", f"hit {element}s"),
    ):
        with side:
            figure = overlaid(histograms, title, what).update_layout(height=330)
            layout.show_figure(
                figure,
                f"generate-{key}",
                NOTES[key],
                lambda h=histograms, t=title: contents.columns(h, t),
            )
    if held.n < held.n_of:
        st.caption(f"{held.n:,} of the {held.n_of:,} rows, evenly among them.")


def again(shown: Shown, answered: list[Any] | None) -> None:
    """Two draws of the same conditions and their difference, of each run; why some networks cannot vary."""
    if not answered:
        st.caption("Waiting for the network.")
        return
    lines, unit = [], shown.generating.unit
    for run, label, answer in zip(shown.chosen, shown.labels, answered, strict=True):
        first, second = answer.result[SAMPLES]
        largest = float(abs(first - second).max())
        is_same = task_of(run, shown.experiment.networks).noise == 0
        if is_same:
            st.info(layout.plain(f"{label} cannot vary. {shown.generating.sameness}"), icon=":material/content_copy:")
        st.caption(f"**{layout.plain(label)}**: largest difference between the two draws {largest:.4g} {unit}.")
        pictures = (
            Picture(f"key {shown.draw}", first, unit=unit), Picture(f"key {shown.draw + 1}", second, unit=unit),
            Picture("difference", second - first, DIFFERENCE, unit),
        )  # fmt: skip
        lines.append(Line(label, pairs.framed(pictures, shown.generating.frame(geometry_of(shown, run)))))
    frame = shown.generating.frame(shown.data.geometry)
    note = "Two draws of the same conditions and the second less the first. A difference of 0 everywhere: the network has no noise."
    layout.show_figure(
        image_pairs.draw(lines, frame, 200), "generate-again", note, lambda: image_pairs.columns(lines, frame)
    )


def across_epochs(shown: Shown, epochs: list[int], answered: list[Any] | None) -> None:
    """The same event with the weights after each epoch that the run keeps."""
    run = shown.chosen[0]
    drawn = {}
    for epoch in epochs:
        answer = asking.ask(
            controls.request(run, shown.experiment, shown.conditions, shown.draw, epoch), f"generate-epoch-{epoch}"
        )
        if answer is None:
            return
        drawn[f"epoch {epoch}"] = {name: values[0] for name, values in answer.result.items()}
    if answered:
        drawn["best weights"] = {name: values[0] for name, values in answered[0].result.items()}
    by_name = {name: images_of(shown, run, part, shown.conditions) for name, part in drawn.items()}
    if shown.truth is not None:
        array = true_array(shown)
        by_name[TRUTH] = images_of(shown, None, {SAMPLES: array}, shown.truth.conditions)
    titles = [picture.title for picture in next(iter(by_name.values()))]
    lines = [
        Line(
            title,
            [
                Picture(name, parts[i].values, parts[i].kind, parts[i].unit, frame=parts[i].frame)
                for name, parts in by_name.items()
            ],
        )
        for i, title in enumerate(titles)
    ]
    frame = shown.generating.frame(shown.data.geometry)
    note = "The same conditions and the same noise with the weights after each epoch that the run keeps, and with the best ones."
    layout.show_figure(
        image_pairs.draw(lines, frame, 170), "generate-epochs", note, lambda: image_pairs.columns(lines, frame)
    )
