"""How far off the count of muons in a full image is, over the rates and two mixes of particles, after correction.

`python -m benchmarks.connie_counts --json` simulates full images, finds and classifies their clusters, calibrates the
counting on some of them and counts the muons of 20 others: 700 to 9,000 muons each, ten with everything else in
proportion, ten with the electrons and spots of three hours whatever the exposure is. `--run` takes a trained run, else a
random forest on the features, trained on images of their own, stands for it. About 10 s an image.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from core import runs
from core.connie import features, read
from core.connie.experiment import EXPERIMENT
from core.connie.labels.classes import FINE
from core.connie.muons import counting, overlap
from core.connie.simulate import SimulationParameters
from core.learn import predict
from core.workflows.demo import default_mapping

LOW_H, HIGH_H = 0.305, 3.92  # 700 to 9,000 muons
FULL_H = 3.0
N_TEST, N_CALIBRATION, N_TRAINING = 10, 24, 6  # test images of each mix
MUON = FINE.index("muon sure")
THRESHOLD = 0.5
REPEATS = 200
TABLE = (
    *features.TREE_FEATURES, "truth_class", "truth_n_muons", "truth_species", "charge_e", "npix", "max_e", "flags",
    "crop_height_px", "crop_width_px",
)  # fmt: skip


@dataclass(frozen=True)
class Clusters:
    """The clusters of one image: table name -> (n,), and probabilities (n, n_classes) once they are classified."""

    table: dict[str, np.ndarray]
    crops: Any
    outputs: np.ndarray | None = None

    @property
    def n_muons(self) -> int:
        return int(self.table["truth_n_muons"].sum())


def exposures_h(n: int, shift: float) -> list[float]:
    """n exposures between the shortest and the longest, even in their logarithm, by steps of the golden ratio."""
    return [LOW_H * (HIGH_H / LOW_H) ** ((i * 0.618034 + shift) % 1.0) for i in range(n)]


def image(seed: int, exposure_h: float, settings: SimulationParameters, keep_crops: bool) -> Clusters:
    """Simulate one image, read it and find its clusters."""
    settings = replace(settings, exposure_low_h=exposure_h, exposure_high_h=exposure_h)
    with tempfile.TemporaryDirectory() as folder:
        path = EXPERIMENT.simulation.simulate(Path(folder), 1, seed, parameters=settings)[0]
        block = next(read.blocks(path, default_mapping(EXPERIMENT)))
    table = {name: block.table[name] for name in dict.fromkeys(TABLE)}
    return Clusters(table, block.arrays["crop"] if keep_crops else None)


def test_images(settings: SimulationParameters, n: int, keep_crops: bool) -> list[Clusters]:
    """n images of each mix."""
    images = []
    for i in range(n):
        exposure = LOW_H * (HIGH_H / LOW_H) ** ((i + 0.5) / n)
        k = FULL_H / exposure
        constant = {name: getattr(settings, name) * k for name in ("electrons", "spots", "alphas")}
        for seed, mix in ((2000 + i, {}), (3000 + i, constant)):
            images.append(image(seed, exposure, replace(settings, mix_spread=0.0, **mix), keep_crops))
    return images


def forest(settings: SimulationParameters, n: int) -> Any:
    """A random forest on features of clusters of n images of their own; the classes are the fine labels."""
    from sklearn.ensemble import RandomForestClassifier

    training_images = [image(4000 + i, hours, settings, False) for i, hours in enumerate(exposures_h(n, 0.2))]
    x, y = (
        np.concatenate([_features(clusters) for clusters in training_images]),
        np.concatenate([clusters.table["truth_class"] for clusters in training_images]),
    )
    model = RandomForestClassifier(100, min_samples_leaf=3, max_samples=min(20_000, len(y)), random_state=1, n_jobs=2)
    return model.fit(x, y)


def _features(clusters: Clusters) -> np.ndarray:
    return np.nan_to_num(np.stack([clusters.table[name] for name in features.TREE_FEATURES], axis=1), nan=-1.0)


def classify_by_forest(model: Any, images: Sequence[Clusters]) -> tuple[list[Clusters], int]:
    """Probabilities of the seven fine labels; the place of the muons among them."""
    classified = []
    for clusters in images:
        outputs = np.zeros((len(clusters.table["npix"]), len(FINE)))
        outputs[:, model.classes_] = model.predict_proba(_features(clusters))
        classified.append(replace(clusters, outputs=outputs, crops=None))
    return classified, MUON


def classify_by_run(run: runs.Run, images: Sequence[Clusters]) -> tuple[list[Clusters], int]:
    """Probabilities of the run's classes, by its network."""
    recipe, model, classified = (
        predict.recipe_of(EXPERIMENT.networks, run),
        predict.load_model(run, EXPERIMENT.networks),
        [],
    )
    for clusters in images:
        outputs = []
        for start in range(0, len(clusters.table["npix"]), predict.BATCH_ROWS):
            rows = np.arange(start, min(start + predict.BATCH_ROWS, len(clusters.table["npix"])))
            x = recipe.make(
                {"crop": clusters.crops[rows]}, {name: column[rows] for name, column in clusters.table.items()}, None
            )
            outputs.append(np.asarray(model.predict_on_batch(x)))
        classified.append(replace(clusters, outputs=np.concatenate(outputs), crops=None))
    return classified, run.classes.index(FINE[MUON])


def binned(images: Sequence[Clusters], at: int) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """(image, bin) of every cluster, the number of bins, and the occupancy of each image."""
    place = np.concatenate([np.full(len(clusters.table["npix"]), i) for i, clusters in enumerate(images)])
    predicted = np.concatenate([called_of(clusters, at) for clusters in images])
    n_classes = images[0].outputs.shape[1]
    bins = overlap.bins_of(predicted, np.concatenate([clusters.table["energy_kev"] for clusters in images]), n_classes)
    return place, bins, overlap.n_bins(n_classes), np.array([clusters.table["occupancy"][0] for clusters in images])


def count(calibration: Sequence[Clusters], tested: Sequence[Clusters], at: int) -> list[dict[str, float]]:
    """Muons in each tested image: true, clusters called muon, corrected with errors; bias is corrected / true - 1."""
    place, bins, n, x = binned(calibration, at)
    n_muons, species = (
        np.concatenate([clusters.table[f"truth_{name}"] for clusters in calibration]) for name in ("n_muons", "species")
    )
    came = np.array([clusters.n_muons for clusters in calibration])
    response = overlap.calibrate(overlap.truth_of(place, bins, n, n_muons, species, came, counting.KINDS), x)
    place, bins, n, x = binned(tested, at)
    counted = overlap.count(response, overlap.per_image(place, bins, len(tested), n), x)
    return [
        {
            "true": clusters.n_muons, "called": raw, "corrected": muons.value, "statistical": muons.statistical,
            "calibration": muons.calibration, "bias": muons.value / clusters.n_muons - 1.0,
            "bias_called": raw / clusters.n_muons - 1.0, "occupancy": float(occupancy),
        }
        for clusters, muons, occupancy in zip(tested, counted, x, strict=True)
        for raw in [float(np.count_nonzero(called_of(clusters, at) == at))]
    ]  # fmt: skip


def called_of(clusters: Clusters, at: int) -> np.ndarray:
    """The class that each cluster of an image is called."""
    if clusters.outputs is None:
        raise SystemExit("The clusters were not classified.")
    return counting.classify(clusters.outputs, at, THRESHOLD)


def worst(rows: Sequence[dict[str, float]], seed: int = 1) -> dict[str, float]:
    """The largest |bias| of the images, with the interval that their counting errors give it; n images."""
    bias = np.array([row["bias"] for row in rows])
    # the truth is the number in the image, so the Poisson error of the mean number is taken out
    error = np.array(
        [np.hypot(np.sqrt(max(r["statistical"] ** 2 - r["true"], 0.0)), r["calibration"]) / r["true"] for r in rows]
    )
    drawn = np.abs(bias + error * np.random.default_rng(seed).standard_normal((REPEATS, len(rows)))).max(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    value = float(np.abs(bias).max())
    return {"value": value, "low": min(float(low), value), "high": max(float(high), value), "n": len(rows)}


def worst_bias(run_id: str = "", is_quick: bool = False) -> dict[str, Any]:
    """The gate: worst bias over rates and mixes, and every image. `is_quick`: few small images, for a test."""
    settings = SimulationParameters(ohdus=(2,), full_frame=not is_quick, n_rows=600, n_columns=600)
    n_test, n_calibration, n_training = (1, 4, 2) if is_quick else (N_TEST, N_CALIBRATION, N_TRAINING)
    run = runs.open_run(run_id) if run_id else None
    with ThreadPoolExecutor(2) as pool:
        hours = enumerate(exposures_h(n_calibration, 0.3))
        waiting = [pool.submit(image, 1000 + i, h, settings, run is not None) for i, h in hours]
        tested, calibration = test_images(settings, n_test, run is not None), [job.result() for job in waiting]
    if run is not None:
        (calibration, at), (tested, _) = classify_by_run(run, calibration), classify_by_run(run, tested)
    else:
        model = forest(settings, n_training)
        (calibration, at), (tested, _) = classify_by_forest(model, calibration), classify_by_forest(model, tested)
    rows = count(calibration, tested, at)
    biases = [row["bias_called"] for row in rows]
    facts = {"raw_bias_low": min(biases), "raw_bias_high": max(biases), "n_calibration": n_calibration}
    return {"image_count_bias": worst(rows), **facts, "classified_by": run_id or "forest", "images": rows}


def main() -> None:
    parser = report.options(__doc__ or "")
    parser.add_argument("--run", default="", help="a run of the workspace that classifies (default: a random forest)")
    parser.add_argument("--quick", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    result = worst_bias(options.run, options.quick)
    if not options.json:
        for row in result.pop("images"):
            print(json.dumps({name: round(value, 4) for name, value in row.items()}))
    report.show(result, options.json)


if __name__ == "__main__":
    main()
