"""Cut studies that are kept while a slider moves: the events, the moved cut, what the features have to do with the score."""

from typing import Any

import streamlit as st

from core.data.selection import Selected
from core.judge import cutsample, stored
from core.judge.cutsample import CutSample, Moved
from core.judge.scored import Scored
from pages.parts import cached, judged


@st.cache_resource(max_entries=16, show_spinner=False)
def _sample(_selected: Selected, _scored: Scored | None, key: str, of_class: str) -> CutSample:
    del key
    return cutsample.sample(_selected, _scored, of_class)


def sample(selected: Selected, scored: Scored | None, of_class: str = "") -> tuple[CutSample, str]:
    """The events of a study, and the key that they are kept under."""
    key = "|".join((selected.dataset.id, cached.selection_key(selected.selection), judged.key_of(scored), of_class))
    return _sample(selected, scored, key, of_class), key


@st.cache_resource(max_entries=32, show_spinner="Moving the cut ...")
def _moved(
    _events: CutSample, key: str, features: tuple[str, ...], directions: tuple[str, ...], merit: str,
    expected: tuple[float, float] | None,
) -> Moved:  # fmt: skip
    del key
    return cutsample.move(_events, features, directions, merit, expected)


def moved(
    events: CutSample, key: str, features: tuple[str, ...], directions: tuple[str, ...], merit: str,
    expected: tuple[float, float] | None,
) -> Moved:  # fmt: skip
    """One or two cuts moved over the events that they are chosen on."""
    return _moved(events, key, features, directions, merit, expected)


@st.cache_resource(max_entries=16, show_spinner="Ranking ...")
def _correlations(_events: CutSample, key: str, names: tuple[str, ...]) -> list[Any]:
    del key
    return cutsample.correlations(_events, names)


def correlations(events: CutSample, key: str, names: tuple[str, ...]) -> list[Any]:
    """Rank correlation of each column with the score."""
    return _correlations(events, key, names)


def importances(found: Scored | None) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of the trees' permutation importance by feature; empty where they were not made."""
    facts = stored.trees_facts(found.run.path) if found else {}
    return {row["feature"]: (row["mean"], row["std"]) for row in facts.get("importance", ())}
