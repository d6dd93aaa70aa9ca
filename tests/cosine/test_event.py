"""The identity of a row as text, and back."""

import numpy as np
import pytest

from core.cosine.event import parse_uid, uid_text
from core.cosine.rows import uid
from core.errors import DarkroomError


@pytest.mark.parametrize("parts", [(1765, 3, 42, 1), (1601, 0, 0, 8), (999_999, 4095, 134_217_727, 15), (0, 0, 0, 0)])
def test_text_and_number_name_the_same_row(parts: tuple[int, int, int, int]) -> None:
    run, subrun, entry, crystal = parts
    number = int(uid(run, subrun, np.array([entry]), crystal)[0])
    assert uid_text(number) == ".".join(map(str, parts))
    assert parse_uid(uid_text(number)) == parse_uid(f" {number} ") == number


@pytest.mark.parametrize("text", ["", "abc", "1765.3.42", "1765.3.42.99", "1765.4096.1.1", "-5", "1.2.3.4.5", "1e9"])
def test_what_names_no_row_is_refused_with_the_form_that_is_expected(text: str) -> None:
    with pytest.raises(DarkroomError, match=r"run\.subrun\.entry\.crystal"):
        parse_uid(text)
