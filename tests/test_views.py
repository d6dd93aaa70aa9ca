"""Views: a page of Darkroom and a query under a name, whatever the address or the file says."""

import json
from pathlib import Path

import pytest

from core import bin, views
from core.__main__ import main
from core.errors import DarkroomError


def test_an_address_is_kept_opened_renamed_and_deleted(workspace: Path) -> None:
    view = views.keep("3-6-kev", "http://127.0.0.1:8501/prefix/select?data=few&cut=a%3D1&cut=b%3D2&view=other")
    assert (view.page, view.query) == ("select", {"data": ["few"], "cut": ["a=1", "b=2"]})
    assert views.open_view("3-6-kev") == view
    assert views.address(view) == "/select?data=few&cut=a%3D1&cut=b%3D2"
    assert views.keep("first", "/").page == "overview" and views.address(views.open_view("first")) == "/"
    with pytest.raises(DarkroomError, match="There is a view 'first' already"):
        views.keep("first", "runs")
    assert views.keep("first", "runs", is_replacing=True).page == "runs"
    with pytest.raises(DarkroomError, match="there is one of this name"):
        views.rename("first", "3-6-kev")
    views.rename("first", "second")
    assert [v.name for v in views.readable()[0]] == ["3-6-kev", "second"]
    entry = views.delete("second")
    assert [v.name for v in views.readable()[0]] == ["3-6-kev"]
    bin.restore(entry)
    assert len(views.readable()[0]) == 2


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/select", "//example.org/select", "javascript:alert(1)", "file:///etc/passwd", "nothing",
        "../../etc/passwd", "select?a=" + "x" * 7000, "select?" + "&".join(f"a{i}=1" for i in range(500)),
        "select?a=%00", "select?a=%E2%80%AEx", "http://[::1", "select/../../x",
    ],
)  # fmt: skip
def test_other_places_and_what_is_too_long_are_refused(workspace: Path, address: str) -> None:
    with pytest.raises(DarkroomError):
        views.keep("v", address)
    assert views.readable() == ([], [])


def test_a_file_that_was_changed_leads_nowhere(workspace: Path) -> None:
    views.keep("v", "select?data=few")
    path = workspace / "views" / "v.json"
    for values in (
        {"page": "//example.org", "query": {}, "user": "u", "since": 1},
        {"page": "select", "query": 3},
        [],
        {},
    ):
        path.write_text(json.dumps(values))
        views_, problems = views.readable()
        assert views_ == [] and len(problems) == 1


def test_views_by_command(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["views", "keep", "v", "select?data=few", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["views"][0]["address"] == "/select?data=few"
    assert main(["views", "rename", "v", "w"]) == 0
    assert main(["views", "delete", "w", "--json"]) == 0
    assert main(["views", "delete", "w"]) == 2
    assert main(["views", "keep", "v"]) == 2
    assert main(["bin", "restore", "w", "--json"]) == 0
    assert main(["views", "--json"]) == 0
