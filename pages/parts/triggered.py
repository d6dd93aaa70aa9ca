"""What the page on the trigger shows, kept so that a step back of a slider simulates nothing."""

from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.experiment import Experiment
from core.judge import product, triggered
from core.judge.product import Kept
from core.judge.scored import Scored
from core.judge.triggered import Scan
from pages.parts import judged


@st.cache_resource(max_entries=64, show_spinner="Simulating the trigger ...")
def _scan(
    _experiment: Experiment, _values: Any, key: str, digest: str, energies_kev: tuple[float, ...], n: int
) -> Scan:
    del key, digest
    return triggered.scan(triggered.trigger_of(_experiment), _values, energies_kev, n)


def scan(experiment: Experiment, values: Any, energies_kev: Any, n: int = triggered.N_EVENTS) -> Scan:
    """The trigger with the parameters `values` at some energies."""
    return _scan(experiment, values, experiment.key, parameters.digest(values), tuple(map(float, energies_kev)), n)


@st.cache_resource(max_entries=32, show_spinner=False)
def _kept_by_run(_found: Scored, key: str, threshold: float) -> Kept:
    del key
    return product.kept_by_run(_found, threshold)


def kept_by_run(found: Scored, threshold: float) -> Kept:
    """Simulated signal, and whether a run's score keeps it."""
    return _kept_by_run(found, judged.key_of(found), threshold)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept_by_cut(_data: Dataset, _experiment: Experiment, dataset_id: str) -> Kept:
    del dataset_id
    return product.kept_by_cut(_experiment, _data)


def kept_by_cut(experiment: Experiment, data: Dataset) -> Kept:
    """Simulated signal, and whether the one cut keeps it."""
    return _kept_by_cut(data, experiment, data.id)
