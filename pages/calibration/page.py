"""Page Calibration: reliability of the scores as probabilities, at a mix of the classes."""

from dataclasses import dataclass

import streamlit as st

from core.figures import calibration as figures
from core.judge import calibration, calibration_report
from core.judge.calibration import MIXES, SPLITS, TYPED, Calibration, Temperature
from core.judge.reliability import BINNINGS
from core.judge.score_table import ScoreTable
from core.runs import Run
from pages.widgets import cached, choose, layout, report, run_picker, trust_sample

HEIGHT = 345
WIDTHS = (0.9, 1.3, 1.15, 0.95, 1.05)  # of the key numbers, by their texts
AXES = ("linear", "odds")


@dataclass(frozen=True)
class Asked:
    """What the sidebar says."""

    scheme: str
    split: str
    mix: str
    typed: float
    binning: str
    is_odds: bool


def controls(scored: ScoreTable) -> Asked:
    scheme = run_picker.choose_scheme(cached.experiment_of(scored.dataset), scored.schemes(), scored.selection.labels)
    split = st.selectbox(
        "events", list(SPLITS), key="part", **choose.STAY,
        help="test: the run's own, unseen; other: energies and files that it was not trained on; validation: the "
        "temperature was fitted on these, which flatters it",
    )  # fmt: skip
    mix = st.selectbox(
        "mix of the classes", MIXES, key="mix", **choose.STAY,
        help="a score is a probability for one mix of signal and background only; the score is moved and the events are "
        "weighted to the one chosen here",
    )  # fmt: skip
    typed = 0.01
    if mix == TYPED:
        typed = st.number_input(
            "signal per background", 1e-6, 1e6, 0.01, key="signal-per-background", format="%g", **choose.STAY
        )
    binning = st.segmented_control("bins", BINNINGS, default=BINNINGS[0], key="bins", required=True, **choose.STAY)
    axes = st.segmented_control(
        "axes", AXES, default=AXES[0], key="axes", required=True, **choose.STAY,
        help="odds: logarithmic towards 0 and 1, for rare signal; a part of exactly 0 or 1 is drawn at the end",
    )  # fmt: skip
    return Asked(scheme, split, mix, typed, binning or BINNINGS[0], axes == AXES[1])


def temperature_of(run: Run, scored: ScoreTable) -> Temperature | None:
    """The temperature that is stored with the run, or the button that makes it."""
    with layout.refusals():
        temperature = calibration.stored(run, scored.of_class)
    if temperature is not None:
        return temperature
    if scored.dataset.name != run.dataset:
        st.caption("No temperature is stored with this run: choose its own data set to fit one.")
    elif st.button("fit the temperature", icon=":material/device_thermostat:", type="primary", help="on validation"):
        with layout.refusals():
            return calibration.fit_and_store(run, scored)
    return None


def diagram(judged: Calibration, is_odds: bool) -> None:
    panels = {version: of_version.bins for version, of_version in calibration_report.versions(judged).items()}
    note = (
        "Part of signal among the events of a score bin, 95 % Clopper-Pearson intervals, pale: fewer than 20 events. Points "
        "flatter than the diagonal: too sure of itself; all on one side of it: made for another mix."
    )
    figure = figures.reliability(panels, is_odds=is_odds).update_layout(height=HEIGHT)
    layout.show_figure(figure, "calibration", note, lambda: calibration_report.bin_columns(judged))


def explanations(judged: Calibration, scored: ScoreTable) -> None:
    """Everything in words, and the energy windows."""
    names = ("energy windows", "what the mix does", "what to know")
    tabs = st.tabs(names, key="told", bind="query-params")
    if tabs[0].open:
        with tabs[0]:
            st.dataframe(calibration_report.window_rows(judged), hide_index=True, alt="calibration per energy window")
            st.caption(
                "Brier = reliability - resolution + uncertainty + a rest within the bins, intervals from the scatter of the "
                "events. ECE: freed of the scatter of the bins; 'scatter included' is what the literature quotes, of which 'by chance' is what a perfectly calibrated score gives with as many events."
            )
    if tabs[1].open:
        with tabs[1]:
            st.markdown(layout.plain(calibration_report.mix_in_words(judged)))
    if tabs[2].open:
        with tabs[2]:
            meaning = scored.labels_facet.schemes[judged.labels].meaning
            if scored.is_multiclass:
                st.markdown(f"- {calibration_report.ONE_AGAINST_THE_REST}")
            for note in calibration_report.notes(judged, is_simulated=scored.dataset.simulated, meaning=meaning):
                st.markdown(f"- {layout.plain(note)}")


def page() -> None:
    layout.heading("Calibration", "Does a score of 0.9 mean that nine of ten are signal?")
    with st.sidebar:
        run, data = run_picker.choose_run()
    scored = run_picker.need_scores(run, data)
    with st.sidebar:
        scored = run_picker.choose_class(scored)
        temperature = temperature_of(run, scored)
        chosen = controls(scored)
    with layout.refusals():
        judged = trust_sample.calibration(
            scored, temperature, chosen.scheme, chosen.split, chosen.mix, chosen.typed, chosen.binning
        )
    for pile_up in judged.pile_ups:
        layout.warn(str(pile_up))
    report.key_numbers(calibration_report.key_numbers(judged), WIDTHS)
    diagram(judged, chosen.is_odds)
    explanations(judged, scored)
    typed = f"{chosen.typed:g}" if chosen.mix == TYPED else f"'{chosen.mix}'"
    layout.foot(
        f"run {run.title}, {run.network}, {choose.describe(data)}, labels {chosen.scheme}, {chosen.split} events: "
        f"{judged.n_signal:,} signal, {judged.n_background:,} background.{run_picker.class_in_words(scored)}",
        f"python -m core calibrate {run.id} --labels {chosen.scheme} --split '{chosen.split}' --mix {typed} "
        f"--bins '{chosen.binning}'"
        + (f" --data {data.name}" if data.name != run.dataset else "")
        + run_picker.of_option(scored),
        data=data,
        run=run,
    )


layout.show(page)
