"""COSINE-100 labels by hand: what a waveform looks like to a person, on keys 1 to 6, and labels as a column.

Labels are frozen into the derived column `hand_label`, which the label scheme `hand` makes signal and background of. The kinds
of noise are those of the slides on data quality: fast light of the tubes' glass, slow type-2 noise, single photons after a pulse.
"""

from core.cosine.features import FLAGS
from core.cosine.mapping import Mapping as WaveformMapping
from core.cosine.plot import WaveformView
from core.data.dataset import Dataset
from core.data.table import Column
from core.labels.freeze import frozen_column
from core.labels.label_fractions import MAJORITY_RULE
from core.labels.record import Fact, Labelling, Picture, measured

CLASSES = ("scintillation", "fast noise", "type-2 noise", "afterglow", "pile-up", "other")
SIGNAL, NOISE = (0,), (1, 2, 3)
"""Places in CLASSES of what a training calls signal and background; pile-up and the rest are neither."""
COLUMN = Column("hand_label", "Hand label", "", -0.5, 6.5, 7, 0, "Index of the class that most labellers chose")
FACTS = (
    Fact("energy_kev", "energy [keV]", "{:.2f}"),
    Fact("nmt500_us", "nmt500 [µs]", "{:.3f}"),
    Fact("x1", "X1", "{:.3f}"),
    Fact("x2", "X2", "{:.3f}"),
    Fact("es", "ES", "{:.3f}"),
    Fact("asymmetry", "charge asymmetry", "{:+.3f}"),
    Fact("charge_adc", "charge [ADC sample]", "{:,.0f}"),
    Fact("noise1_adc", "noise PMT 1 [ADC]", "{:.2f}"),
    Fact("noise2_adc", "noise PMT 2 [ADC]", "{:.2f}"),
)


def classes(dataset: Dataset) -> tuple[str, ...]:  # noqa: ARG001
    """The kinds of pulses on the keys, the same for every data set."""
    return CLASSES


def facts(dataset: Dataset, row: int) -> dict[str, str]:
    """What is measured of a pulse, nothing of truth or scores."""
    return measured(dataset, row, FACTS, FLAGS)


LABELLING = Labelling(
    classes=classes,
    pictures={
        "pulse": Picture("waveform", WaveformView()),
        "smoothed": Picture("waveform", WaveformView(form="smoothed")),
        "record": Picture("waveform", WaveformView(zoom="record")),
        "spectrum": Picture("waveform", WaveformView(form="spectrum")),
    },
    facts=facts,
    column=COLUMN.name,
    mapping=WaveformMapping,
    explanation=(
        "The waveforms of all channels. Scintillation decays over some 250 ns in both PMTs; fast noise, such as Cherenkov light in "
        "the glass of a tube, is over within 100 ns, often in one of them; type-2 noise rises slowly and comes late; afterglow is single photons far apart; "
        "pile-up has two pulses."
    ),
)

DERIVED = {
    COLUMN.name: frozen_column(
        COLUMN,
        classes,
        WaveformMapping,
        f"The labels made by hand so far, frozen, so that a training can name what it used: {MAJORITY_RULE}.",
    )
}
