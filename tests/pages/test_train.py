"""Asking for a training and watching it, without Keras: what is shown, refused, queued and stopped."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from core.data.dataset import open_dataset
from core.jobs import control, local, queue, runner
from core.registry import EXPERIMENTS
from core.selection.selection import select

EXPERIMENT = next(iter(EXPERIMENTS.values()))
LOG = "\n".join(f"line {i}" for i in range(300))


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queued job stays queued: no runner is started."""
    monkeypatch.setattr(control, "ensure_runner", lambda: False)
    monkeypatch.setattr(runner, "ensure_runner", lambda: False)


@pytest.fixture
def process(few: str) -> Iterator[Callable[[int], "subprocess.Popen[bytes]"]]:
    """`process(n)`: one that lives as long as it is let and says that it works for job n."""
    del few
    running = []

    def start(number: int) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, local.TAG: local.tag(number)}
        running.append(subprocess.Popen(["sleep", "60"], start_new_session=True, env=environment))
        return running[-1]

    yield start
    for child in running:
        child.kill()
        child.wait()


def job_of(state: str = "queued", title: str = "compact on few", pid: int | None = None, **fields) -> queue.Job:
    job = queue.submit("train", title, {"dataset": "few", "expected_seconds": 60.0}, user="ada")
    if state != "queued":
        who = {} if pid is None else local.identity(pid)._asdict()
        queue.move(job.id, ("queued",), state, started_at=time.time(), **who, **fields)
    return queue.get(job.id)


def point(step: int, kind: str = "batch") -> dict:
    values = {
        "kind": kind,
        "step": step,
        "epoch": 1,
        "loss": 1 / step,
        "signal_efficiency": 0.9,
        "background_efficiency": None,
    }
    return values | ({"validation_loss": 0.3, "validation_signal_efficiency": 0.8} if kind == "epoch" else {})


def texts(at) -> str:
    kinds = (at.markdown, at.caption, at.error, at.info, at.warning)
    return "\n".join(element.value for kind in kinds for element in kind)


def test_counts_are_those_of_the_selection(opened):
    at = opened("train")
    counts = select(
        EXPERIMENT.selecting, EXPERIMENT.labels, open_dataset("few"), EXPERIMENT.selecting.presets["cnn2020"].selection
    ).counts()
    shown = {m.label: (m.value, m.delta) for m in at.metric}
    for sample, by_class in counts.items():
        text = " · ".join(f"{n:,} {name}" for name, n in by_class.items())
        assert shown[f"{sample} sample"] == (f"{sum(by_class.values()):,}", text)
    assert shown["expected time"][0].endswith((" s", " min"))
    assert "labels are circular" in texts(at)


def test_training_is_queued_with_what_the_form_says(opened):
    at = opened("train")
    at.number_input(key="fit-cosine/few/compact-epochs").set_value(3).run()
    at.selectbox(key="train-labels").select("truth").run()
    assert at.code[-1].value.startswith("python -m core train few --preset cnn2020 --labels truth --model compact ")
    assert "--set epochs=3" in at.code[-1].value
    at.button[[b.label for b in at.button].index("train compact")].click().run()
    assert not at.exception
    (job,) = queue.list_jobs()
    assert (job.state, job.kind, job.arguments["training"]["epochs"]) == ("queued", "train", 3)
    assert job.arguments["selection"]["labels"] == "truth"
    assert at.selectbox(key="job").value == str(job.id)
    assert f"**job {job.id}**" in texts(at)


def test_the_fastest_network_is_where_to_begin_and_each_keeps_its_own_numbers(opened):
    at = opened("train")
    assert at.selectbox(key="train-model").value == "compact"
    at.number_input(key="fit-cosine/few/compact-epochs").set_value(3).run()
    at.selectbox(key="train-model").select("cnn").run()
    assert at.number_input(key="fit-cosine/few/cnn-epochs").value == EXPERIMENT.networks["cnn"].training["epochs"]
    at.selectbox(key="train-model").select("compact").run()
    assert at.number_input(key="fit-cosine/few/compact-epochs").value == 3
    at.button(key="fit-cosine/few/compact-reset").click().run()
    assert (
        at.number_input(key="fit-cosine/few/compact-epochs").value == EXPERIMENT.networks["compact"].training["epochs"]
    )


def test_what_cannot_be_trained_is_refused_before_it_is_queued(opened):
    at = opened("train")
    at.text_input(key="net-cosine/few/compact-filters").set_value("8,x").run()
    assert not at.exception
    assert "Parameter 'filters' is" in at.error[0].value
    button = at.button[[b.label for b in at.button].index("train compact")]
    assert button.disabled
    assert not queue.list_jobs()


def test_the_selection_of_page_select_is_offered_first(opened):
    at = opened("select")
    at.number_input(key="cut-cosine/few-nmt500_threshold_us-typed").set_value(0.05).run()
    at.switch_page("pages/train/page.py").run()
    assert not at.exception
    assert at.selectbox(key="train-selection").value == "as on page Select"
    assert "--cut nmt500_threshold_us=0.05" in at.code[-1].value


def test_a_running_job_is_found_by_itself_with_its_curves(opened, process):
    job_of("finished", "an older one")
    running = job_of("running", "the running one", process(2).pid)
    waiting = job_of("queued", "the next one")
    for step in range(1, 6):
        queue.append_metric(running.id, point(step))
    queue.append_metric(running.id, point(5, "epoch"))
    queue.set_progress(running.id, 5, 20, "Epoch 1 of 4")
    at = opened("train")
    assert f"**job {running.id}** the running one" in texts(at)
    assert len(at.get("plotly_chart")) == 1
    table = at.dataframe[-1].value
    assert table["job"].tolist()[:2] == [running.id, waiting.id]
    assert table["state"].tolist()[:2] == ["running 25%", "queued, no. 1"]
    again = opened("train", job=str(waiting.id))
    assert f"**job {waiting.id}** the next one" in texts(again)


def test_a_job_whose_process_died_is_lost_with_its_log(opened, process):
    worker = process(1)
    job = job_of("running", "x [a](http://b) $c$", worker.pid)
    local.folder(job.id)
    local.log_path(job.id).write_text(LOG)
    worker.kill()
    worker.wait()
    at = opened("train", job=str(job.id))
    assert queue.get(job.id).state == "lost"
    assert "gone and left no word" in texts(at)
    assert r"x \[a\](http\://b) \$c\$" in texts(at)
    log = next(c.value for c in at.code if "line 299" in c.value)
    assert len(log.splitlines()) == 200


def test_a_failed_job_tells_why(opened):
    job = job_of("failed", message="There is no data set 'nope': prepare it first.")
    assert "There is no data set 'nope'" in opened("train", job=str(job.id)).error[0].value


def test_stop_ends_the_process_and_says_what_it_does(opened, process):
    worker = process(1)
    job = job_of("running", pid=worker.pid)
    at = opened("train")
    assert "best weights" in texts(at) and "30 s" in texts(at)
    at.button(key=f"stop-{job.id}").click().run()
    assert worker.wait(timeout=10) == -15
    assert queue.get(job.id).stop_requested_at is not None
    at.run()
    assert queue.get(job.id).state == "stopped"


def test_stop_takes_a_waiting_job_out_of_the_queue(opened):
    job = job_of()
    at = opened("train")
    assert "nothing is made" in texts(at)
    at.button(key=f"stop-{job.id}").click().run()
    assert queue.get(job.id).state == "stopped"


def test_a_job_that_is_not_there_shows_the_latest(opened):
    job = job_of()
    assert f"**job {job.id}**" in texts(opened("train", job=str(os.getpid() + 100_000)))
