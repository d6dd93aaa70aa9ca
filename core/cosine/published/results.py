"""The printed results of the COSINE-100 studies of 2020, as data.

Sources: slides "First DNN for COSINE" (S. Lee, 2020-02-19), here `dnn2020`, and the later slides on the 1-D CNN,
here `cnn2020`. Nothing is corrected: `core.cosine.evaluate` says what reproduces and what does not.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DNN_TABLE = Path(__file__).parent / "printed" / "dnn2020.csv"
COPIES = ("single", "combined")


@dataclass(frozen=True)
class PrintedRow:
    """One row of the DNN's test table: counts in 20 score bins of 0.05, efficiency at 0.5 as printed."""

    copy: str
    class_name: str
    energy_low_kev: float
    counts: tuple[int, ...]
    efficiency_percent: float


@dataclass(frozen=True)
class Cell:
    """A crystal in an energy window."""

    crystal: int
    energy_low_kev: float
    energy_high_kev: float

    def __str__(self) -> str:
        return f"C{self.crystal} {self.energy_low_kev:g}-{self.energy_high_kev:g} keV"


@dataclass(frozen=True)
class CellStatistics:
    """Events of the CNN study in one cell: (background, signal) for training, validation, test."""

    cell: Cell
    training: tuple[int, int]
    validation: tuple[int, int]
    test: tuple[int, int]

    @property
    def totals(self) -> tuple[int, int]:
        """(background, signal) of the three samples together."""
        return tuple(map(sum, zip(self.training, self.validation, self.test, strict=True)))  # type: ignore[return-value]


@dataclass(frozen=True)
class Compatibility:
    """Printed efficiencies (percent) of a CNN trained on one cell and tested on another; `harmonic` was called F1."""

    trained: Cell
    tested: Cell
    signal: float
    background: float
    harmonic: float | None = None


def _cells(crystal: int) -> tuple[Cell, Cell]:
    return Cell(crystal, 3.0, 6.0), Cell(crystal, 6.0, 10.0)


_C1_LOW, _C1_HIGH = _cells(1)
_C3_LOW, _C3_HIGH = _cells(3)
_C7_LOW, _C7_HIGH = _cells(7)

CNN_STATISTICS = (
    CellStatistics(_C1_LOW, (146_089, 414), (18_264, 47), (18_273, 38)),
    CellStatistics(_C1_HIGH, (62_381, 452), (7_805, 48), (7_806, 47)),
    CellStatistics(_C3_LOW, (142_487, 1_367), (17_815, 164), (17_792, 187)),
    CellStatistics(_C3_HIGH, (50_477, 1_909), (6_322, 226), (6_326, 222)),
    CellStatistics(_C7_LOW, (146_834, 1_892), (18_365, 224), (18_371, 218)),
    CellStatistics(_C7_HIGH, (63_592, 2_761), (7_959, 333), (7_980, 312)),
)

CNN_LAYERS = (
    ("Conv1D(filters=96, kernel_size=39, strides=3)", (1348, 96)),
    ("MaxPool1D(pool_size=4)", (337, 96)),
    ("Conv1D(filters=256, kernel_size=23)", (315, 256)),
    ("MaxPool1D(pool_size=3)", (105, 256)),
    ("Conv1D(filters=384, kernel_size=9)", (97, 384)),
    ("Conv1D(filters=384, kernel_size=9)", (89, 384)),
    ("Conv1D(filters=256, kernel_size=9)", (81, 256)),
    ("MaxPool1D(pool_size=3, strides=2)", (40, 256)),
    ("Flatten()", (10240,)),
    ("Dense(512)", (512,)),
    ("Dense(512)", (512,)),
    ("Dense(512)", (512,)),
    ("Dense(512)", (512,)),
    ("Dense(2)", (2,)),
)
CNN_INPUT_SHAPE = (4080, 2)
"""Output shape of each printed layer, without the batch dimension."""

CNN_SELF_TESTS = (
    Compatibility(_C3_HIGH, _C3_HIGH, 100.0, 99.97),
    Compatibility(_C1_HIGH, _C1_HIGH, 100.0, 99.62),
    Compatibility(_C7_HIGH, _C7_HIGH, 100.0, 100.0),
    Compatibility(_C3_LOW, _C3_LOW, 100.0, 98.47),
    Compatibility(_C1_LOW, _C1_LOW, 100.0, 99.21),
    Compatibility(_C7_LOW, _C7_LOW, 100.0, 99.96),
)

CNN_COMPATIBILITY = (
    Compatibility(_C3_HIGH, _C3_LOW, 100.0, 95.48, 97.69),
    Compatibility(_C3_LOW, _C3_HIGH, 100.0, 99.21, 99.60),
    Compatibility(_C7_HIGH, _C3_HIGH, 100.0, 99.18, 99.59),
    Compatibility(_C7_HIGH, _C3_LOW, 100.0, 94.22, 97.03),
    Compatibility(_C7_LOW, _C3_HIGH, 100.0, 100.0, 100.0),
    Compatibility(_C7_LOW, _C1_HIGH, 100.0, 99.69, 99.84),
    Compatibility(_C7_LOW, _C1_LOW, 100.0, 99.64, 99.82),
    Compatibility(_C3_HIGH, _C1_HIGH, 100.0, 99.69, 99.84),
    Compatibility(_C1_LOW, _C7_HIGH, 99.68, 100.0, 99.84),
)

CNN_OWN_SLIDES = (
    Compatibility(_C3_HIGH, _C3_LOW, 100.0, 95.48),
    Compatibility(_C3_LOW, _C3_HIGH, 100.0, 99.21),
)
"""The first two pairs once more, each on a slide of its own before the table."""

DNN_LAYERS = (
    ("Reshape", (8160,), 0),
    ("Dense", (768,), 6_267_648),
    ("Dense", (768,), 590_592),
    ("Dense", (512,), 393_728),
    ("Dense", (512,), 262_656),
    ("Dense", (512,), 262_656),
    ("Dense", (2,), 1_026),
)
"""Output shape and parameters; activations and dropout, which have none, left out."""
DNN_PARAMETERS = 7_778_306

# Numbers in the text of the slides, outside of their tables: as printed.
CNN_SETTINGS: dict[str, float | str] = {
    "signal runs": "1765, 1601",
    "background runs": "1858, 1859",
    "nmt500 of signal above": 0.12,
    "nmt500 of background below": 0.12,
    "energy of the nmt500 figure [keV]": "3~10",
    "batch size": 64,
    "learning rate": 0.0015,
    "beta_1": 0.97,
    "epochs, 6~10 keV": "3~4",
    "epochs, 3~6 keV": "6~12",
    "events in 30 batches": 2000,
    "signal events in 30 batches": "5~80",
}
DNN_SETTINGS: dict[str, float | str] = {
    "accuracy, crystal 3 [%]": 80,
    "signal runs": "1765, 1601",
    "background runs": "1858",
    "dropout": "0.25~0.3",
    "epochs": 15,
    "batch size": 2048,
}

DNN_CRYSTALS = (1, 2, 3, 4, 6, 7)
DNN_EVENTS = {
    1601: (1834, 3771, 5619, 2612, 7782, 7300),
    1765: (1864, 3478, 5531, 2640, 7261, 8049),
    1858: (1_151_944, 891_598, 1_219_143, 1_342_570, 1_047_218, 1_184_431),
}
"""Events per run in the order of `DNN_CRYSTALS`; 1601 and 1765 are signal, 1858 is background."""
DNN_SIGNAL_PERCENT = (0.320, 0.806, 0.906, 0.390, 1.416, 1.279)


@cache
def dnn_table() -> tuple[PrintedRow, ...]:
    """The 80 printed rows: two classes of 20 rows, in two copies."""
    with DNN_TABLE.open(newline="", encoding="utf-8") as file:
        return tuple(
            PrintedRow(copy, name, float(energy), tuple(map(int, counts)), float(percent))
            for copy, name, energy, percent, *counts in list(csv.reader(file))[1:]
        )


def dnn_counts(copy: str = "single") -> dict[str, list[tuple[int, ...]]]:
    """Counts of one copy, (20 energy rows, 20 score columns) per class."""
    rows = [row for row in dnn_table() if row.copy == copy]
    return {name: [row.counts for row in rows if row.class_name == name] for name in ("signal", "background")}


def n_tested(cell: Cell) -> tuple[int, int]:
    """(background, signal) test events of the CNN study in a cell."""
    return next(row.test for row in CNN_STATISTICS if row.cell == cell)
