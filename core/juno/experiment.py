"""The JUNO record: every function under the name of its field, wired in one place."""

from pathlib import Path

from core.analysis.threshold import THRESHOLD
from core.data.reading import Reading
from core.data.simulation import Simulation
from core.data.table import Table
from core.experiment import Experiment
from core.figures.looking import Looking
from core.judge.judging import Judging
from core.juno import by_hand, evaluate, event, features, mapping, model, plot, position, read, rows, select, simulate
from core.juno.epem import derived, learning_curve, report
from core.juno.muons import report as muons
from core.juno.muons import tracks
from core.juno.published import comparison, scaled_sample
from core.juno.tour import TOUR
from core.juno.vertex import report as reconstruction
from core.juno.views import projection
from core.labels.labels import Labels
from core.selection.selecting import Selecting

_HERE = Path(__file__).resolve().parent

EXPERIMENT = Experiment(
    key="juno",
    title="JUNO, PMT hits of a scintillator sphere",
    row_name="event",
    reading=Reading(
        version=features.VERSION,
        arrays=rows.ARRAYS,
        mappings={
            path.stem: path
            for path in sorted((_HERE / "mappings").glob("*.toml"), key=lambda p: (p.stem != "juno", p.stem))
        },
        mapping=mapping.Mapping,
        blocks=rows.blocks,
        source=read.source,
        preview=read.preview,
        notes=read.notes,
        trial=read.trial,
        geometry=read.geometry,
        file_patterns=("*.root", "*.h5", "*.hdf5", "*.parquet"),
        no_rows="no event was found: look at tree and branches in the mapping, or leave the file out.",
    ),
    table=Table(
        columns=features.COLUMNS,
        flags=features.FLAGS,
        uid=event.UID,
        truth="truth_class",
        row_facts=event.row_facts,
        derived=by_hand.DERIVED | derived.DERIVED,
    ),
    simulation=Simulation(
        parameters=simulate.SimulationParameters,
        simulate=simulate.simulate,
        sample=_HERE.parents[1] / "data_samples" / "juno",
        scaled=scaled_sample.SCALED,
        cost=simulate.cost,
        at_first_start=False,
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
    labels=Labels(
        classes=event.CLASSES,
        signal="positron",
        cuts_of=select.label_cuts,
        schemes=select.SCHEMES,
    ),
    by_hand=by_hand.LABELLING,
    networks=model.NETWORKS,
    looking=Looking(
        views=plot.VIEWS,
        average=plot.AVERAGE,
        detector=projection.MAP,
    ),
    judging=Judging(
        axis=evaluate.AXIS,
        notes=evaluate.notes,
        tree_features=evaluate.TREE_FEATURES,
        light_yield=evaluate.light_yield,
        truth_bound=derived.BOUND,
    ),
    analyses={
        "positrons": report.POSITRONS,
        "reconstruction": reconstruction.RECONSTRUCTION,
        "position": position.POSITION,
        "muons": muons.WHY,
        "tracks": tracks.TRACKS,
        "learning-curve": learning_curve.LEARNING_CURVE,
        "published": comparison.PUBLISHED,
        "threshold": THRESHOLD,
    },
    tour=TOUR,
)
