"""The pictures of a track hold its pixels and its numbers."""

import json

import numpy as np
import pytest

from core.__main__ import main
from core.connie import plot
from core.connie.clusters import stored_crops
from core.connie.detector_images import IMAGE_VIEW
from core.connie.experiment import EXPERIMENT
from core.connie.recipe import VARIANTS
from core.data import detector_images, image_rows
from core.data.dataset import open_dataset
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    """Every track of two small simulated images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARKROOM_WORKSPACE", str(tmp_path_factory.mktemp("plots")))
        settings = EXPERIMENT.simulation.parameters(n_rows=200, n_columns=240)
        files = EXPERIMENT.simulation.simulate(
            tmp_path_factory.mktemp("raw"), n_events=200, seed=3, parameters=settings
        )
        prepare(EXPERIMENT, files[:1], "tracks", default_mapping(EXPERIMENT))
        yield open_dataset("tracks")


@pytest.fixture(scope="module")
def longest(tracks) -> int:
    return int(np.argmax(tracks.column("length_px")))


def test_a_crop_is_cut_out_of_its_stored_image(tracks, longest):
    """Where the crop holds charge, the image has the same, to the steps in which both are stored."""
    crop, (x0, y0) = stored_crops.crop_of(tracks, longest), stored_crops.origin_of(tracks, longest)
    image = int(detector_images.image_of(tracks, [longest])[0])
    height, width = crop.shape
    pixels, factor = detector_images.region(tracks, image, x0, x0 + width, y0, y0 + height, 500)
    assert factor == 1
    bright = crop > stored_crops.floors(tracks, [longest])[0]
    assert bright.sum() > 20
    assert np.abs(pixels - crop)[bright].max() <= detector_images.STEP


def test_the_picture_of_a_track_holds_its_charge_and_its_ends(tracks, longest):
    figure = plot.draw_track(tracks, longest, plot.TrackView(colours="linear"))
    crop = stored_crops.crop_of(tracks, longest)
    assert np.array_equal(figure.data[0].z, crop)
    assert np.array_equal(plot.draw_track(tracks, longest, plot.TrackView()).data[0].customdata, crop)
    ends = figure.data[1]
    assert "front" in ends.text[0]
    length = np.hypot(*(np.diff(ends[axis])[0] for axis in "xy"))
    assert length == pytest.approx(float(tracks.column("length_px")[longest]), abs=2.0)
    loss = figure.data[2]
    step_px = float(loss.x[1] - loss.x[0])
    whole_kev = np.sum(loss.y, dtype=np.float64) * float(tracks.column("l3_um")[longest]) * step_px / length
    assert whole_kev == pytest.approx(float(tracks.column("energy_kev")[longest]), rel=0.03)
    assert f"{tracks.column('energy_kev')[longest]:,.1f} keV" in figure.layout.annotations[-1].text


@pytest.mark.parametrize(("variant", "n_panels"), [("A", 4), ("D", 5), ("all", None)])
def test_every_step_of_a_variant_is_drawn(tracks, longest, variant, n_panels):
    figure = plot.draw_steps(tracks, longest, plot.StepsView(variant=variant))
    crop = stored_crops.crop_of(tracks, longest)
    chosen = [VARIANTS[variant]] if n_panels else list(dict.fromkeys(VARIANTS.values()))
    wanted = [picture for recipe in chosen for picture in recipe.steps(crop).values()]
    assert n_panels in (None, len(wanted))
    assert all(np.array_equal(t.z, picture) for t, picture in zip(figure.data, wanted, strict=True))
    titles = " ".join(note.text for note in figure.layout.annotations)
    assert "raw" in titles
    assert "0-255" in titles


def test_the_mean_track_has_mean_one_and_says_how_many_it_holds(tracks):
    rows = np.arange(tracks.n_rows)
    n_long = int((tracks.column("length_px") >= plot.MIN_MEAN_PX).sum())
    mean = plot.mean_track(tracks, rows)
    assert (mean.n, mean.n_of) == (n_long, len(rows))
    assert mean.mean.mean() == pytest.approx(1.0, abs=1e-6)
    short = plot.mean_track(tracks, np.flatnonzero(tracks.column("length_px") < 4.0))
    assert short.n == 0
    assert np.isnan(short.mean).all()


def test_the_frame_of_every_row_lies_around_its_axis(tracks):
    """The columns that the page outlines with fit each other: the axis' middle lies in the box, its ends near it."""
    rows = np.arange(tracks.n_rows)
    x0, x1, y0, y1 = image_rows.boxes(tracks, IMAGE_VIEW, rows).T
    a, b, c, d = image_rows.lines(tracks, IMAGE_VIEW, rows).T
    assert ((x0 - 1 <= (a + b) / 2) & ((a + b) / 2 <= x1 + 1) & (y0 - 1 <= (c + d) / 2) & ((c + d) / 2 <= y1 + 1)).all()
    steep = (y1 - y0 > 15) & (x1 - x0 < 5)
    assert (np.abs(d - c)[steep] > 0.6 * (y1 - y0)[steep]).all()
    names = [IMAGE_VIEW.name(facts) for facts in tracks.images]
    assert len(set(names)) == len(names) == len(tracks.images)
    assert IMAGE_VIEW.facts(tracks.images[0])["clusters"].startswith(f"{len(detector_images.rows_in(tracks, 0)):,} on")


def test_the_command_lists_every_image_with_the_rows_in_it(tracks, capsys):
    assert main(["images", "tracks", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [image["rows"] for image in answer["images"]] == [image["n_clusters"] for image in tracks.images]
    assert [image["image"] for image in answer["images"]] == [IMAGE_VIEW.name(facts) for facts in tracks.images]
    assert sum(image["rows"] for image in answer["images"]) == tracks.n_rows
