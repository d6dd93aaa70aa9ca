"""Tags and notes on the pages: given and taken back on Inspect, filtered by, cut on and linked to on Select."""

from typing import Any

import numpy as np
import pytest

from core.data.dataset import open_dataset
from core.labels import tags
from core.labels.tags import open_tags
from tests.pages.conftest import EXPERIMENT
from tests.pages.opening import open_app

MAPPING = EXPERIMENT.reading.mapping


def known() -> tags.Tags:
    return open_tags(open_dataset("few"), MAPPING)


def event(at: Any) -> str:
    return str(at.text_input(key="typed-event").value)


def button(at: Any, start: str) -> Any:
    return next(b for b in at.button if b.key and b.key.startswith(start))


def field(at: Any, start: str) -> Any:
    return next(s for s in at.selectbox if s.key and s.key.startswith(start))


def type_new(at: Any, start: str, text: str) -> None:
    """Type what may not be among the options, which AppTest would not send."""
    typed = field(at, start)
    typed.options.append(text)
    typed.set_value(text).run()


def test_an_event_is_tagged_noted_and_freed_of_its_tag(opened: Any) -> None:
    at = opened("inspect", labeller="anna")
    row = np.flatnonzero(
        open_dataset("few").column("uid") == EXPERIMENT.table.uid.parse(event(at))
    )[0]  # fmt: skip
    type_new(at, "new-tag-", "noise-burst")
    assert not at.exception
    assert [mark.text for mark in known().of_row(row)] == ["noise-burst"]
    assert button(at, "untag-noise-burst").label == "noise-burst"
    at.text_area[0].set_value("*looks* like <b> two")
    button(at, "FormSubmitter:form-note").click().run()
    assert [note.text for note in known().notes_of(row)] == ["*looks* like <b> two"]
    assert any("\\*looks\\* like \\<b\\> two" in m.value for m in at.markdown)
    button(at, "untag-noise-burst").click().run()
    assert known().of_row(row) == []
    type_new(at, "new-tag-", "not a name")
    assert "is not allowed" in at.error[0].value
    assert not at.exception


def test_a_tag_of_somebody_else_is_shown_and_not_taken(opened: Any) -> None:
    data = open_dataset("few")
    tags.add(data, MAPPING, np.arange(data.n_rows), "seen", "bert")
    at = opened("inspect", labeller="anna")
    assert button(at, "untag-seen").disabled
    assert "bert" in button(at, "untag-seen").help
    without = opened("inspect")
    assert field(without, "new-tag-").disabled


def test_all_events_of_the_filter_are_tagged_and_the_filter_follows(opened: Any) -> None:
    at = opened("inspect", labeller="anna", low="5", high="6")
    type_new(at, "all-tag-", "middle")
    n = int(button(at, "tag-all").label.split()[-1].replace(",", ""))
    button(at, "tag-all").click().run()
    assert known().counts == {"middle": n}
    filtered = opened("inspect", labeller="anna", tagged="middle")
    assert any(f"of {n:,}" in m.value for m in filtered.markdown)
    type_new(filtered, "all-tag-", "middle")
    button(filtered, "untag-all").click().run()
    assert not filtered.exception
    assert known().counts == {}


def test_select_cuts_on_tags_and_its_address_says_so(opened: Any) -> None:
    data = open_dataset("few")
    at = opened("select", start="everything")
    assert not [m for m in at.multiselect if m.key and m.key.startswith("tags-")]
    tags.add(data, MAPPING, range(40), "bad", "anna")
    at = opened("select", start="everything")
    drop = next(m for m in at.multiselect if m.key and m.key.startswith("tags-drop"))
    drop.set_value(["bad"]).run()
    inside = next(m.value for m in at.metric if m.label == "inside the cuts")
    assert inside == f"{data.n_rows - 40:,}"
    assert at.query_params["tags"] in ("drop=bad", ["drop=bad"])
    assert any("--without-tag bad" in c.value for c in at.code)
    tags.add(data, MAPPING, [50], "bad", "anna")  # what was cut before is cut anew
    at.run()
    assert next(m.value for m in at.metric if m.label == "inside the cuts") == f"{data.n_rows - 41:,}"
    linked = open_app("select", data="few", start="everything", tags="keep=bad")
    assert next(m.value for m in linked.metric if m.label == "inside the cuts") == "41"


@pytest.mark.parametrize("link", ["keep=a b", "keep=../x", "keep=a,a&drop=a", "surprise=1"])
def test_a_link_with_no_tag_is_said_and_left_out(opened: Any, link: str) -> None:
    at = opened("select", start="everything", tags=link)
    assert not at.exception
    assert at.warning or link.startswith("keep=a,a")
