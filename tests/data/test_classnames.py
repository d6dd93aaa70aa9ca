"""Names of classes from files are text, whatever shows them."""

import pytest

from core.data.classnames import checked_class
from core.errors import DarkroomError


@pytest.mark.parametrize(
    "name", ["muon sure", "worm_2", "bêta", "γ, e+/e-", "100 % sûr", "multi-site (psd)", "ミューオン", "what?"]
)
def test_ordinary_names_stay_as_they_are(name):
    assert checked_class(f" {name} ", "a.csv") == name


def test_accents_are_composed():
    assert checked_class("be\u0302ta", "a.csv") == "b\u00eata"


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "x" * 65, "*bold*", "_em_", "a _b_ c", "`code`", "[a](http://b)", "<b>x</b>", "# title", "$x^2$", "a|b", "~~x~~",
        ":red[x]", ":material/home:", "a\\b", "1. spot", "- spot", "www.a.org", "a\u202eb", "a\nb", "a\tb", "a\x1b[1m", "a  b", "x@y.z", "![x](y)",
    ],
)  # fmt: skip
def test_what_markdown_or_tags_could_be_made_of_is_refused(name):
    with pytest.raises(DarkroomError, match=r"a.csv: .* cannot name a class.*Rename it in the file"):
        checked_class(name, "a.csv")
