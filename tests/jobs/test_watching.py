"""What a watcher is told: true fractions, times that follow from the speed, places in the queue."""

import dataclasses
from typing import Any

import pytest

from core.jobs import queue, watching
from core.jobs.queue import Job, Metric


def job(number: int, state: str = "running", **fields: Any) -> Job:
    values: dict[str, Any] = dict.fromkeys(Job.__dataclass_fields__)
    values |= {"id": number, "kind": "train", "title": f"job {number}", "arguments": {}, "lane": "compute"}
    values |= {"user": "ada", "state": state, "submitted_at": 1000.0, "progress_text": "", "message": ""}
    return Job(**{**values, **fields})


def test_the_latest_is_the_newest_that_works_then_that_waits() -> None:
    jobs = [job(4, "queued"), job(3), job(2), job(1, "finished")]
    assert [j and j.id for j in (watching.chosen_job(jobs), watching.chosen_job(jobs, "1"))] == [3, 1]
    assert watching.chosen_job([jobs[3], jobs[0]]) == jobs[0]
    assert watching.chosen_job([jobs[3]], "77") == jobs[3]
    assert watching.chosen_job([]) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"progress_done": 3.0}, None),
        ({"progress_done": 3.0, "progress_total": 12.0}, 0.25),
        ({"progress_done": 13.0, "progress_total": 12.0}, 1.0),
        ({"state": "finished"}, 1.0),
    ],
)
def test_fraction(fields: dict[str, Any], expected: float | None) -> None:
    assert watching.fraction(job(1, **fields)) == expected


def points(*times_and_steps: tuple[float, int]) -> list[Metric]:
    return [Metric(i, t, {"kind": "batch", "step": step}) for i, (t, step) in enumerate(times_and_steps)]


def test_the_time_left_of_a_training_does_not_count_the_start_of_keras() -> None:
    training = job(
        1, started_at=1000.0, heartbeat=1040.0, progress_done=110.0, progress_total=310.0, progress_text="Epoch 1 of 3"
    )
    assert watching.seconds_left(training, points((1030.0, 10), (1040.0, 110))) == pytest.approx(200 * 10 / 100)
    assert watching.seconds_left(training) == pytest.approx(200 * 40 / 110)


def test_the_time_left_of_scoring_counts_from_the_end_of_the_training() -> None:
    scoring = job(
        1, started_at=0.0, heartbeat=1045.0, progress_done=500.0, progress_total=2000.0, progress_text="500 of 2,000"
    )
    assert watching.seconds_left(scoring, points((1030.0, 10), (1040.0, 110))) == pytest.approx(15.0)


def test_no_time_is_left_to_tell_where_nothing_was_told() -> None:
    assert watching.seconds_left(job(1, "queued")) is None
    begun = job(1, started_at=1.0, heartbeat=3.0, progress_done=0.0, progress_total=5.0)
    assert watching.seconds_left(begun) is None
    half = dataclasses.replace(begun, progress_done=2.5)
    assert watching.seconds_left(half) == pytest.approx(2.0)
    assert watching.seconds_left(dataclasses.replace(half, kind="demo")) is None


def test_a_queued_job_begins_after_those_before_it_in_its_lane() -> None:
    running = job(1, started_at=1000.0, arguments={"expected_seconds": 100.0})
    second, third = (job(i, "queued", arguments={"expected_seconds": 50.0}) for i in (2, 3))
    elsewhere = job(4, "running", lane="data")
    jobs = [elsewhere, third, second, running]
    assert watching.starts_in_s(second, jobs, 1030.0) == pytest.approx(70.0)
    assert watching.starts_in_s(third, jobs, 1030.0) == pytest.approx(120.0)
    assert watching.starts_in_s(running, jobs, 1030.0) is None
    assert watching.starts_in_s(third, [*jobs, job(0)], 1030.0) is None
    assert (watching.place(second, jobs), watching.place(third, jobs), watching.place(running, jobs)) == (1, 2, None)


def test_sentences_tell_what_is_and_how_it_ended() -> None:
    running = job(1, started_at=1000.0, arguments={"expected_seconds": 100.0})
    waiting = job(2, "queued")
    assert watching.sentence(waiting, [waiting, running], now=1030.0) == (
        "queued: is the next to start, begins in about 1 min 10 s"
    )
    assert watching.sentence(waiting, [waiting, running], now=1200.0).endswith(", begins soon")
    stopping = job(1, stop_requested_at=1000.0, stop_grace_s=30.0)
    assert "killed in 20 s" in watching.sentence(stopping, [stopping], now=1010.0)
    at_work = job(1, started_at=1000.0, progress_text="Keras starts")
    assert watching.sentence(at_work, [at_work], now=1012.0) == "running: Keras starts, 12 s so far"
    half = dataclasses.replace(at_work, heartbeat=1050.0, progress_done=1.0, progress_total=2.0)
    assert watching.sentence(half, [half], now=1060.0).endswith(", 1 min 00 s so far, about 50 s left")
    ended = job(1, "lost", started_at=1000.0, ended_at=1065.0)
    assert watching.sentence(ended, [ended]).startswith("lost ")
    assert watching.sentence(ended, [ended]).endswith(" after 1 min 05 s")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.4, "0 s"), (59.7, "1 min 00 s"), (125.0, "2 min 05 s"), (12_000.0, "3 h 20 min")],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert watching.duration(seconds) == text


@pytest.mark.usefixtures("workspace")
def test_the_queue_is_shown_in_the_order_of_its_work() -> None:
    created = [queue.submit("train", f"job {i}", {}, user="ada") for i in range(4)]
    queue.move(created[0].id, ("queued",), "finished")
    queue.move(created[2].id, ("queued",), "running")
    rows = watching.queue_rows(queue.list_jobs())
    assert [(row["job"], row["state"]) for row in rows] == [
        (created[2].id, "running"), (created[1].id, "queued, no. 1"), (created[3].id, "queued, no. 2"), (created[0].id, "finished"),
    ]  # fmt: skip
    queue.set_progress(created[2].id, 21.0, 100.0, "")
    assert watching.queue_rows(queue.list_jobs())[0]["state"] == "running 21%"
