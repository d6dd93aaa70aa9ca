"""Judgements for the pages Low energy and Calibration, cached: a slider step reads no file."""

from typing import Any

import streamlit as st

from core.judge import calibration as calibrating
from core.judge import held_out, lowenergy, threshold_curve, threshold_quote
from core.judge.calibration import Calibration, Temperature
from core.judge.held_out import Events
from core.judge.lowenergy import LowEnergy
from core.judge.score_table import ScoreTable
from core.judge.threshold_curve import ThresholdCurve
from core.judge.threshold_quote import Quoted
from pages.widgets import cached


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def events(scored: ScoreTable, scheme: str) -> Events:
    """The scored events of the judged range with a label."""
    return held_out.events_of(scored, scheme)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def unscored_values(scored: ScoreTable) -> Any:
    """The axis' quantity of the rows of the judged range without a score."""
    return held_out.unscored_values(scored)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=cached.KEYS)
def low_energy(scored: ScoreTable, scheme: str, threshold: float, width: float) -> LowEnergy:
    """Efficiency and score along the axis of the events that the run has not seen."""
    return lowenergy.judge(events(scored, scheme).held_out, threshold, lowenergy.binned(scored.axis, width), scheme)


@st.cache_resource(max_entries=32, show_spinner="Fitting the threshold ...", hash_funcs=cached.KEYS)
def curve(scored: ScoreTable, scheme: str, percent: float, width: float) -> tuple[ThresholdCurve, Quoted]:
    """The threshold that keeps so many percent of the signal everywhere along the axis, and what it does on unseen events."""
    chosen = events(scored, scheme)
    fitted = threshold_curve.choose(chosen.validation, percent / 100.0, scored.axis)
    return fitted, threshold_quote.quote(fitted, chosen.held_out, lowenergy.binned(scored.axis, width))


@st.cache_resource(max_entries=32, show_spinner="Judging the scores as probabilities ...", hash_funcs=cached.KEYS)
def calibration(
    scored: ScoreTable, temperature: Temperature | None, scheme: str, split: str, mix: str, typed: float, binning: str
) -> Calibration:
    """The scores judged as probabilities at a mix, before and after the temperature."""
    chosen = calibrating.part_of(events(scored, scheme), split)
    wanted = calibrating.mix_of(scored.run, chosen, mix, typed, scored.at)
    return calibrating.judge(chosen, wanted, temperature, axis=scored.axis, binning=binning, labels=scheme)
