"""The tabs on runs of several classes on page Evaluate: confusion matrix, purity and efficiency, methods."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.splits import SPLITS
from core.errors import DarkroomError
from core.figures import calibration as calibration_figure
from core.figures import classcurves as curves
from core.figures import confusion as figures
from core.judge import classified_report as report
from core.judge.baselines import TREES
from core.judge.classified import Classified
from core.judge.report import in_words
from core.judge.score_table import ScoreTable
from core.selection.events import NO_CLASS, EventFilter
from pages.widgets import cached, choose, gallery, layout, opening, run_picker
from pages.widgets import scores as judged

HEIGHT = 340
WIDTHS = (1.0, 1.05, 1.05, 1.05, 1.05)


def choose_mix(scored: ScoreTable) -> tuple[float, ...]:
    """Parts of the classes at another mix; empty for that of the events."""
    choose.apart(scored.run.id, mix="")
    text = st.text_input(
        "at another mix", key="mix", placeholder=" : ".join("1" for _ in scored.classes), **choose.STAY,
        help=f"numbers in any unit, such as tracks per image, of {', '.join(scored.classes)}: purities and macro-F1 are also "
        "told for that mix",
    )  # fmt: skip
    try:
        return tuple(float(part) for part in (text or "").replace(":", " ").replace(",", " ").split())
    except ValueError:
        raise DarkroomError(f"The mix is '{text}': expected numbers such as 1 : 2 : 0.5.") from None


def tabs(scored: ScoreTable) -> tuple[str, ...]:
    """The tabs that say something of this data set."""
    along = (f"classes by {scored.judging.axis.name}",) if scored.has_axis else ()
    return ("confusion", "purity and efficiency", *along, "methods", "calibration of the calls")


def draw(name: str, classified: Classified, scored: ScoreTable, where: dict[str, str], reject_below: float) -> None:
    """One of the tabs."""
    drawn: dict[str, Callable[[], None]] = {
        "confusion": lambda: matrix(classified, scored, where, reject_below),
        "purity and efficiency": lambda: by_threshold(classified, reject_below),
        "methods": lambda: methods(classified, scored),
        "calibration of the calls": lambda: calibration(classified),
    }
    drawn.get(name, lambda: by_axis(classified))()


def matrix(classified: Classified, scored: ScoreTable, where: dict[str, str], reject_below: float) -> None:
    """The matrix, and the events of one of its cells: chosen by click or by keyboard."""
    counts = classified.network.confusion
    figure = figures.confusion(counts).update_layout(height=HEIGHT)
    note = (
        "Events of each true class (row, with n) by what they are called, percent of the row with 95 % Clopper-Pearson "
        "intervals on hover. Click a cell to see its events below. A cell far from the diagonal that fills up is what to look at."
    )
    layout.show_figure(
        figure, "evaluate-confusion", note, lambda: report.confusion_columns(classified.network), on_select=_clicked,
        selection_mode="points",
    )  # fmt: skip
    cell_events(classified, scored, where, reject_below)
    st.dataframe(report.class_rows(classified.network), hide_index=True, alt="efficiency and purity of each class")
    with st.expander("the matrix as a table, with intervals"):
        st.dataframe(report.confusion_rows(classified.network), hide_index=True, alt="confusion matrix with intervals")


def _clicked() -> None:
    """Choose the cell that was clicked: its marker carries the names."""
    for point in st.session_state["evaluate-confusion"]["selection"]["points"]:
        if point.get("customdata") is not None:
            choose.put("true", point["customdata"][2])
            choose.put("called-as", point["customdata"][3])


def cell_events(classified: Classified, scored: ScoreTable, where: dict[str, str], reject_below: float) -> None:
    """The events of a cell as a gallery, and the way to look at them one by one."""
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    true_names = [*classified.classes, *([NO_CLASS] if classified.n_unlabelled else [])]
    with left:
        true = choose.one_of("true", true_names, "true", of=scored.run.id)
    with middle:
        predicted_names = [*classified.classes, *([report.NONE] if reject_below else [])]
        predicted = choose.one_of("called", predicted_names, "called-as", of=scored.run.id)
    conditions: dict[str, Any] = {**where, "class": true, "called": predicted, "reject": float(reject_below)}
    if right.button("one by one", icon=":material/search:", help="open these events on page Inspect"):
        opening.open_events(**conditions)
    data: Dataset = scored.dataset
    with layout.refusals():
        rows = _rows(scored, classified, where, true, predicted, reject_below)
    scores = judged.row_scores(scored)

    def probabilities(shown: Any) -> list[str]:
        assert scores.outputs is not None
        return [f"{p:.3f}" for p in scores.outputs[shown].max(axis=1).tolist()]

    gallery.gallery(
        data,
        rows,
        "cell",
        f"events of {true} called {predicted}, with the probability of that",
        probabilities,
        **conditions,
    )


def _rows(
    scored: ScoreTable, classified: Classified, where: dict[str, str], true: str, predicted: str, reject_below: float
) -> Any:
    selected = cached.select(scored.dataset, scored.under(classified.label_scheme))
    names = {name: i for i, name in enumerate(selected.classes)}
    wanted = EventFilter(
        label=names.get(true, -1),
        predicted=classified.classes.index(predicted) if predicted in classified.classes else -1,
        reject_below=reject_below,
        split=SPLITS.index(where["of"]) if "of" in where else None,
    )
    return judged.find_events(selected, scored, scored.judging.axis.column, wanted)


def by_threshold(classified: Classified, reject_below: float) -> None:
    of_all = False
    if classified.n_unlabelled:
        of_all = st.toggle(
            "count events without a label as wrong", value=True, key="of-all", **choose.STAY,
            help="everything that is called a class counts for its purity, also what no class of this run is made for",
        )  # fmt: skip
    figure = curves.by_threshold(classified.curves, reject_below, of_all=of_all).update_layout(height=HEIGHT)
    note = (
        "An event is called a class where that is the most probable one and reaches the threshold; bands: 95 % Clopper-Pearson. "
        "Dotted: 'reject below'. A purity that falls towards high thresholds would be surprising."
    )
    layout.show_figure(figure, "evaluate-classes", note, lambda: report.curve_columns(classified))
    st.markdown(
        f"**{layout.plain(classified.signal)}**, thresholds chosen on {layout.plain(classified.chosen_on)} to keep 90 %"
    )
    st.dataframe(report.signal_rows(classified), hide_index=True, alt="what every method keeps of the signal class")


def by_axis(classified: Classified) -> None:
    figure = curves.by_bin(classified.by_bin).update_layout(height=HEIGHT + 60)
    note = (
        "Part of each class that is called so, and part of what is called so that is right, per bin with 95 % intervals; "
        "pale: fewer than 20 events. A dip in one bin alone would ask for a look at its events."
    )
    layout.show_figure(figure, "evaluate-class-energy", note, lambda: report.bin_columns(classified))


def methods(classified: Classified, scored: ScoreTable) -> None:
    """The network beside trees and cuts on the same events."""
    st.markdown("**All classes**: macro-F1, the difference by paired bootstrap on the same events")
    st.dataframe(report.method_rows(classified), hide_index=True, alt="network and trees, all classes")
    st.markdown(f"**{layout.plain(classified.signal)}**: what each method keeps, and how pure it is")
    st.dataframe(report.signal_rows(classified), hide_index=True, alt="what every method keeps of the signal class")
    for name, baseline in classified.baselines.items():
        with st.expander(f"confusion matrix of the {name}"):
            figure = figures.confusion(baseline.confusion).update_layout(height=HEIGHT)
            layout.show_figure(figure, f"evaluate-confusion-{name}", "The same events, called by the other method.")
    if scored.judging.tree_features and TREES not in classified.baselines:
        run_picker.trees_button(scored.run, scored.dataset)
    st.caption(
        "All of these events; a cut has no threshold of its own. 'Purity of all' counts what has no label among these classes as wrong."
    )


def calibration(classified: Classified) -> None:
    reliability = classified.network.calibration
    figure = calibration_figure.reliability(
        {"": classified.network.bins}, score="probability of the called class", observed="events called rightly"
    ).update_layout(height=HEIGHT)
    note = (
        "Probability of the class that an event is called, moved to the mix of these events, against the part called rightly. "
        "Points below the diagonal: too sure of itself."
    )
    layout.show_figure(figure, "evaluate-top", note)
    chance = "chance alone explains it" if reliability.is_compatible else "more than chance explains"
    st.caption(
        f"Calibration error in percent {in_words(reliability.ece)}, freed of the scatter of the bins: {chance}. With the scatter, as the "
        f"literature counts it, {100 * reliability.plain:.2f} %, of which perfectly calibrated probabilities give {100 * reliability.expected:.2f} %."
    )
