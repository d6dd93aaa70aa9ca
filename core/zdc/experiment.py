"""The ZDC record: every function under the name of its field, wired in one place."""

from pathlib import Path

from core.analysis.generation import quality
from core.data.reading import Reading
from core.data.simulation import Simulation
from core.data.table import Table
from core.experiment import Experiment
from core.figures.looking import Looking
from core.judge.judging import Judging
from core.selection.selecting import Selecting
from core.zdc import (
    evaluate,
    event,
    features,
    generation,
    kinds_by_hand,
    mapping,
    model,
    plot,
    read,
    rows,
    select,
    simulate,
)
from core.zdc.masks.analysis import MASK_TYPES
from core.zdc.profiles.report import PROFILES
from core.zdc.published.comparison import PUBLISHED
from core.zdc.published.scaled_sample import SCALED
from core.zdc.tour import TOUR
from core.zdc.views import plane

_HERE = Path(__file__).resolve().parent

EXPERIMENT = Experiment(
    key="zdc",
    title="ZDC, showers in a crystal calorimeter",
    row_name="shower",
    reading=Reading(
        version=features.VERSION,
        arrays=rows.ARRAYS,
        mappings={
            path.stem: path
            for path in sorted((_HERE / "mappings").glob("*.toml"), key=lambda p: (p.stem != "zdc", p.stem))
        },
        mapping=mapping.Mapping,
        blocks=rows.blocks,
        source=read.source,
        preview=read.preview,
        notes=read.notes,
        trial=read.trial,
        geometry=read.geometry,
        file_patterns=("*.h5", "*.hdf5", "*.root", "*.csv", "*.npz"),
        no_rows="no shower was found: look at the names in the mapping, or leave the file out.",
    ),
    table=Table(
        columns=features.COLUMNS,
        flags=features.FLAGS,
        uid=event.UID,
        truth="simulated",
        row_facts=event.row_facts,
        derived=kinds_by_hand.DERIVED,
    ),
    simulation=Simulation(
        parameters=simulate.SimulationParameters,
        simulate=simulate.simulate,
        sample=_HERE.parents[1] / "data_samples" / "zdc",
        cost=simulate.cost,
        scaled=SCALED,
    ),
    selecting=Selecting(
        cuts=select.Cuts,
        cut_list=select.cut_list,
        group=select.group,
        warnings=select.warnings,
        presets=select.PRESETS,
        panels=select.PANELS,
        mapping=mapping.Mapping,
        statistics=select.statistics,
        in_window=select.in_window,
    ),
    labels=None,
    by_hand=kinds_by_hand.LABELLING,
    networks=model.NETWORKS,
    looking=Looking(views=plot.VIEWS, average=plot.AVERAGE, detector=plane.MAP),
    judging=Judging(axis=evaluate.AXIS),
    analyses={
        "quality": quality(generation.GENERATING),
        "masks": MASK_TYPES,
        "profiles": PROFILES,
        "published": PUBLISHED,
    },
    generating=generation.GENERATING,
    tour=TOUR,
)
