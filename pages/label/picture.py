"""The picture of a row on page Label: its own pixels with what lies around them, or one of the experiment's views."""

from typing import Any

import streamlit as st

from core.data.dataset import Dataset
from core.figures import labelled
from core.labels import label_session
from core.labels.record import LINEAR, LOG, Look
from core.labels.surroundings import surroundings
from pages.widgets import cached, choose


def choose_look(data: Dataset) -> Look:
    """How rows are shown: stretch of their pixels, or which view of them."""
    how = label_session.labelling_of(cached.experiment_of(data))
    if how.pixels is None:
        names = list(how.pictures)
        if len(names) == 1:
            return how.first_look
        return Look(
            picture=choose.one_of(
                "picture", names, "picture", of=data.experiment, draw=st.segmented_control, required=True
            )
        )
    scale = st.segmented_control("colours", [LOG, LINEAR], default=LOG, key="colours", required=True, **choose.STAY)
    fixed = st.toggle("same scale for all", key="fixed", help="fixed colour limits", **choose.STAY)
    return Look(scale or LOG, fixed)


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=cached.KEYS)
def figure(data: Dataset, row: int, look: Look) -> Any:
    """The picture of a row, that says itself of which; kept, as those to come are drawn while one looks at this one."""
    experiment = cached.experiment_of(data)
    how = label_session.labelling_of(experiment)
    if how.pixels is None:
        picture = how.pictures[look.picture]
        drawn = experiment.looking.views[picture.view].draw(data, row, picture.parameters)
        drawn.update_layout(height=labelled.HEIGHT)
    else:
        around = surroundings(experiment.looking.images, data, row, look.context)
        drawn = labelled.row(how.pixels.crop(data, row), around, look, how.pixels.scale(data))
    return drawn.update_layout(meta=experiment.table.uid.text(int(data.column("uid")[row])))
