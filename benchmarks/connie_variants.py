"""The five preprocessings of the slides side by side, and the slides' network as it is."""

import time
from typing import Any

import numpy as np

from benchmarks import connie_data, connie_judge
from benchmarks.connie_data import TRACKS, UNSEEN
from core.connie.model import NETWORKS, RECORD, DecoParameters, deco_parameters
from core.connie.recipe import VARIANT_CLASSES, VARIANTS
from core.data.dataset import open_dataset
from core.data.loader import batches
from core.data.splits import TEST, TRAIN
from core.learn import backend
from core.learn.layers import describe_layers
from core.selection.selection import select
from core.statistics import multiclass

EPOCHS = 8
DECO_BATCHES, BATCH = 20, 64  # one pass over 1,280 tracks


def study(epochs: int = EPOCHS) -> dict[str, Any]:
    """`compact` on the picture alone, once per variant: macro-F1 and confusion matrix on test and whole images."""
    rows = {}
    for name, recipe in VARIANTS.items():
        values = {
            "size_px": recipe.size_px,
            "padding": recipe.padding,
            "log": recipe.log,
            "norm": recipe.norm,
            "scalars": (),
        }
        training = {"epochs": epochs}
        run = connie_data.trained(VARIANT_CLASSES[name], "compact", values, training)
        variant: dict[str, Any] = {"classes": VARIANT_CLASSES[name], **values, "seconds": run.provenance["seconds"]}
        for where in (TRACKS, UNSEEN):
            scored = connie_data.scored(run, where)
            chosen = scored.split == TEST if where == TRACKS else np.ones(len(scored.rows), bool)
            matrix = connie_judge.confusion(scored, chosen=chosen)
            variant[where] = {
                "macro_f1": connie_judge.figure(multiclass.summary(matrix).macro_f1),
                "confusion": matrix.to_dict(),
                "per_class": [numbers.to_dict() for numbers in multiclass.per_class(matrix)],
            }
        rows[name] = variant
    return {"epochs": epochs, "variants": rows, "table": [line(name, variant) for name, variant in rows.items()]}


def line(name: str, variant: dict[str, Any]) -> str:
    """One row of the table, for people."""
    shape = f"{variant['size_px']} px, {'padded' if variant['padding'] else 'stretched'}, {'log' if variant['log'] else 'not log'}"
    f1 = {where: variant[where]["macro_f1"] for where in (TRACKS, UNSEEN)}
    figures = ", ".join(f"{w} {f['value']:.3f} [{f['low']:.3f}, {f['high']:.3f}] of {f['n']}" for w, f in f1.items())
    return f"{name}: {shape}, {variant['classes']} classes: macro-F1 {figures}"


def deco() -> dict[str, Any]:
    """Layers and weights of the slides' network, and how fast it trains on tracks here."""
    description = describe_layers(NETWORKS["deco"], DecoParameters(), RECORD, RECORD.n_outputs)
    chosen = select(
        connie_data.EXPERIMENT.selecting,
        connie_data.EXPERIMENT.labels,
        open_dataset(TRACKS),
        connie_data.selection("three"),
    )
    rows, labels = chosen.rows(TRAIN)
    recipe = NETWORKS["deco"].recipe_for(DecoParameters())
    training_batches = batches(chosen.dataset, rows, recipe, BATCH, labels=labels, n_classes=3, seed=1)
    keras = backend.load_keras()
    model = NETWORKS["deco"].build(DecoParameters(), recipe.shape(chosen.dataset), 3)
    model.compile(keras.optimizers.Adam(), "categorical_crossentropy")
    losses, times = [], []
    for x, y, w in (next(training_batches) for _ in range(DECO_BATCHES)):
        began = time.perf_counter()
        losses.append(float(model.train_on_batch(x, y, sample_weight=w)))
        times.append(time.perf_counter() - began)
    seconds_per_image = float(np.median(times[1:])) / BATCH
    return {
        "deco": description,
        "deco_parameters_128_px": deco_parameters(128, 3),
        "deco_losses": losses,
        "deco_seconds_per_image": seconds_per_image,
        "deco_epoch_seconds": seconds_per_image * len(rows),
        "deco_200_epochs_hours": seconds_per_image * len(rows) * 200 / 3600,
        "n_train": len(rows),
        "n_tracks_seen": DECO_BATCHES * BATCH,
    }
