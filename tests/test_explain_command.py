"""`python -m core explain`: an event of a run whose network is known, told and as JSON."""

import json

import numpy as np
import pytest

from core.__main__ import main
from core.data.dataset import open_dataset
from core.registry import experiment_by_key
from tests.learn.learning_toy import write_dataset
from tests.learn.window_network import run_of

pytestmark = [
    pytest.mark.network,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]


@pytest.fixture
def explained(workspace):
    """The words that ask for an event with light: a network that looks at PMT 2 from 0 to 400 ns."""
    write_dataset(workspace / "datasets" / "toy", np.ones(6, np.int64), seed=1)
    dataset = open_dataset("toy")
    uid = experiment_by_key(dataset.experiment).table.uid.text(int(dataset.column("uid")[2]))
    return ["explain", run_of(dataset, 0.0, 400.0, channel=1).id, uid]


def test_json_has_times_attribution_per_channel_score_and_logit(explained, capsys):
    assert main([*explained, "--set", "window_ns=40", "--set", "step_ns=40", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    times_ns, values = np.array(answer["times_ns"]), np.array(answer["attribution"])
    assert values.shape == (len(answer["channels"]), len(times_ns))
    assert not values[0].any()
    assert not values[1, (times_ns < -40) | (times_ns > 440)].any()
    assert answer["score"] == pytest.approx(1 / (1 + np.exp(-answer["logit"])))
    assert answer["sum_of_attributions"] == pytest.approx(answer["logit"] - answer["empty_logit"], rel=1e-4)
    assert answer["windows"][0]["channel"] == 2
    assert -40 <= answer["windows"][0]["begin_ns"] < answer["windows"][0]["end_ns"] <= 440


def test_text_lists_the_strongest_windows_and_wrong_input_is_a_sentence(explained, capsys):
    assert main(explained) == 0
    text = capsys.readouterr().out
    assert text.startswith("Logit +")
    assert text.splitlines()[3].split()[:2] == ["PMT", "2"]
    assert main([*explained[:2], "1765.9.9.9"]) == 2
    assert "has no event with the number" in capsys.readouterr().err
    assert main([*explained, "--set", "step_ns=500"]) == 2
    assert "wider than the window of 96 ns" in capsys.readouterr().err
