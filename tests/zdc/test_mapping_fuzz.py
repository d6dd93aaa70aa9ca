"""Whatever a mapping says of a whole file, reading ends with showers or with one sentence."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import parameters
from core.errors import DarkroomError
from core.zdc import read, rows
from core.zdc.mapping import Mapping
from tests.zdc.shower_files import FORMS, OWN, made_up, own_file
from tests.zdc.test_read_forms import VOXELS, voxel_file

VALUES: tuple[Any, ...] = (
    "", "x", "../x", "a/b", "a.b[1]", "\u202e\x1b", "event", "energy", "e", "cells_mev", "*", "[", 0, 1, 2, 3, 7, 1000, -1, 0.5, 1e6,
    None, True, "zyx", "xyz", "z", "MeV", "TeV", "um",
)  # fmt: skip
N_EACH = 40
OTHERS = {
    "own": lambda folder: (own_file(folder / "zdc_0004_000_sim.h5", made_up(6)), OWN),
    "voxels": lambda folder: (voxel_file(folder / "v.h5", np.full((12, 10), 50.0)), VOXELS),
}


@pytest.mark.parametrize("form", [*FORMS, *OTHERS])
def test_other_values_in_a_mapping(form: str, tmp_path: Path) -> None:
    if form in OTHERS:
        path, mapping = OTHERS[form](tmp_path)
    else:
        name, write = FORMS[form]
        path, mapping = write(tmp_path / name, made_up(6))
    plain, rng = parameters.to_dict(mapping), random.Random(form)
    for _ in range(N_EACH):
        changed = {rng.choice(list(plain)): rng.choice(VALUES) for _ in range(rng.choice((1, 1, 3)))}
        for look in (
            lambda m: list(rows.blocks(path, m)),
            lambda m: read.notes(path, m),
            lambda m: read.source(path, m),
        ):
            try:
                look(parameters.build(Mapping, {**plain, **changed}))
            except DarkroomError as error:
                assert len(str(error)) < 700
