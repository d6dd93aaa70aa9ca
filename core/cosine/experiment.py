"""The COSINE-100 record: every function under the name of its field, wired in one place."""

from pathlib import Path

from core.analysis.threshold import THRESHOLD
from core.cosine import (
    attribution,
    by_hand,
    energy,
    evaluate,
    event,
    features,
    grid,
    mapping,
    model,
    plot,
    read,
    rows,
    select,
    simulate,
)
from core.cosine.published import comparison, pair_comparison, scaled_sample
from core.cosine.pulse import lpar, short_records
from core.cosine.simulation import trigger
from core.cosine.tour import TOUR
from core.cosine.views import crystals
from core.data.raw import preview
from core.data.reading import Reading
from core.data.simulation import Simulation
from core.data.table import Table
from core.experiment import Experiment
from core.figures.looking import Looking
from core.judge.grid import Grid
from core.judge.judging import Judging
from core.labels.labels import Labels
from core.selection.selecting import Selecting

_HERE = Path(__file__).resolve().parent

EXPERIMENT = Experiment(
    key="cosine",
    title="COSINE-100, NaI(Tl) waveforms",
    row_name="event and crystal",
    reading=Reading(
        version=features.VERSION,
        arrays=(rows.WAVEFORM,),
        mappings={path.stem: path for path in sorted((_HERE / "mappings").glob("*.toml"))},
        mapping=mapping.Mapping,
        blocks=read.blocks,
        source=read.source,
        record_meta=read.record_meta,
        preview=preview.preview,
        trial=read.trial,
        file_patterns=("*.root", "*.root.*", "*.h5", "*.hdf5", "*.lh5"),
        no_rows="no event and crystal has a waveform: check the mapping's crystals, or leave the file out.",
    ),
    table=Table(
        columns=features.COLUMNS,
        flags=features.FLAGS,
        undefined=short_records.sentences,
        uid=rows.UID,
        truth="truth_class",
        row_facts=event.row_facts,
        derived=lpar.DERIVED | by_hand.DERIVED,
        time_s=event.time_s,
    ),
    simulation=Simulation(
        parameters=simulate.SimulationParameters,
        simulate=simulate.simulate,
        sample=_HERE.parents[1] / "data_samples" / "cosine",
        scaled=scaled_sample.SCALED,
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
        in_window=energy.in_window,
    ),
    labels=Labels(
        classes=select.CLASSES,
        cuts_of=select.labels_of,
        schemes=select.SCHEMES,
    ),
    by_hand=by_hand.LABELLING,
    networks=model.NETWORKS,
    looking=Looking(
        views=plot.VIEWS,
        average=plot.AVERAGE,
        attribution=attribution.ATTRIBUTION,
        detector=crystals.MAP,
    ),
    judging=Judging(
        axis=evaluate.AXIS,
        rows=evaluate.ROWS_KEV,
        notes=evaluate.notes,
        truth_bound="truth_llr",
        light_yield=energy.light_yield,
        cut_baseline=evaluate.cut_baseline,
        box=evaluate.BOX,
        tree_features=features.TREE_FEATURES,
        determined=lambda recipe: recipe.determines,
    ),
    grid=Grid(
        parameters=grid.Axes,
        regions=grid.regions,
        cuts_of=grid.cuts_of,
        published_pairs=pair_comparison.published_pairs,
    ),
    analyses={"trigger": trigger.ANALYSIS, "published": comparison.PUBLISHED, "threshold": THRESHOLD},
    tour=TOUR,
)
