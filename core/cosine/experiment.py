"""The COSINE-100 record: every function under the name of its field, wired in one place."""

from pathlib import Path

from core.cosine import branches, energy, evaluate, event, features, grid, mapping, model, plot, read, select, simulate
from core.experiment import Experiment, RegionGrid

_HERE = Path(__file__).resolve().parent

EXPERIMENT = Experiment(
    key="cosine",
    title="COSINE-100, NaI(Tl) waveforms",
    row="event and crystal",
    classes=select.CLASSES,
    columns=features.COLUMNS,
    flags=features.FLAGS,
    mappings={path.stem: path for path in sorted((_HERE / "mappings").glob("*.toml"))},
    mapping=mapping.Mapping,
    load_mapping=mapping.load_mapping,
    blocks=read.blocks,
    source=read.source,
    record_meta=read.record_meta,
    preview=branches.preview,
    file_patterns=("*.root", "*.root.*"),
    is_simulated=read.is_simulated,
    simulation=simulate.SimulationParameters,
    simulate=simulate.simulate,
    sample=_HERE.parents[1] / "data_samples" / "cosine",
    cuts=select.Cuts,
    cut_list=select.cut_list,
    label_cuts=select.label_cuts,
    label_schemes=select.SCHEMES,
    truth_schemes=("truth",),
    group=select.group,
    warnings=select.warnings,
    presets=select.PRESETS,
    panels=select.PANELS,
    statistics=select.statistics,
    networks=model.NETWORKS,
    describe_network=model.describe,
    views=plot.VIEWS,
    average=plot.AVERAGE,
    uid_text=event.uid_text,
    parse_uid=event.parse_uid,
    row_facts=event.row_facts,
    judge_columns=("energy_kev", "nmt500_us"),
    evaluate=evaluate.evaluate,
    truth_bound="truth_llr",
    light_yield=energy.light_yield,
    in_window=energy.in_window,
    scheme_meaning=energy.SCHEME_MEANING,
    cut_baseline=evaluate.cut_baseline,
    box=evaluate.BOX,
    judge_windows=evaluate.WINDOWS_KEV,
    tree_features=features.TREE_FEATURES,
    grid=RegionGrid(grid.Axes, grid.regions, grid.cuts_of),
)
