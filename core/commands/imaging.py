"""The command that lists the images of a data set and what lies in them."""

from typing import Any

import numpy as np

from core.commands import declarations
from core.commands.command import Result
from core.commands.find import find_dataset
from core.commands.text import table
from core.data import detector_images, image_rows
from core.data.dataset import Dataset
from core.data.image_rows import ImageView
from core.errors import DarkroomError
from core.judge.score_table import ScoreTable
from core.runs import open_run
from core.workflows.scored import open_scored


def images(options: declarations.Images) -> Result:
    experiment, dataset = find_dataset(options.dataset)
    looking = experiment.looking.images
    if looking is None or not dataset.images:
        raise DarkroomError(
            f"Data set '{dataset.name}' has no images: its rows come from files that hold none, or it was made by an "
            "earlier version; prepare it again from files with images."
        )
    scored = open_scored(open_run(options.run), experiment, dataset) if options.run else None
    rows = [_row(dataset, looking, i, scored) for i in range(len(dataset.images))]
    result: dict[str, Any] = {"dataset": dataset.name, "simulated": dataset.simulated, "images": rows}
    shown = [
        {"image": row["image"], "rows": row["rows"], **looking.facts(dataset.images[i]), **row.get("predicted", {})}
        for i, row in enumerate(rows)
    ]
    if scored is not None:
        result["run"] = scored.run.id
    return result, table(shown)


def _row(dataset: Dataset, looking: ImageView, i: int, scored: ScoreTable | None) -> dict[str, Any]:
    """One image: its name, its facts, the rows in it; of a run, the rows per predicted class."""
    facts, inside = dataset.images[i], detector_images.rows_in(dataset, i)
    row: dict[str, Any] = {"image": looking.name(facts), "file": dataset.parts[facts["part"]].file, **facts}
    row["rows"] = len(inside)
    if scored is not None:
        classes = image_rows.predicted(dataset.n_rows, scored.rows, scored.probabilities)[inside]
        counts = np.bincount(classes[classes >= 0], minlength=len(scored.classes)).tolist()
        row["predicted"] = dict(zip(scored.classes, counts, strict=True))
        row["n_unscored"] = int((classes < 0).sum())
    return row
