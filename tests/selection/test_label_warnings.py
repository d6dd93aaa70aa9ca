"""Whether labels are circular follows from their definition and the network's input, for both experiments."""

from types import SimpleNamespace

import pytest

from core.connie.experiment import EXPERIMENT as CONNIE
from core.connie.recipe import TrackInput
from core.connie.select import PRESETS
from core.cosine.experiment import EXPERIMENT as COSINE
from core.cosine.recipe import WaveformInput
from core.cosine.select import Cuts
from core.data.cuts import Cut
from core.labels.labels import Labels, Scheme
from core.selection import circular
from core.workflows.label_warnings import determined_columns, of_any_network

SIMULATED, MEASURED = (
    SimpleNamespace(simulated=simulated, meta={}, has=lambda name: name != "hand_label") for simulated in (True, False)
)


def warnings(experiment, cuts, scheme, data, recipe, labels=None):
    """What is to be known of labels that the input of a recipe determines."""
    determined = determined_columns(experiment, [recipe])
    return circular.warnings(labels or experiment.labels, experiment.table, data, determined, cuts, scheme)


@pytest.mark.parametrize(
    ("window_us", "is_circular"),
    [((0.0, 0.0), True), ((-1.0, 1.0), True), ((-1.0, 0.5), True), ((-1.0, 0.4), False), ((0.1, 2.0), False)],
)
def test_the_published_labels_are_circular_where_the_input_holds_the_window_of_nmt500(window_us, is_circular):
    recipe = WaveformInput(first_us=window_us[0], last_us=window_us[1])
    sentences = warnings(COSINE, Cuts(), "published", SIMULATED, recipe)
    assert bool(sentences) is is_circular
    if sentences:
        assert "The labels are circular: 'published' is cut on" in sentences[0] and "(nmt500_us)" in sentences[0]
        assert sentences[0].endswith("Compare with the labels 'coincidence' or 'truth'.")
    (measured,) = of_any_network(COSINE, MEASURED, Cuts(), "published")
    assert measured.endswith("Compare with the labels 'coincidence'.")


@pytest.mark.parametrize("scheme", ["coincidence", "truth"])
def test_labels_that_come_with_the_file_are_not_circular(scheme):
    assert of_any_network(COSINE, SIMULATED, Cuts(), scheme) == []


@pytest.mark.parametrize(
    ("recipe", "named"),
    [
        (TrackInput(), set()),  # stretched to a square, each by its own maximum: neither length nor charge is left
        (TrackInput(padding=True), {"length_px"}),
        (TrackInput(norm="global"), {"energy_kev"}),
        (TrackInput(padding=True, norm="global"), {"length_px", "energy_kev"}),
        (TrackInput(scalars=("short_length_px", "low_energy_kev", "edge")), {"length_px", "energy_kev"}),
    ],
)
def test_simulated_classes_of_tracks_are_circular_in_part_where_the_input_keeps_length_or_energy(recipe, named):
    cuts = PRESETS["seven"].selection.cuts
    direct, behind = circular.circular_columns(
        CONNIE.labels, CONNIE.table, SIMULATED, determined_columns(CONNIE, [recipe]), cuts, "truth"
    )
    assert (direct, set(behind)) == ((), named)
    sentences = warnings(CONNIE, cuts, "truth", SIMULATED, recipe)
    assert len(sentences) == bool(named)
    if "length_px" in named:
        assert "circular in part: under 'truth' muons shorter than 10 px are 'muon unsure'" in sentences[0]
    if "energy_kev" in named:
        assert "electrons up to 20 keV are spots" in sentences[0]


def test_what_a_label_is_cut_on_counts_whatever_it_is():
    """A label of the user's own, cut on the energy, beside an input that holds it."""

    def cut_on_energy(_cuts, _scheme, _dataset):
        return {"low": [Cut("low", "energy_kev", high=10.0)], "high": [Cut("high", "energy_kev", low=10.0)]}

    own = Labels(("low", "high"), cut_on_energy, {"mine": Scheme("mine", "")})
    cuts = PRESETS["seven"].selection.cuts
    (sentence,) = warnings(CONNIE, cuts, "mine", SIMULATED, TrackInput(norm="global"), own)
    assert "'mine' is cut on Energy [keV] (energy_kev)" in sentence
    assert warnings(CONNIE, cuts, "mine", SIMULATED, TrackInput(), own) == []
