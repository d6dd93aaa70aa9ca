"""The energy scale by the command line, as the page Data asks for it."""

import json
from pathlib import Path

import pytest

from core.__main__ import main


def test_the_line_of_real_frames_is_where_the_laboratory_gains_put_it(
    test_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = sorted(map(str, (test_data / "ccd" / "msfc").glob("ESIS3_0540*.fit.gz")))
    assert main(["energy-scale", "connie", *frames, "--mapping", "msfc", "--line", "together=true", "--json"]) == 0
    scales = json.loads(capsys.readouterr().out.splitlines()[-1])["scales"]
    assert [scale["amplifier"] for scale in scales] == [0, 1, 2, 3]
    for scale in scales:
        assert scale["low [DN]"] < scale["line [DN]"] < scale["high [DN]"]
        assert scale["line [DN]"] == pytest.approx(1602.0 / scale["gain assumed"], rel=0.03)
        assert scale["n"] > 100


def test_a_detector_without_a_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["energy-scale", "cosine", "nothing.root"]) == 2
    assert "has no analysis 'energy-scale' (it has: " in capsys.readouterr().err
