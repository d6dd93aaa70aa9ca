"""The page that judges a run of several classes: the core's numbers, a cell leads to exactly its events, one class at a time."""

import json

import numpy as np
import pytest

from core import runs
from core.__main__ import main
from core.data.dataset import open_dataset
from core.judge import classified_report, evaluation_report
from core.judge.classified import judge_classes
from core.judge.judged_sample import judge_run
from core.registry import EXPERIMENTS
from core.statistics.multiclass import checked_mix
from core.workflows.scored import open_scored

TABS = ("confusion", "purity and efficiency", "classes by energy", "methods", "calibration of the calls")
TRACKS = list(EXPERIMENTS.values())[1]


@pytest.fixture
def scored(tracks):
    return open_scored(runs.open_run(tracks), TRACKS, open_dataset("tracks"))


def judged(scored, split="all", **options):
    edges = judge_run(scored, which_split=split).tables["signal"].axis.edges
    return judge_classes(scored, split, edges=edges, **options)


def numbers(at) -> list[tuple[str, str, str]]:
    return [(m.label, m.value, m.delta) for m in at.metric]


def wanted(classified) -> list[tuple[str, str, str]]:
    return [(n.label, n.value, n.detail) for n in classified_report.key_numbers(classified)]


def test_key_numbers_and_tables_are_those_of_the_core(opened, tracks, scored):
    at = opened("evaluate", data="tracks", run=tracks, split="all", reject="0.5", mix="7:2:1:4")
    mix = checked_mix((7, 2, 1, 4), scored.classes)
    evaluation = judged(scored, reject_below=0.5, mix=mix)
    assert numbers(at) == wanted(evaluation)
    assert at.dataframe[0].value.to_dict("records") == classified_report.class_rows(evaluation.network)
    assert at.dataframe[1].value.to_dict("records") == classified_report.confusion_rows(evaluation.network)
    assert "--reject-below 0.5 --mix 7 2 1 4" in at.code[0].value


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_drawn(opened, tracks, tab):
    at = opened("evaluate", data="tracks", run=tracks, split="all", show=tab)
    assert len(at.get("plotly_chart")) >= (tab != "methods")
    assert len(at.dataframe) >= (tab in (TABS[0], TABS[1], TABS[3]))


def test_another_class_is_judged_against_the_rest(opened, tracks, scored):
    at = opened("evaluate", data="tracks", run=tracks, split="all", of_class="spot", show="baselines")
    rows = at.dataframe[3].value.to_dict("records")
    evaluation = judge_run(scored.of("spot"), 0.5, "all")
    assert rows == list(evaluation_report.scheme_table(evaluation).rows)
    assert numbers(at) == wanted(judged(scored.of("spot")))
    assert any("Signal is here spot" in c.value for c in at.caption)
    assert "--of spot" in at.code[0].value


def test_a_cell_opens_exactly_its_events(opened, tracks, scored):
    counts = judged(scored).network.confusion.counts
    off = counts[:, :-1] - np.diag(np.diag(counts[:, :-1]))
    true, called = np.unravel_index(int(off.argmax()), off.shape)
    n = int(off[true, called])
    assert n > 0
    names = scored.classes
    at = opened("evaluate", data="tracks", run=tracks, split="all", **{"true": names[true], "called-as": names[called]})
    assert any(f"of {n:,} events of {names[true]} called {names[called]}" in m.value for m in at.markdown)
    next(b for b in at.button if b.label == "one by one").click().run()
    assert not at.exception
    assert any(f"of the {n:,} events that pass the filter" in c.value for c in at.caption)
    table = at.dataframe[1].value
    assert set(table["label"]) == {names[true]}
    assert set(table["called"]) == {names[called]}
    known = dict(at.dataframe[0].value.itertuples(index=False))
    assert known["called"].startswith(names[called])


@pytest.mark.parametrize("name", ["signal", "background"])
def test_a_cell_of_energy_and_score_opens_the_class_or_the_rest(opened, tracks, scored, name):
    table = judge_run(scored.of("spot"), which_split="all").tables[name]
    row, column = divmod(int(table.counts.argmax()), table.counts.shape[1])
    at = opened("evaluate", data="tracks", run=tracks, split="all", of_class="spot", show="energy x score", cells=name)
    at.segmented_control(key="cells").set_value(name).run()
    at.selectbox(key="cell-row").select_index(row)
    at.selectbox(key="cell-column").select_index(column + 1)
    next(b for b in at.button if b.label == f"open {name} events").click().run()
    assert not at.exception
    assert any(f"of the {int(table.counts[row, column]):,} events that pass the filter" in c.value for c in at.caption)
    assert ("spot" in set(at.dataframe[1].value["label"])) == (name == "signal")


@pytest.mark.parametrize("page", ["calibration", "lowenergy"])
def test_trust_pages_judge_one_class_against_the_rest(opened, tracks, page):
    at = opened(page, data="tracks", run=tracks, of_class="worm", part="test and other")
    assert not at.error
    assert any("Signal is here worm" in c.value for c in at.caption)
    assert "--of worm" in at.code[0].value


def test_a_cut_is_moved_for_one_class(opened, tracks):
    at = opened("cutstudy", data="tracks", of_class="spot", cut1="npix")
    assert not at.error
    assert "--of spot" in at.code[0].value


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("trigger", "has no analysis 'trigger'"),
        ("compatibility", "no regions"),
    ],
)
def test_what_the_experiment_has_not_is_said_in_a_sentence(opened, tracks, page, sentence):
    at = opened(page, data="tracks")
    assert sum(sentence in message.value for message in (*at.error, *at.warning)) == 1


def test_a_mix_that_is_none_is_refused(opened, tracks):
    at = opened("evaluate", data="tracks", run=tracks, mix="a lot")
    assert "The mix is 'a lot'" in at.error[0].value
    at = opened("evaluate", data="tracks", run=tracks, mix="1:2")
    assert "expected 4 numbers" in at.error[0].value


def test_the_command_gives_the_same_numbers(tracks, scored, capsys):
    words = ["evaluate", tracks, "--split", "all", "--of", "spot", "--reject-below", "0.5", "--mix", "7", "2", "1", "4"]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    mix = checked_mix((7, 2, 1, 4), scored.classes)
    assert answer["multiclass"] == judged(scored.of("spot"), reject_below=0.5, mix=mix).to_dict()
    assert answer["of"] == answer["multiclass"]["signal"] == "spot"
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "confusion matrix" in text
    assert "spot against the rest" in text
    assert main(["evaluate", tracks, "--of", "snake"]) == 2
    assert "has no class 'snake'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["calibrate", "low-energy"])
def test_trust_commands_take_a_class(tracks, command, capsys):
    assert main([command, tracks, "--of", "worm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["of"] == "worm"


def test_two_classes_have_no_mix_to_reject(few, capsys):
    assert main(["evaluate", few, "--mix", "1", "2"]) == 2
    assert "has two classes" in capsys.readouterr().err
