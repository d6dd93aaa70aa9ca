"""How far down in energy can the selection be trusted?"""

import math

import streamlit as st

from core.figures import energy as figures
from core.judge import lowenergy, threshold_curve, unseen
from core.judge.lowenergy import LowEnergy
from core.judge.scored import Scored
from pages.parts import asked, choose, frame, trusted

HEIGHT = 350
SCALES = ("logarithmic", "linear")
CALLS = ("counts", "normalised")


def controls(scored: Scored) -> tuple[float, float, str]:
    """(threshold, bin width, label scheme); the efficiency that a threshold by energy shall hold is kept under its key."""
    threshold = asked.choose_threshold()
    widths = lowenergy.bin_widths(scored.experiment.judge_range_kev)
    asked.only_known("bin", widths)
    width = st.segmented_control(
        "bin width [keV]", widths, default=widths[-1], key="bin", required=True, **choose.STAY,
    )  # fmt: skip
    scheme = asked.choose_scheme(scored.experiment, scored.schemes(), scored.selection.labels)
    st.slider(
        "threshold by energy: keep [%]", 50.0, 99.5, 95.0, 0.5, key="wanted", **choose.STAY, format="%g",
        help="signal efficiency that the threshold by energy holds at every energy, as far as the validation events "
        "determine it",
    )  # fmt: skip
    return threshold, width or widths[-1], scheme


def key_numbers(found: LowEnergy) -> None:
    numbers = lowenergy.key_numbers(found)
    for column, number in zip(st.columns(len(numbers), gap="xsmall"), numbers, strict=True):
        column.metric(number.label, number.value, number.detail, help=number.help, delta_color="off", delta_arrow="off")


def main_figure(found: LowEnergy, scored: Scored, threshold: float, width: float) -> None:
    """The figure that is asked for; only the open tab is drawn."""
    names = ("efficiency", "score", "what it is called", "pure samples", "threshold by energy")
    tabs = st.tabs(names, key="show", bind="query-params")
    for tab, draw in zip(tabs, (by_energy, scores, calls, samples, follow), strict=True):
        if tab.open:
            with tab:
                draw(found, scored, threshold, width)


def light_yield(scored: Scored) -> float:
    return scored.experiment.light_yield(scored.dataset) if scored.experiment.light_yield else math.nan


def gaps(found: LowEnergy, scored: Scored) -> list[tuple[float, float]]:
    return lowenergy.gaps(trusted.unscored_kev(scored), found)


def by_energy(found: LowEnergy, scored: Scored, threshold: float, width: float) -> None:
    del threshold, width
    figure = figures.efficiency(found, light_yield(scored), gaps(found, scored)).update_layout(height=HEIGHT)
    note = (
        "Signal kept and background rejected per energy bin, 95 % Clopper-Pearson intervals; pale: fewer than 20 events. "
        + (
            "Signal that falls before the trigger does (about 0.5 keV)"
            if scored.experiment.trigger
            else "Signal that falls"
        )
        + " is lost by the selection."
    )
    frame.show_figure(figure, "lowenergy-efficiency", note, lambda: lowenergy.bin_columns({found.scheme: found}))


def scores(found: LowEnergy, scored: Scored, threshold: float, width: float) -> None:
    del threshold, width
    figure = figures.scores(found, light_yield(scored), gaps(found, scored)).update_layout(height=HEIGHT)
    note = (
        "Median score and, as bars, the central 68 % of the events (not the error of a mean: scores pile up at both ends). "
        "Classes that approach each other towards low energy are what "
        + ("a photoelectron count of ten or twenty" if scored.experiment.light_yield else "so little charge")
        + " allows."
    )
    frame.show_figure(figure, "lowenergy-score", note, lambda: lowenergy.bin_columns({found.scheme: found}))


def calls(found: LowEnergy, scored: Scored, threshold: float, width: float) -> None:
    """The two plots "Compatibility - Low Energy" of the slides."""
    del threshold, width
    with st.container(horizontal=True):
        kind = st.segmented_control(
            "shown as", CALLS, default=CALLS[0], key="calls", required=True, label_visibility="collapsed", **choose.STAY
        )
        scale = st.segmented_control(
            "scale", SCALES, default=SCALES[0], key="scale", required=True, label_visibility="collapsed", **choose.STAY
        )
    figure = figures.calls(
        found, light_yield(scored), gaps(found, scored), is_normalised=kind == CALLS[1], is_log=scale == SCALES[0]
    )
    note = {
        "counts": "Events of each class by what the network calls them. The run's own window counts with its test events only, "
        "other energies with all events, so counts may jump there: efficiencies do not.",
        "normalised": "The same, each bin divided by the events of its class: the part called signal or background, 95 % "
        "intervals. A dotted line that rises towards low energy is what the selection loses or lets pass there.",
    }
    data = {found.scheme: found}
    frame.show_figure(
        figure.update_layout(height=HEIGHT - 30), "lowenergy-calls", note[kind or CALLS[0]],
        lambda: lowenergy.bin_columns(data),
    )  # fmt: skip


def samples(found: LowEnergy, scored: Scored, threshold: float, width: float) -> None:
    """Truth, coincidence, published: the same network, three samples, and what each can tell."""
    del found
    each = {scheme: trusted.low_energy(scored, scheme, threshold, width) for scheme in scored.schemes()}
    note = (
        "The same network and threshold under every label scheme, same axes. Where the panels differ at one energy, it is "
        "the sample that differs, not the network."
    )
    figure = figures.schemes(each).update_layout(height=HEIGHT - 60)
    frame.show_figure(figure, "lowenergy-samples", note, lambda: lowenergy.bin_columns(each))
    for column, (scheme, one) in zip(st.columns(len(each)), each.items(), strict=True):
        with column:
            counts = ", ".join(f"{n:,} {name}" for name, n in one.n.items())
            st.markdown(f"**{scheme}** :gray[({counts})]")
            st.caption(scored.experiment.scheme_meaning.get(scheme, scored.experiment.label_schemes[scheme]))
            if not any(one.n.values()):
                st.caption(":material/warning: No scored event has this label under the cuts of the run's selection.")
    if not scored.dataset.simulated:
        st.info("These data are measured: they have no truth, so that sample is missing here.", icon=":material/info:")


def follow(found: LowEnergy, scored: Scored, threshold: float, width: float) -> None:
    """The threshold that holds the signal efficiency at every energy."""
    del threshold
    with frame.refusals():
        curve, quoted = trusted.curve(scored, found.scheme, st.session_state["wanted"], width)
    figure = figures.threshold_plane(curve, trusted.events(scored, found.scheme).validation, quoted)
    note = (
        "Left: validation events, the quantile that lets the wanted part pass (95 %: of 20 signal events one lies below) and "
        "the curve through them. Right: what it keeps of events not seen before; points off the line are what to look at."
    )
    frame.show_figure(
        figure.update_layout(height=HEIGHT),
        "lowenergy-threshold",
        note,
        lambda: threshold_curve.curve_columns(curve, scored.experiment.judge_range_kev),
    )
    st.caption(threshold_curve.sentence(curve))
    st.dataframe(
        quoted.comparison(), hide_index=True, alt="the threshold that follows the energy beside a constant one"
    )


def missing(scored: Scored, found: LowEnergy) -> None:
    """What has no score yet, and the button that makes it."""
    energies = trusted.unscored_kev(scored)
    if not len(energies):
        return
    windows = ", ".join(f"{low:g}-{high:g} keV" for low, high in gaps(found, scored))
    where = f": all of {windows}" if windows else ""
    reach = unseen.told_range(scored.experiment)
    st.warning(f"{len(energies):,} rows of {reach} have no score{where}.", icon=":material/warning:")
    asked.score_button(
        scored.run, scored.dataset, f"score {reach}", unseen.widened(scored.experiment, scored.selection)
    )


def page() -> None:
    frame.heading("Low energy", "How far down in energy can the selection be trusted?")
    with st.sidebar:
        run, data = asked.choose_run()
    scored = asked.need_scores(run, data)
    with st.sidebar:
        scored = asked.choose_class(scored)
        threshold, width, scheme = controls(scored)
    with frame.refusals():
        found = trusted.low_energy(scored, scheme, threshold, width)
    with st.sidebar:
        missing(scored, found)
    key_numbers(found)
    main_figure(found, scored, threshold, width)
    st.caption(unseen.COUNTED + asked.told_class(scored))
    told = ", ".join(f"{n:,} {name}" for name, n in found.n.items())
    frame.foot(
        f"run {run.id} ({run.network}), {choose.describe(data)}, labels {scheme}, {told} of {unseen.told_range(scored.experiment)}.",
        f"python -m core low-energy {run.id} --threshold {threshold:g} --bin-kev {width:g} --labels {scheme}"
        f" --keep {st.session_state['wanted']:g}"
        + (f" --data {data.name}" if data.name != run.dataset else "")
        + asked.of_option(scored),
    )


frame.show(page)
