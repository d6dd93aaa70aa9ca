"""The identity of a track: a number and a text that lead to each other, and no two tracks of a data set with the same one."""

import shutil

import numpy as np
import pytest
from astropy.io import fits

from core.connie.detector_images import name
from core.connie.event import UID, uid
from core.data import joining
from core.data.dataset import open_dataset
from core.errors import DarkroomError
from core.registry import EXPERIMENTS
from core.workflows.demo import default_mapping
from core.workflows.prepare_job import prepare

EXPERIMENT = EXPERIMENTS["connie"]
MAPPING = default_mapping(EXPERIMENT)


@pytest.mark.parametrize("parts", [(246, 2, 1, 0, 1234), (0, 0, 0, 0, 0), (8_388_607, 63, 63, 255, 1_048_575)])
def test_number_and_text_lead_to_each_other(parts):
    number = int(uid(*parts[:4], parts[4] + 1)[-1])
    assert 0 <= number < 1 << 63
    assert UID.text(number) == ".".join(map(str, parts))
    assert UID.parse(UID.text(number)) == UID.parse(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "1.2.3.4", "1.2.3.4.5.6", "246.64.1.0.0", "246.2.64.0.0", "8388608.0.0.0.0", "-1", "٣", "9" * 19, "1" * 99],
)
def test_what_is_no_identity_is_refused(text):
    with pytest.raises(DarkroomError, match=r"is no track: expected runID\.OHDU\.part\.frame\.cluster"):
        UID.parse(text)


def test_an_image_beyond_the_room_of_an_identity_is_refused():
    for numbers, sentence in (
        ((1 << 23, 2, 1, 0, 1), "runid"),
        ((1, 2, 64, 0, 1), "part"),
        ((1, 2, 1, 0, (1 << 20) + 1), "cluster"),
    ):
        with pytest.raises(DarkroomError, match=f"^{sentence} .* has no place in the identity of a row: expected 0 to"):
            uid(*numbers)


def raw(path, seed):
    """An image of 60 x 160 active pixels with three tracks, noise 14.5 ADU."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(1500.0, 14.5, (60, 240))
    for y in (10, 30, 50):
        pixels[y, 20:50] += 2000.0
    image = fits.ImageHDU(pixels.round().astype(np.uint16))
    image.header.update({"RUNID": 777, "OHDU": 2, "BIASW": 40})
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return path


def test_parts_of_one_exposure_make_one_data_set_and_copies_do_not(workspace, tmp_path):
    del workspace
    parts = [raw(tmp_path / f"runID_9_00777_a_p{i}.fits", i) for i in (1, 2)]
    prepare(EXPERIMENT, parts, "parts", MAPPING)
    data = open_dataset("parts")
    assert [UID.text(int(u)) for u in data.column("uid")] == [f"777.2.{p}.0.{k}" for p in (1, 2) for k in range(3)]
    assert [name(facts) for facts in data.images] == ["777.2.1.0", "777.2.2.0"]
    assert len(np.unique(EXPERIMENT.selecting.group(data))) == 2
    copy = tmp_path / "copy.fits"
    shutil.copy(parts[0], copy)
    meta = prepare(EXPERIMENT, [*parts, copy], "copies", MAPPING)
    assert len(meta["parts"]) == 2
    assert any("holds the same bytes as" in note for note in joining.notes("copies", meta))


def test_what_is_odd_about_a_file_is_told_once_it_is_prepared(workspace, tmp_path):
    """The second image is cut off: the first is read, and the sentence names file and bytes."""
    del workspace
    first, second = fits.open(raw(tmp_path / "one.fits", 1)), fits.open(raw(tmp_path / "two.fits", 2))
    whole = tmp_path / "whole.fits"
    fits.HDUList([fits.PrimaryHDU(), first[1], second[1]]).writeto(whole)
    for file in (first, second):
        file.close()
    cut = tmp_path / "cut.fits"
    cut.write_bytes(whole.read_bytes()[:-9000])
    meta = prepare(EXPERIMENT, [cut], "cut", MAPPING)
    (note,) = joining.notes("cut", meta)
    assert note.startswith("cut.fits: HDU 2 is truncated: ")
    assert note.endswith("the 1 intact image is read.")
