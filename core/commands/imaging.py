"""The command that lists the images of a data set and what lies in them."""

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

from core.commands.data import find_dataset
from core.commands.text import Command, Result, table
from core.data import frames, imaging
from core.data.dataset import Dataset
from core.data.imaging import Imaging
from core.errors import DarkroomError
from core.judge.scored import Scored, open_scored
from core.runs import open_run


def declare(add: Callable[[str, Command, str], argparse.ArgumentParser]) -> None:
    """The words and options of this command."""
    p = add("images", images, "list the images of a data set with their facts and how many rows lie in each")
    p.add_argument("dataset", metavar="NAME")
    p.add_argument("--run", metavar="RUN", help="count the classes that this run predicts, too")


def images(options: argparse.Namespace) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    own = experiment.imaging
    if own is None or not dataset.frames:
        raise DarkroomError(
            f"Data set '{dataset.name}' has no images: its rows come from files that hold none, or it was made by an "
            "earlier version; prepare it again from files with images."
        )
    scored = open_scored(open_run(options.run), experiment, dataset) if options.run else None
    rows = [_row(dataset, own, i, scored) for i in range(len(dataset.frames))]
    result: dict[str, Any] = {"dataset": dataset.name, "simulated": dataset.simulated, "images": rows}
    shown = [
        {"image": row["image"], "rows": row["rows"], **own.facts(dataset.frames[i]), **row.get("predicted", {})}
        for i, row in enumerate(rows)
    ]
    if scored is not None:
        result["run"] = scored.run.id
    return result, table(shown)


def _row(dataset: Dataset, own: Imaging, i: int, scored: Scored | None) -> dict[str, Any]:
    """One image: its name, its facts, the rows in it; of a run, the rows per predicted class."""
    facts, inside = dataset.frames[i], frames.rows_in(dataset, i)
    told: dict[str, Any] = {"image": own.name(facts), "file": dataset.parts[facts["part"]].file, **facts}
    told["rows"] = len(inside)
    if scored is not None:
        classes = imaging.predicted(dataset.n_rows, scored.rows, scored.probabilities)[inside]
        counts = np.bincount(classes[classes >= 0], minlength=len(scored.classes)).tolist()
        told["predicted"] = dict(zip(scored.classes, counts, strict=True))
        told["n_unscored"] = int((classes < 0).sum())
    return told
