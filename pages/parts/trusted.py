"""What the pages on low energy and on calibration show, kept so that a slider step reads no file."""

from typing import Any

import streamlit as st

from core.judge import calibration as calibrating
from core.judge import lowenergy, threshold_curve, threshold_quote, unseen
from core.judge.calibration import Calibration, Temperature
from core.judge.lowenergy import LowEnergy
from core.judge.scored import Scored
from core.judge.threshold_curve import ThresholdCurve
from core.judge.threshold_quote import Quoted
from core.judge.unseen import Events
from pages.parts import judged


@st.cache_resource(max_entries=16, show_spinner=False)
def _events(_found: Scored, key: str, scheme: str) -> Events:
    del key
    return unseen.events_of(_found, scheme)


def events(found: Scored, scheme: str) -> Events:
    """The scored events of the judged range with a label."""
    return _events(found, judged.key_of(found), scheme)


@st.cache_resource(max_entries=16, show_spinner=False)
def _unscored_kev(_found: Scored, key: str) -> Any:
    del key
    return unseen.unscored_kev(_found)


def unscored_kev(found: Scored) -> Any:
    """Energies of the rows of the judged range without a score."""
    return _unscored_kev(found, judged.key_of(found))


@st.cache_resource(max_entries=64, show_spinner=False)
def _low_energy(_found: Scored, key: str, scheme: str, threshold: float, bin_kev: float) -> LowEnergy:
    del key
    experiment = _found.experiment
    edges, windows = lowenergy.energy_edges(bin_kev, experiment.judge_range_kev), experiment.judge_windows[:2]
    return lowenergy.judge(events(_found, scheme).unseen, threshold, edges, scheme, windows)


def low_energy(found: Scored, scheme: str, threshold: float, bin_kev: float) -> LowEnergy:
    """Efficiency and score by energy of the events that the run has not seen."""
    return _low_energy(found, judged.key_of(found), scheme, threshold, bin_kev)


@st.cache_resource(max_entries=32, show_spinner="Fitting the threshold ...")
def _curve(_found: Scored, key: str, scheme: str, percent: float, bin_kev: float) -> tuple[ThresholdCurve, Quoted]:
    del key
    chosen = events(_found, scheme)
    curve = threshold_curve.choose(chosen.validation, percent / 100.0)
    edges = lowenergy.energy_edges(bin_kev, _found.experiment.judge_range_kev)
    return curve, threshold_quote.quote(curve, chosen.unseen, edges)


def curve(found: Scored, scheme: str, percent: float, bin_kev: float) -> tuple[ThresholdCurve, Quoted]:
    """The threshold that keeps so many percent of the signal at every energy, and what it does on unseen events."""
    return _curve(found, judged.key_of(found), scheme, percent, bin_kev)


@st.cache_resource(max_entries=32, show_spinner="Judging the scores as probabilities ...")
def _calibration(
    _found: Scored, _temperature: Temperature | None, key: str, value: float | None, scheme: str, split: str, mix: str,
    typed: float, binning: str,
) -> Calibration:  # fmt: skip
    del key, value
    chosen = calibrating.part_of(events(_found, scheme), split)
    wanted = calibrating.mix_of(_found.run, chosen, mix, typed, _found.at)
    windows = calibrating.windows_of(_found.experiment)
    return calibrating.judge(chosen, wanted, _temperature, binning=binning, labels=scheme, windows_kev=windows)


def calibration(
    found: Scored, temperature: Temperature | None, scheme: str, split: str, mix: str, typed: float, binning: str
) -> Calibration:
    """The scores judged as probabilities at a mix, before and after the temperature."""
    value = temperature.value if temperature else None
    return _calibration(found, temperature, judged.key_of(found), value, scheme, split, mix, typed, binning)
