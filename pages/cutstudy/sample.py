"""The events of a cut study, the scanned cut and the correlations with the score, cached while a slider moves."""

from typing import Any

import streamlit as st

from core.judge import cutsample, stored
from core.judge.cutsample import CutSample, Moved
from core.judge.score_table import ScoreTable
from core.selection.selection import Selected
from pages.widgets import cached


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=cached.KEYS)
def sample(selected: Selected, scored: ScoreTable | None, of_class: str = "") -> CutSample:
    """The events of a study."""
    return cutsample.sample(selected, scored, of_class)


@st.cache_resource(max_entries=32, show_spinner="Moving the cut ...", hash_funcs=cached.KEYS)
def moved(
    selected: Selected, scored: ScoreTable | None, of_class: str, features: tuple[str, ...], directions: tuple[str, ...], merit: str,
    expected: tuple[float, float] | None,
) -> Moved:  # fmt: skip
    """One or two cuts moved over the events that they are chosen on."""
    return cutsample.move(sample(selected, scored, of_class), features, directions, merit, expected)


@st.cache_resource(max_entries=16, show_spinner="Ranking ...", hash_funcs=cached.KEYS)
def correlations(selected: Selected, scored: ScoreTable | None, of_class: str, names: tuple[str, ...]) -> list[Any]:
    """Rank correlation of each column with the score."""
    return cutsample.correlations(sample(selected, scored, of_class), names)


def importances(scored: ScoreTable | None) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of the trees' permutation importance by feature; empty where they were not made."""
    facts = stored.trees_facts(scored.run) if scored else {}
    return {row["feature"]: (row["mean"], row["std"]) for row in facts.get("importance", ())}
