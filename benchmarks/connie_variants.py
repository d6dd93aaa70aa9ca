"""The five preprocessings of the slides side by side, and the slides' network as it is."""

import time
from typing import Any

import numpy as np

from benchmarks import connie_data, connie_judge
from benchmarks.connie_data import TRACKS, UNSEEN
from core.connie.model import NETWORKS, DecoParameters, deco_parameters, describe
from core.connie.recipe import VARIANT_CLASSES, VARIANTS
from core.data.dataset import open_dataset
from core.data.loader import batches
from core.data.selection import select
from core.data.splits import TEST, TRAIN
from core.judge import multiclass
from core.learn import backend

EPOCHS = 8
XLA_UP_TO_PX = 64  # beyond it, its convolutions take twice as long as TensorFlow's own
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
        training = {"epochs": epochs, "xla": recipe.size_px <= XLA_UP_TO_PX}
        run = connie_data.trained(VARIANT_CLASSES[name], "compact", values, training)
        told: dict[str, Any] = {"classes": VARIANT_CLASSES[name], **values, "seconds": run.provenance["seconds"]}
        for where in (TRACKS, UNSEEN):
            scored = connie_data.scored(run, where)
            chosen = scored.split == TEST if where == TRACKS else np.ones(len(scored.rows), bool)
            found = connie_judge.confusion(scored, chosen=chosen)
            told[where] = {
                "macro_f1": connie_judge.figure(multiclass.summary(found).macro_f1),
                "confusion": found.to_dict(),
                "per_class": [one.to_dict() for one in multiclass.per_class(found)],
            }
        rows[name] = told
    return {"epochs": epochs, "variants": rows, "table": [line(name, told) for name, told in rows.items()]}


def line(name: str, told: dict[str, Any]) -> str:
    """One row of the table, for people."""
    shape = (
        f"{told['size_px']} px, {'padded' if told['padding'] else 'stretched'}, {'log' if told['log'] else 'not log'}"
    )
    f1 = {where: told[where]["macro_f1"] for where in (TRACKS, UNSEEN)}
    figures = ", ".join(f"{w} {f['value']:.3f} [{f['low']:.3f}, {f['high']:.3f}] of {f['n']}" for w, f in f1.items())
    return f"{name}: {shape}, {told['classes']} classes: macro-F1 {figures}"


def deco() -> dict[str, Any]:
    """Layers and weights of the slides' network, and how fast it trains on tracks here."""
    told = describe("deco", DecoParameters())
    chosen = select(connie_data.EXPERIMENT, open_dataset(TRACKS), connie_data.selection("three"))
    rows, labels = chosen.rows(TRAIN)
    recipe = NETWORKS["deco"].recipe_for(DecoParameters())
    made = batches(chosen.dataset, rows, recipe, BATCH, labels=labels, n_classes=3, seed=1)
    keras = backend.load_keras()
    model = NETWORKS["deco"].build(DecoParameters(), recipe.shape(chosen.dataset), 3)
    model.compile(keras.optimizers.Adam(), "categorical_crossentropy")
    losses, times = [], []
    for x, y, w in (next(made) for _ in range(DECO_BATCHES)):
        began = time.perf_counter()
        losses.append(float(model.train_on_batch(x, y, sample_weight=w)))
        times.append(time.perf_counter() - began)
    seconds_per_image = float(np.median(times[1:])) / BATCH
    return {
        "deco": told,
        "deco_parameters_128_px": deco_parameters(128, 3),
        "deco_losses": losses,
        "deco_seconds_per_image": seconds_per_image,
        "deco_epoch_seconds": seconds_per_image * len(rows),
        "deco_200_epochs_hours": seconds_per_image * len(rows) * 200 / 3600,
        "n_train": len(rows),
        "n_tracks_seen": DECO_BATCHES * BATCH,
    }
