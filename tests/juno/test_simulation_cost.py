"""What a simulation takes is told before, about right; the slides' numbers are made file by file and can be stopped."""

import json
import shutil
from pathlib import Path

import pytest

from core.__main__ import main
from core.errors import DarkroomError
from core.juno.published import scaled_sample
from core.juno.simulate import SimulationParameters, cost, mean_hits, simulate, simulate_events


@pytest.mark.parametrize(
    "parameters",
    [
        SimulationParameters(energy_low_mev=4.0, energy_high_mev=6.0),
        SimulationParameters(task="mue", energies_mev=(100.0,)),
        SimulationParameters(task="mue", energies_mev=(30.0,)),
    ],
)
def test_hits_and_disk_are_told_before(tmp_path: Path, parameters: SimulationParameters) -> None:
    n = 40 if parameters.task == "epem" else 4
    assert simulate_events(n, 1, parameters).n_hits.mean() == pytest.approx(mean_hits(parameters), rel=0.15)
    size_gb = sum(path.stat().st_size for path in simulate(tmp_path, n, 1, parameters)) / 1e9
    assert cost(n, parameters)["gb"] == pytest.approx(size_gb, rel=0.25)


def test_compact_files_are_smaller(tmp_path: Path) -> None:
    plain, compact = (
        simulate(tmp_path / name, 2, 1, SimulationParameters(energy_high_mev=2.0, compact=is_compact))
        for name, is_compact in (("plain", False), ("compact", True))
    )
    assert sum(f.stat().st_size for f in compact) < 0.8 * sum(f.stat().st_size for f in plain)


def test_the_slides_numbers_are_costed() -> None:
    whole, tenth = scaled_sample.cost(1.0), scaled_sample.cost(0.1)
    assert whole["n_events"] == 3_600_000
    assert whole["seconds"] == pytest.approx(10.0 * tenth["seconds"], rel=1e-6)
    assert 100.0 < whole["gb"] < 500.0


def test_a_stopped_simulation_goes_on_where_it_was(tmp_path: Path) -> None:
    fraction = 20.4 / 3_600_000

    def stop(done: int, total: int) -> None:
        assert total == 20
        if done >= 6:
            raise DarkroomError("Stopped.")

    with pytest.raises(DarkroomError, match="Stopped"):
        scaled_sample.simulate_scaled(tmp_path, fraction, 3, stop)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == 3
    reports: list[tuple[int, int]] = []
    files = scaled_sample.simulate_scaled(tmp_path, fraction, 3, lambda *values: reports.append(values))
    assert len(files) == 10
    assert reports[-1] == (20, 20)
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())


def test_the_command_tells_what_it_will_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["simulate", "juno", "--out", str(tmp_path), "--events", "2", "--set", "light_yield_pe_per_mev=1"]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(answer["files"]) == 2
    assert set(answer["expected"]) == {"seconds", "gb"}
    assert main(words) == 0
    assert "of raw files" in capsys.readouterr().err
    few = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: few)
    assert main([*words, "--json"]) == 2
    assert "are needed" in capsys.readouterr().err
