"""Small pictures of what passes the cuts, of either experiment."""

import numpy as np
import pytest

from core.data.dataset import open_dataset
from core.figures import thumbnails
from core.registry import EXPERIMENTS
from core.selection.selection import select

SETS = dict(zip(("few", "tracks"), EXPERIMENTS.values(), strict=False))


def told(at) -> str:
    return next(m.value for m in at.markdown if "Shown:" in m.value)


@pytest.mark.parametrize("name", SETS)
def test_the_gallery_says_how_many_it_shows_and_gives_others(opened, tracks, name):
    at = opened("select", data=name, details="gallery")
    first = next(iter(SETS[name].selecting.presets.values())).selection
    n = len(select(SETS[name].selecting, SETS[name].labels, open_dataset(name), first).preselected)
    assert n > 24
    assert f"Shown: 24 of {n:,} rows inside the cuts" in told(at)
    at.button(key="passing-others").click().run()
    assert not at.exception
    assert at.session_state["passing-draw"] == 1


def test_the_choice_is_the_same_until_others_are_asked_for():
    rows = np.arange(100, 900)
    first, again, other = (thumbnails.chosen(rows, 24, draw) for draw in (0, 0, 1))
    assert first.tolist() == again.tolist() == sorted(set(first.tolist()))
    assert first.tolist() != other.tolist()
    assert thumbnails.chosen(rows[:5], 24).tolist() == rows[:5].tolist()


@pytest.mark.parametrize("name", SETS)
def test_every_picture_has_its_row_and_its_title(tracks, name):
    data, experiment = open_dataset(name), SETS[name]
    rows = np.array([3, 8, 11])
    titles = thumbnails.titles(experiment.table.columns[0], data, rows, ["a", "b", "a class with a long name"])
    view = next(iter(experiment.looking.views.values()))
    figure = thumbnails.draw(view, data, rows, titles)
    places = [
        int(row[0]) for trace in figure.data if trace.customdata is not None for row in np.asarray(trace.customdata)
    ]
    assert places == rows.tolist()
    notes = [note.text for note in figure.layout.annotations]
    assert sum(text.startswith(("a<br>", "b<br>", "a class with a…<br>")) for text in notes) == 3
