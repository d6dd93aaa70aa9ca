"""All classes of a run at once, on the page that judges it: confusion matrix, purity and efficiency, methods."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.data.events import NO_CLASS, EventFilter
from core.data.splits import SPLITS
from core.errors import DarkroomError
from core.figures import classcurves as curves
from core.figures import confusion as figures
from core.judge import classified_export as export
from core.judge.baselines import TREES
from core.judge.classified import Classified
from core.judge.scored import Scored
from pages.parts import asked, cached, choose, frame, gallery, judged, opening

HEIGHT = 340
TABS = ("confusion", "purity and efficiency", "classes by energy", "methods", "calibration of the calls")
WIDTHS = (1.0, 1.05, 1.05, 1.05, 1.05)


def key_numbers(found: Classified) -> None:
    numbers = export.key_numbers(found)
    for column, number in zip(st.columns(WIDTHS, gap="xsmall"), numbers, strict=True):
        column.metric(number.label, number.value, number.detail, help=number.help, delta_color="off", delta_arrow="off")


def choose_mix(found: Scored) -> tuple[float, ...]:
    """Parts of the classes at another mix; empty for that of the events."""
    text = st.text_input(
        "at another mix", key="mix", placeholder=" : ".join("1" for _ in found.classes), **choose.STAY,
        help=f"numbers in any unit, such as tracks per image, of {', '.join(found.classes)}: purities and macro-F1 are also "
        "told for that mix",
    )  # fmt: skip
    try:
        return tuple(float(part) for part in (text or "").replace(":", " ").replace(",", " ").split())
    except ValueError:
        raise DarkroomError(f"The mix is '{text}': expected numbers such as 1 : 2 : 0.5.") from None


def draw(name: str, found: Classified, scored: Scored, where: dict[str, str], reject_below: float) -> None:
    """One of TABS."""
    drawn: dict[str, Callable[[], None]] = {
        TABS[0]: lambda: matrix(found, scored, where, reject_below),
        TABS[1]: lambda: by_threshold(found, reject_below),
        TABS[2]: lambda: by_energy(found),
        TABS[3]: lambda: methods(found, scored),
        TABS[4]: lambda: calibration(found),
    }
    drawn[name]()


def matrix(found: Classified, scored: Scored, where: dict[str, str], reject_below: float) -> None:
    """The matrix, and the events of one of its cells: chosen by click or by keyboard."""
    judged_as = found.network.confusion
    figure = figures.confusion(judged_as).update_layout(height=HEIGHT)
    note = (
        "Events of each true class (row, with n) by what they are called, percent of the row with 95 % Clopper-Pearson "
        "intervals on hover. Click a cell to see its events below. A cell far from the diagonal that fills up is what to look at."
    )
    frame.show_figure(
        figure, "evaluate-confusion", note, lambda: export.confusion_columns(found.network), on_select=_clicked,
        selection_mode="points",
    )  # fmt: skip
    cell_events(found, scored, where, reject_below)
    st.dataframe(export.class_rows(found.network), hide_index=True, alt="efficiency and purity of each class")
    with st.expander("the matrix as a table, with intervals"):
        st.dataframe(export.confusion_rows(found.network), hide_index=True, alt="confusion matrix with intervals")


def _clicked() -> None:
    """Choose the cell that was clicked: its marker carries the names."""
    for point in st.session_state["evaluate-confusion"]["selection"]["points"]:
        if point.get("customdata") is not None:
            choose.put("true", point["customdata"][2])
            choose.put("called-as", point["customdata"][3])


def cell_events(found: Classified, scored: Scored, where: dict[str, str], reject_below: float) -> None:
    """The events of a cell as a gallery, and the way to look at them one by one."""
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    true_names = [*found.classes, *([NO_CLASS] if found.n_unlabelled else [])]
    with left:
        true = choose.one_of("true", true_names, "true")
    with middle:
        called = choose.one_of("called", [*found.classes, *([export.NONE] if reject_below else [])], "called-as")
    asks: dict[str, Any] = {**where, "class": true, "called": called, "reject": float(reject_below)}
    if right.button("one by one", icon=":material/search:", help="open these events on page Inspect"):
        opening.open_events(**asks)
    data: Dataset = scored.dataset
    with frame.refusals():
        rows = _rows(scored, found, where, true, called, reject_below)
    scores = judged.row_scores(scored)

    def told(shown: Any) -> list[str]:
        assert scores.outputs is not None
        return [f"{p:.3f}" for p in scores.outputs[shown].max(axis=1).tolist()]

    gallery.gallery(data, rows, "cell", f"events of {true} called {called}, with the probability of that", told, **asks)


def _rows(scored: Scored, found: Classified, where: dict[str, str], true: str, called: str, reject_below: float) -> Any:
    selected = cached.select(scored.dataset, scored.under(found.label_scheme))
    names = {name: i for i, name in enumerate(selected.classes)}
    wanted = EventFilter(
        label=names.get(true, -1),
        predicted=found.classes.index(called) if called in found.classes else -1,
        reject_below=reject_below,
        split=SPLITS.index(where["of"]) if "of" in where else None,
    )
    return judged.find_events(selected, scored, scored.experiment.judge_columns[0], wanted)


def by_threshold(found: Classified, reject_below: float) -> None:
    of_all = False
    if found.n_unlabelled:
        of_all = st.toggle(
            "count events without a label as wrong", value=True, key="of-all", **choose.STAY,
            help="everything that is called a class counts for its purity, also what no class of this run is made for",
        )  # fmt: skip
    figure = curves.by_threshold(found.curves, reject_below, of_all=of_all).update_layout(height=HEIGHT)
    note = (
        "An event is called a class where that is the most probable one and reaches the threshold; bands: 95 % Clopper-Pearson. "
        "Dotted: 'reject below'. A purity that falls towards high thresholds would be surprising."
    )
    frame.show_figure(figure, "evaluate-classes", note, lambda: export.curve_columns(found))
    st.markdown(f"**{frame.plain(found.signal)}**, thresholds chosen on {frame.plain(found.chosen_on)} to keep 90 %")
    st.dataframe(export.signal_rows(found), hide_index=True, alt="what every method keeps of the signal class")


def by_energy(found: Classified) -> None:
    figure = curves.by_energy(found.energy).update_layout(height=HEIGHT + 60)
    note = (
        "Part of each class that is called so, and part of what is called so that is right, per energy bin with 95 % intervals; "
        "pale: fewer than 20 events. A dip in one bin alone would ask for a look at its events."
    )
    frame.show_figure(figure, "evaluate-class-energy", note, lambda: export.energy_columns(found))


def methods(found: Classified, scored: Scored) -> None:
    """The network beside trees and cuts on the same events."""
    st.markdown("**All classes**: macro-F1, the difference by paired bootstrap on the same events")
    st.dataframe(export.method_rows(found), hide_index=True, alt="network and trees, all classes")
    st.markdown(f"**{frame.plain(found.signal)}**: what each method keeps, and how pure it is")
    st.dataframe(export.signal_rows(found), hide_index=True, alt="what every method keeps of the signal class")
    for name, one in found.baselines.items():
        with st.expander(f"confusion matrix of the {name}"):
            figure = figures.confusion(one.confusion).update_layout(height=HEIGHT)
            frame.show_figure(figure, f"evaluate-confusion-{name}", "The same events, called by the other method.")
    if scored.experiment.tree_features and TREES not in found.baselines:
        asked.trees_button(scored.run, scored.dataset)
    st.caption(
        "All of these events; a cut has no threshold of its own. 'Purity of all' counts what has no label among these classes as wrong."
    )


def calibration(found: Classified) -> None:
    told = found.network.calibration
    figure = figures.top_reliability(told).update_layout(height=HEIGHT)
    note = (
        "Probability of the class that an event is called, moved to the mix of these events, against the part called rightly. "
        "Points below the diagonal: too sure of itself."
    )
    frame.show_figure(figure, "evaluate-top", note)
    chance = "chance alone explains it" if told.is_compatible else "more than chance explains"
    st.caption(
        f"Calibration error in percent {export.percent(told.ece)}; perfectly calibrated probabilities give {100 * told.expected:.2f} % by "
        f"chance, at most {100 * told.expected_high:.2f} % in 95 of 100 cases: {chance}."
    )
