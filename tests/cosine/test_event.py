"""The identity of a row as text, and back."""

import numpy as np
import pytest

from core.cosine.rows import UID
from core.errors import DarkroomError


@pytest.mark.parametrize(
    "parts",
    [
        (1765, 3, 42, 1),
        (1601, 0, 0, 8),
        (999_999, 4095, 134_217_727, 15),
        (0, 0, 0, 0),
        (20230415, 0, 4_194_303, 1),
        (99_999_999, 63, 0, 255),
        (7, 3, 42, 57),
    ],
)
def test_text_and_number_name_the_same_row(parts: tuple[int, int, int, int]) -> None:
    run, subrun, entry, crystal = parts
    number = int(UID.pack(run, subrun, np.array([entry]), crystal)[0])
    assert UID.text(number) == ".".join(map(str, parts))
    assert UID.parse(UID.text(number)) == UID.parse(f" {number} ") == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1765.3.42",
        "1765.3.42.256",
        "1765.4096.1.1",
        "20230415.64.1.1",
        "123456789.0.0.1",
        "-",
        "1.2.3.4.5",
        "1e9",
    ],
)
def test_what_names_no_row_is_refused_with_the_form_that_is_expected(text: str) -> None:
    with pytest.raises(DarkroomError, match=r"run\.subrun\.entry\.crystal"):
        UID.parse(text)


def test_identities_of_both_layouts_never_meet() -> None:
    rng = np.random.default_rng(2)
    parts = [rng.integers(0, n, 4000) for n in (1 << 20, 64, 1 << 22, 16)]
    parts[0][:1000] += 20_000_000
    parts[3][500:1500] += 20
    packed = UID.pack(*parts)
    assert len(np.unique(packed)) == len(np.unique(np.stack(parts), axis=1).T)
    assert [UID.text(int(number)) for number in packed] == [".".join(map(str, row)) for row in zip(*parts, strict=True)]
