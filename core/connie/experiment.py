"""The CONNIE record: every function under the name of its field, wired in one place."""

from pathlib import Path

from core.analysis.threshold import THRESHOLD
from core.connie import (
    detector_images,
    evaluate,
    event,
    features,
    mapping,
    model,
    plot,
    read,
    select,
    simulate,
)
from core.connie.clusters.crops import CROP, OWNED
from core.connie.energy import energy_scale
from core.connie.export import catalog
from core.connie.labels import by_hand, truth
from core.connie.labels.classes import CLASSES, MUON
from core.connie.muons import rate_analysis
from core.connie.published import comparison
from core.connie.tour import TOUR
from core.connie.views import plane
from core.data.reading import Reading
from core.data.simulation import Simulation
from core.data.table import Table
from core.experiment import Experiment
from core.figures.looking import Looking
from core.judge.judging import Judging
from core.labels.labels import Labels
from core.selection.selecting import Selecting

_HERE = Path(__file__).resolve().parent

EXPERIMENT = Experiment(
    key="connie",
    title="CONNIE, tracks in CCD images",
    row_name="track",
    reading=Reading(
        version=features.VERSION,
        arrays=(CROP, OWNED),
        mappings={path.stem: path for path in sorted((_HERE / "mappings").glob("*.toml"))},
        mapping=mapping.Mapping,
        blocks=read.blocks,
        source=read.source,
        record_meta=read.record_meta,
        preview=read.preview,
        file_patterns=("*.fits", "*.fits.fz", "*.fits.gz", "*.fit", "*.fit.gz", "*.csv", "data.txt"),
        no_rows="no track was found: look at thresholds and geometry in the mapping, or leave the file out.",
    ),
    table=Table(
        columns=features.COLUMNS,
        flags=features.FLAGS,
        uid=event.UID,
        truth="truth_class",
        row_facts=event.row_facts,
        derived=by_hand.DERIVED,
        made_of=truth.MADE_OF,
        catalog=catalog.export,
        time_s=event.time_s,
    ),
    simulation=Simulation(
        parameters=simulate.SimulationParameters,
        simulate=simulate.simulate,
        sample=_HERE.parents[1] / "data_samples" / "connie",
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
        classes=CLASSES,
        signal=MUON,
        cuts_of=select.label_cuts,
        schemes=select.SCHEMES,
        fractions=by_hand.soft_labels,
    ),
    by_hand=by_hand.LABELLING,
    networks=model.NETWORKS,
    looking=Looking(
        views=plot.VIEWS,
        average=plot.AVERAGE,
        images=detector_images.IMAGE_VIEW,
        detector=plane.MAP,
    ),
    judging=Judging(
        axis=evaluate.AXIS,
        rows=evaluate.EDGES_KEV,
        notes=evaluate.notes,
        class_baselines=evaluate.class_baselines,
        tree_features=features.TREE_FEATURES,
        determined=lambda recipe: recipe.determines,
        trees="forest",
    ),
    analyses={
        "rates": rate_analysis.RATES,
        "energy-scale": energy_scale.ENERGY_SCALE,
        "published": comparison.PUBLISHED,
        "threshold": THRESHOLD,
    },
    tour=TOUR,
)
