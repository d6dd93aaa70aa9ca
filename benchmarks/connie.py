"""What the networks for tracks reach on whole simulated images of 3 h, beside a random forest and the classical cuts.

`macro_f1_3`, `macro_f1_6`: networks of three and six classes on the clusters of their classes at the simulated mix (`_of_all`
counts all other clusters against them). `muon_purity` at `muon_efficiency`: the network with a reject class, against all
clusters, at a threshold from other whole images. `image_count_bias`: the worst muon count after correction, see
`connie_counts`. With --variants the slides' five preprocessings are compared instead, with --deco their network is built.
A call with --workspace goes on with the data and trainings that it finds there.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import connie_counts, connie_data, connie_judge, connie_variants, report
from benchmarks.connie_data import TRACKS, UNSEEN, WHOLE


def gates(quick_counts: bool) -> dict[str, Any]:
    """All figures; three trainings, where the workspace has none."""
    figures: dict[str, Any] = {}
    for classes, key in (("three", "macro_f1_3"), ("six", "macro_f1_6")):
        run = connie_data.trained(classes)
        figures |= connie_judge.macro_f1(connie_data.scored(run, UNSEEN, with_forest=True), key)
        figures |= connie_judge.test_macro_f1(connie_data.scored(run, TRACKS), f"{key}_training_density")
        figures[f"training_{key}"] = cost(run)
    run = connie_data.trained("four")
    chosen_on, whole = (connie_data.scored(run, name, with_forest=True) for name in (WHOLE, UNSEEN))
    figures |= connie_judge.muons(chosen_on, whole) | connie_judge.calibration(whole)
    figures |= connie_judge.macro_f1(whole, "macro_f1_4")
    figures["training_macro_f1_4"] = cost(run)
    counts = connie_counts.worst_bias(run.id, quick_counts)
    return {**figures, "image_count_bias": counts.pop("image_count_bias"), "counts": counts}


def cost(run: Any) -> dict[str, Any]:
    """What a training took."""
    provenance = run.provenance
    names = ("n_parameters", "n_epochs", "best_epoch", "seconds", "events_per_s", "device", "counts")
    return {name: provenance[name] for name in names}


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--workspace", type=Path, help="where data and trainings are kept (default: nowhere)")
    parser.add_argument("--quick-counts", action="store_true", help="fewer images for image_count_bias")
    parser.add_argument("--variants", action="store_true", help="the five preprocessings of the slides, with `compact`")
    parser.add_argument("--epochs", type=int, default=connie_variants.EPOCHS, help="of each of the --variants")
    parser.add_argument("--deco", action="store_true", help="build the slides' network and time a few batches")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.workspace or Path(temporary)
        os.environ["DARKROOM_WORKSPACE"] = str(folder / "workspace")
        began = time.perf_counter()
        connie_data.make_data(folder / "raw")
        if options.variants:
            result = connie_variants.study(options.epochs)
        elif options.deco:
            result = connie_variants.deco()
        else:
            result = gates(options.quick_counts)
        report.show({**result, "seconds": time.perf_counter() - began}, options.json)


if __name__ == "__main__":
    main()
