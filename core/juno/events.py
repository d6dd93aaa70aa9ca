"""Events as lists of hits, and what becomes of an event with too many of them."""

from dataclasses import dataclass

import numpy as np

from core.data.ragged import Ragged

MOST_HITS = 50_000  # of an event that is kept hit by hit; a muon of a GeV has a million


@dataclass(frozen=True)
class Events:
    """n events of one run, hits in any order within an event.

    `pmt` int32: place of the sensor in the `Geometry`; `time_ns`, `charge_pe` float32. An event with more than MOST_HITS hits has
    one entry per sensor that was hit: there `time_ns` is the first time and `charge_pe` the sum, and `count` int32, `mean_ns`
    and `std_ns` (population) float32 are as long; of all other events these three are empty.
    `number` int64 (n,) within the run, `n_hits` int64 (n,) before anything was summed up, `n_dropped` int32 (n,): hits of unknown or
    water-pool sensors, without a time, or without charge. `truth`: `true_*` columns (n,); empty where nothing is known.
    """

    run: int
    number: np.ndarray
    pmt: Ragged
    time_ns: Ragged
    charge_pe: Ragged
    count: Ragged
    mean_ns: Ragged
    std_ns: Ragged
    n_hits: np.ndarray
    n_dropped: np.ndarray
    truth: dict[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.number)
