"""The space of a sweep: grids by hand, lots that are even, whole numbers, and what is refused."""

from dataclasses import dataclass

import numpy as np
import pytest

from core import parameters
from core.errors import DarkroomError
from core.learn import sweep_space
from core.learn.sweep_space import by_lot, of_grid, varied
from core.parameters import param


@dataclass(frozen=True)
class Settings:
    rate: float = param(0.001, "rate", low=1e-7, high=1.0)
    shift: float = param(0.0, "shift", low=-10.0, high=10.0)
    layers: int = param(2, "layers", low=1, high=64)
    kind: str = param("a", "kind", choices=("a", "b", "c"))
    flag: bool = param(False, "flag")
    units: tuple[int, ...] = param((8,), "units", low=1)
    cut: float | None = param(None, "cut", low=0.0)


SPECS = {spec.name: spec for spec in parameters.specs(Settings)}


def over(text: str) -> sweep_space.Varied:
    name, _, values = text.partition("=")
    return varied(SPECS[name], values)


def test_lists_hold_converted_values_and_ranges_their_kind() -> None:
    assert over("layers=1, 3,2").values == (1, 3, 2)
    assert over("kind=a,c").values == ("a", "c")
    assert over("flag=true,false").values == (True, False)
    assert over("units=8,4|16").values == ((8, 4), (16,))
    assert over("cut=none,2.5").values == (None, 2.5)
    assert (over("rate=1e-4..1e-2").is_log, over("rate=1e-4..2e-4").is_log) == (True, False)
    assert (over("rate=1e-4..2e-4:log").is_log, over("rate=1e-4..1e-2:linear").is_log) == (True, False)
    assert (over("layers=1..8").is_whole, over("shift=-1..1").is_log) == (True, False)


def test_a_grid_is_every_combination_with_ends_included() -> None:
    members = of_grid([over("rate=1e-4..1e-2"), over("layers=1,2")])
    assert members == [{"rate": r, "layers": n} for r in (1e-4, 1e-3, 1e-2) for n in (1, 2)]
    assert over("shift=-1..1/5").grid == (-1.0, -0.5, 0.0, 0.5, 1.0)
    assert over("layers=1..3/9").grid == (1, 2, 3)
    assert over("layers=1..64/4").grid == (1, 4, 16, 64)


def test_a_lot_is_the_same_again_and_begins_alike_when_it_grows() -> None:
    space = [over("rate=1e-4..1e-2"), over("layers=1..8"), over("kind=a,b")]
    few, many = by_lot(space, 5, seed=3), by_lot(space, 40, seed=3)
    assert many[:5] == few
    assert by_lot(space, 5, seed=4) != few
    assert len({tuple(member.values()) for member in many}) == 40
    assert all(1e-4 <= m["rate"] <= 1e-2 and m["layers"] in range(1, 9) and m["kind"] in "ab" for m in many)
    assert all(isinstance(member["layers"], int) for member in many)


def test_a_small_space_is_taken_whole() -> None:
    members = by_lot([over("layers=1,2"), over("flag=true,false")], 100, seed=1)
    assert sorted(map(str, members)) == sorted(map(str, of_grid([over("layers=1,2"), over("flag=true,false")])))
    assert sorted(m["layers"] for m in by_lot([over("layers=1..4")], 50, seed=1)) == [1, 2, 3, 4]


def test_draws_are_even_in_the_logarithm_and_in_whole_numbers() -> None:
    """Of 4,000 draws each quarter of the range holds a quarter within five standard deviations (27 of 1,000)."""
    generator = np.random.default_rng(1)
    rate, layers = over("rate=1e-4..1e-2"), over("layers=1..4")
    exponents = np.log10([rate.draw(generator) for _ in range(4000)])
    assert np.abs(np.histogram(exponents, 4, (-4, -2))[0] - 1000).max() < 137
    counts = np.bincount([layers.draw(generator) for _ in range(4000)], minlength=5)[1:]
    assert np.abs(counts - 1000).max() < 137


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("layers=3", "nothing to vary over"), ("layers=3,3", "nothing to vary over"), ("rate=1,,", "nothing to vary over"),
        ("units=8,4", "'|' between two lists"), ("layers=1,99", "'layers' is 99: expected a whole number from 1 to 64"),
        ("layers=1.5,2", "expected a whole number"), ("rate=1e-2..1e-4", "expected low..high with low below high"),
        ("rate=1..2", "'rate' is 2.0"), ("rate=0.1..0.2/1", "cannot vary over"), ("rate=0.1..0.2:cubic", "cannot vary over"),
        ("shift=-1..1:log", "has to begin above 0"), ("rate=..", "expected a number"), ("kind=a,z", "expected one of a, b, c"),
        ("rate=nan..1", "expected a number"),
    ],
)  # fmt: skip
def test_what_cannot_vary_is_refused_in_a_sentence(text: str, refusal: str) -> None:
    with pytest.raises(DarkroomError, match=refusal.replace("|", r"\|")):
        over(text)


def test_too_many_members_are_refused() -> None:
    with pytest.raises(DarkroomError, match="625 members: expected at most 500"):
        of_grid([over("shift=0..1/25"), over("rate=0.1..0.2/25")])
    for n in (0, 501):
        with pytest.raises(DarkroomError, match="expected 1 to 500"):
            by_lot([over("layers=1,2")], n, seed=1)
