"""Page Low energy: efficiency and score by energy, and the lowest energy at which a wanted efficiency holds."""

import math

import streamlit as st

from core.analysis.threshold import report_of
from core.figures import energy as figures
from core.judge import held_out, lowenergy
from core.judge.lowenergy import LowEnergy
from core.judge.score_table import ScoreTable
from pages.widgets import cached, choose, layout, report, run_picker, trust_sample

HEIGHT = 350
SCALES = ("logarithmic", "linear")
CALLS = ("counts", "normalised")


def controls(scored: ScoreTable) -> tuple[float, float, str]:
    """(threshold, bin width, label scheme); the efficiency that a threshold by energy shall hold is kept under its key."""
    threshold = run_picker.choose_threshold()
    widths = lowenergy.bin_widths(scored.axis)
    width = choose.one_of(
        f"bin width [{lowenergy.width_unit(scored.axis)}]", widths, "bin", first=widths[-1], of=scored.dataset.experiment,
        draw=st.segmented_control, required=True, format_func=lambda width: f"{width:.3g}",
    )  # fmt: skip
    scheme = run_picker.choose_scheme(cached.experiment_of(scored.dataset), scored.schemes(), scored.selection.labels)
    st.slider(
        "threshold by energy: keep [%]", 50.0, 99.5, 95.0, 0.5, key="wanted", **choose.STAY, format="%g",
        help="signal efficiency that the threshold by energy holds at every energy, as far as the validation events "
        "determine it",
    )  # fmt: skip
    return threshold, width, scheme


def main_figure(judged: LowEnergy, scored: ScoreTable, threshold: float, width: float) -> None:
    """The figure that is asked for; only the open tab is drawn."""
    names = ("efficiency", "score", "what it is called", "pure samples", "threshold by energy")
    tabs = st.tabs(names, key="show", bind="query-params")
    for tab, draw in zip(tabs, (by_energy, scores, calls, samples, follow), strict=True):
        if tab.open:
            with tab:
                draw(judged, scored, threshold, width)


def light_yield(scored: ScoreTable) -> float:
    return scored.judging.light_yield(scored.dataset) if scored.judging.light_yield else math.nan


def gaps(judged: LowEnergy, scored: ScoreTable) -> list[tuple[float, float]]:
    return lowenergy.gaps(trust_sample.unscored_values(scored), judged)


def by_energy(judged: LowEnergy, scored: ScoreTable, threshold: float, width: float) -> None:
    del threshold, width
    figure = figures.efficiency(judged, light_yield(scored), gaps(judged, scored)).update_layout(height=HEIGHT)
    note = (
        "Signal kept and background rejected per bin, 95 % Clopper-Pearson intervals; pale: fewer than 20 events. "
        + (
            "Signal that falls before the trigger does (about 0.5 keV)"
            if "trigger" in cached.experiment_of(scored.dataset).analyses
            else "Signal that falls"
        )
        + " is lost by the selection."
    )
    layout.show_figure(figure, "lowenergy-efficiency", note, lambda: lowenergy.bin_columns({judged.scheme: judged}))


def scores(judged: LowEnergy, scored: ScoreTable, threshold: float, width: float) -> None:
    del threshold, width
    figure = figures.scores(judged, light_yield(scored), gaps(judged, scored)).update_layout(height=HEIGHT)
    note = (
        "Median score and, as bars, the central 68 % of the events (not the error of a mean: scores pile up at both ends). "
        "Classes that approach each other towards low energy are what "
        + ("so few photoelectrons" if scored.judging.light_yield else "so little charge")
        + " allows."
    )
    layout.show_figure(figure, "lowenergy-score", note, lambda: lowenergy.bin_columns({judged.scheme: judged}))


def calls(judged: LowEnergy, scored: ScoreTable, threshold: float, width: float) -> None:
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
        judged, light_yield(scored), gaps(judged, scored), is_normalised=kind == CALLS[1], is_log=scale == SCALES[0]
    )
    note = {
        "counts": "Events of each class by what the network calls them. The run's own window counts with its test events only, "
        "other energies with all events, so counts may jump there: efficiencies do not.",
        "normalised": "The same, each bin divided by the events of its class: the part called signal or background, 95 % "
        "intervals. A dotted line that rises towards low energy is what the selection loses or lets pass there.",
    }
    data = {judged.scheme: judged}
    layout.show_figure(
        figure.update_layout(height=HEIGHT - 30), "lowenergy-calls", note[kind or CALLS[0]],
        lambda: lowenergy.bin_columns(data),
    )  # fmt: skip


def samples(judged: LowEnergy, scored: ScoreTable, threshold: float, width: float) -> None:
    """Truth, coincidence, published: the same network, three samples, and what each can tell."""
    del judged
    each = {scheme: trust_sample.low_energy(scored, scheme, threshold, width) for scheme in scored.schemes()}
    note = (
        "The same network and threshold under every label scheme, same axes. Where the panels differ at one energy, it is "
        "the sample that differs, not the network."
    )
    figure = figures.schemes(each).update_layout(height=HEIGHT - 60)
    layout.show_figure(figure, "lowenergy-samples", note, lambda: lowenergy.bin_columns(each))
    for column, (scheme, of_scheme) in zip(st.columns(len(each)), each.items(), strict=True):
        with column:
            counts = ", ".join(f"{n:,} {name}" for name, n in of_scheme.n.items())
            st.markdown(f"**{scheme}** :gray[({counts})]")
            st.caption(scored.labels_facet.schemes[scheme].meaning)
            if not any(of_scheme.n.values()):
                st.caption(":material/warning: No scored event has this label under the cuts of the run's selection.")
    if not scored.dataset.simulated:
        st.info("These data are measured: they have no truth, so that sample is missing here.", icon=":material/info:")


def follow(judged: LowEnergy, scored: ScoreTable, threshold: float, width: float) -> None:
    """The threshold that holds the signal efficiency at every energy."""
    del threshold
    with layout.refusals():
        curve, quoted = trust_sample.curve(scored, judged.scheme, st.session_state["wanted"], width)
    shown = report_of(curve, trust_sample.events(scored, judged.scheme).validation, quoted)
    report.draw_group(shown, shown.groups[0], "lowenergy-threshold", height=HEIGHT)
    st.caption(shown.notes[0])


def missing(scored: ScoreTable, judged: LowEnergy) -> None:
    """What has no score yet, and the button that makes it."""
    values = trust_sample.unscored_values(scored)
    if not len(values):
        return
    windows = ", ".join(f"{low:g}-{high:g} {scored.axis.unit}" for low, high in gaps(judged, scored))
    where = f": all of {windows}" if windows else ""
    reach = held_out.range_in_words(scored)
    st.warning(f"{len(values):,} rows of {reach} have no score{where}.", icon=":material/warning:")
    run_picker.score_button(scored.run, scored.dataset, f"score {reach}", held_out.widened(scored))


def page() -> None:
    layout.heading("Low energy", "How far down in energy can the selection be trusted?")
    with st.sidebar:
        run, data = run_picker.choose_run()
    scored = run_picker.need_scores(run, data)
    with st.sidebar:
        scored = run_picker.choose_class(scored)
        threshold, width, scheme = controls(scored)
    with layout.refusals():
        judged = trust_sample.low_energy(scored, scheme, threshold, width)
    with st.sidebar:
        missing(scored, judged)
    report.key_numbers(lowenergy.key_numbers(judged))
    main_figure(judged, scored, threshold, width)
    st.caption(held_out.COUNTED + run_picker.class_in_words(scored))
    counts = ", ".join(f"{n:,} {name}" for name, n in judged.n.items())
    layout.foot(
        f"run {run.title}, {run.network}, {choose.describe(data)}, labels {scheme}, {counts} of {held_out.range_in_words(scored)}.",
        f"python -m core low-energy {run.id} --threshold {threshold:g} --bin {width:g} --labels {scheme}"
        f" --keep {st.session_state['wanted']:g}"
        + (f" --data {data.name}" if data.name != run.dataset else "")
        + run_picker.of_option(scored),
        data=data,
        run=run,
    )


layout.show(page)
