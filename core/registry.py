"""The experiments that Darkroom knows, each imported when it is first looked up: one experiment does not wait for another's libraries."""

import importlib
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from core.errors import DarkroomError
from core.experiment import Experiment

KEYS = ("cosine", "connie", "juno", "zdc")


class Experiments(MutableMapping[str, Experiment]):
    """The records by key. The record of `key` is `EXPERIMENT` in `core.<key>.experiment`."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._records: dict[str, Experiment | None] = dict.fromkeys(keys)

    def __getitem__(self, key: str) -> Experiment:
        record = self._records[key] or importlib.import_module(f"core.{key}.experiment").EXPERIMENT
        self._records[key] = record
        return record

    def __setitem__(self, key: str, record: Experiment) -> None:
        self._records[key] = record

    def __delitem__(self, key: str) -> None:
        del self._records[key]

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)


EXPERIMENTS = Experiments(KEYS)


def experiment_by_key(key: str) -> Experiment:
    """The record of an experiment."""
    if key not in EXPERIMENTS:
        raise DarkroomError(f"Unknown experiment '{key}': expected one of {', '.join(EXPERIMENTS)}.")
    return EXPERIMENTS[key]


def samples_of_others(experiment: Experiment) -> frozenset[Path]:
    """The folders of the samples that are shipped with the other experiments, whose files may have endings like this one's."""
    return frozenset(other.simulation.sample for other in EXPERIMENTS.values() if other.key != experiment.key)
