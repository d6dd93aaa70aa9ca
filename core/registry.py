"""The experiments that Darkroom knows: one line each."""

from core.connie.experiment import EXPERIMENT as CONNIE
from core.cosine.experiment import EXPERIMENT as COSINE
from core.errors import DarkroomError
from core.experiment import Experiment

EXPERIMENTS: dict[str, Experiment] = {e.key: e for e in (COSINE, CONNIE)}


def experiment_by_key(key: str) -> Experiment:
    """The record of an experiment."""
    if key not in EXPERIMENTS:
        raise DarkroomError(f"Unknown experiment '{key}': expected one of {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[key]
