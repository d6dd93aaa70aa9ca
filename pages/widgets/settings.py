"""How a network is trained: the forms of its settings, remembered for each data set, in the address, and compared to its recipe."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core import parameters
from core.data.dataset import Dataset
from core.errors import DarkroomError
from core.learn import request
from core.learn.network import Network
from core.learn.training import TrainingParameters, training_for
from pages.widgets import cached, choose, form, layout

SET = "set"  # in the address: what differs from the network's recipe, as `name=value`


@dataclass(frozen=True)
class Settings:
    """A network of a data set's experiment with the forms of what it and its training can be set to."""

    name: str
    network: Network
    of: str

    @property
    def defaults(self) -> dict[str, Any]:
        """The recipe by the prefix of the form that shows it."""
        return {
            f"fit-{self.of}": training_for(self.network, {}),
            f"net-{self.of}": self.network.parameters(),
        }


def choose_network(data: Dataset) -> Settings:
    """The fastest network to begin with; settings that a link brings along are put into the forms."""
    experiment, owner = cached.experiment_of(data), choose.owner(data)
    if not experiment.networks:
        layout.nothing_yet(
            f"{experiment.title} has no networks to train: choose a data set of another experiment.",
            "pages/data/page.py", "Go to Data",
        )  # fmt: skip
    name = choose.one_of(
        "network", list(experiment.networks), "train-model", first=request.cheapest(experiment.networks), of=owner
    )
    settings = Settings(name, experiment.networks[name], f"{owner}/{name}")
    linked = tuple(st.query_params.get_all(SET))
    if linked and not choose.is_written(SET, linked, settings.of):
        _follow(settings, linked)
    return settings


def _follow(settings: Settings, linked: tuple[str, ...]) -> None:
    """Fill the forms with what a link says; what is wrong in it is told and left out."""
    try:
        parts = request.divide_settings(settings.network, linked)[::-1]
        changed = [
            parameters.override(default, [f"{name}={value}" for name, value in part.items()])
            for default, part in zip(settings.defaults.values(), parts, strict=True)
        ]
    except DarkroomError as error:
        layout.warn(f"The link could not be followed: {error}")
        return
    for prefix, values in zip(settings.defaults, changed, strict=True):
        form.fill(prefix, values)


def draw(settings: Settings, expanded: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The forms: (values of the network, of its training)."""
    (of_training, training), (of_network, network_values) = settings.defaults.items()
    with st.expander("training", expanded=expanded):
        trained = form.draw_from(of_training, TrainingParameters, training)
    with st.expander("network"):
        network = form.draw_from(of_network, settings.network.parameters, network_values)
    _into_address(settings, (network, trained))
    return network, trained


def _into_address(settings: Settings, values: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Keep in the address what differs from the recipe, so that the link shows the same; what cannot be used stays out."""
    changed = st.query_params.get_all(SET)
    with suppress(DarkroomError):
        defaults = list(settings.defaults.values())[::-1]
        changed = [
            text
            for default, given in zip(defaults, values, strict=True)
            for text in parameters.as_assignments(parameters.build(type(default), given), default)
        ]
    if st.query_params.get_all(SET) != changed:
        st.query_params[SET] = changed
    choose.mark_written(SET, tuple(changed), settings.of)


def differences(settings: Settings) -> None:
    """Beside the button that starts a training: how many settings are not those of the recipe, and the way back."""
    changed = [text for prefix, default in settings.defaults.items() for text in form.differing(prefix, default)]
    if not changed:
        return
    n = f"{len(changed)} setting{'s' * (len(changed) != 1)} differ{'s' * (len(changed) == 1)}"
    st.button(
        f"{n} from the recipe: reset", key=f"recipe-{settings.of}", on_click=_reset, args=(settings,), type="tertiary",
        icon=":material/restart_alt:", help=layout.plain(", ".join(changed)),
    )  # fmt: skip


def _reset(settings: Settings) -> None:
    for prefix, default in settings.defaults.items():
        form.fill(prefix, default)
