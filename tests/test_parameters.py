"""One declaration of a parameter serves check, form, storage and command line; so it must refuse what is wrong."""

from dataclasses import dataclass

import pytest

from core import parameters
from core.errors import DarkroomError
from core.parameters import param


@dataclass(frozen=True)
class Inner:
    name: str = param("a", "name", choices=("a", "b"))


@dataclass(frozen=True)
class Some:
    epochs: int = param(3, "passes", low=1, high=100)
    rate: float = param(0.1, "rate", unit="1/s", low=0.0)
    window_kev: float | None = param(3.0, "edge", unit="keV")
    runs: tuple[int, ...] = param((1, 2), "runs", low=0, high=10)
    on: bool = param(True, "switch")
    inner: tuple[Inner, ...] = param((), "inner")

    def check(self) -> None:
        if self.epochs == 13:
            raise DarkroomError("13 is not done here.")


def test_texts_from_a_command_line_become_values():
    got = parameters.override(Some(), ["epochs=5", "rate=1e-3", "window_kev=none", "runs=3,4", "on=false"])
    assert got == Some(epochs=5, rate=1e-3, window_kev=None, runs=(3, 4), on=False)
    assert parameters.override(Some(), ['inner=[{"name": "b"}]']).inner == (Inner("b"),)


def test_assignments_are_the_inverse_of_override():
    other = Some(epochs=7, rate=0.25, window_kev=None, runs=(3, 4), on=False, inner=(Inner("b"),))
    texts = parameters.as_assignments(other, Some())
    assert len(texts) == 6
    assert parameters.override(Some(), texts) == other
    assert parameters.as_assignments(other, other) == []


def test_round_trip_through_plain_values():
    some = Some(runs=(7,), inner=(Inner("b"), Inner("a")))
    assert parameters.build(Some, parameters.to_dict(some)) == some
    assert parameters.digest(some) == parameters.digest(parameters.build(Some, parameters.to_dict(some)))
    assert parameters.digest(some) != parameters.digest(Some())


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"epoch": 3}, r"Unknown parameter 'epoch' for Some: expected one of epochs, rate"),
        ({"epochs": 0}, r"'epochs' is 0: expected a whole number from 1 to 100"),
        ({"epochs": 2.5}, r"'epochs' is 2.5: expected a whole number"),
        ({"epochs": "many"}, r"'epochs' is 'many': expected a whole number"),
        ({"epochs": True}, r"'epochs' is True: expected a whole number"),
        ({"rate": -1}, r"'rate' is -1.0: expected a number of at least 0 1/s"),
        ({"rate": float("nan")}, r"'rate' is nan: expected a number"),
        ({"rate": "inf"}, r"'rate' is 'inf': expected a number"),
        ({"runs": [1, 99]}, r"'runs' is 99: expected a whole number from 0 to 10"),
        ({"runs": 3}, r"'runs' is 3: expected a list"),
        ({"on": "perhaps"}, r"'on' is 'perhaps': expected true or false"),
        ({"inner": [{"name": "c"}]}, r"'name' is 'c': expected one of a, b"),
        ({"inner": ["c"]}, r"'inner' is 'c': expected a table of Inner fields"),
        ({"epochs": 13}, r"13 is not done here"),
    ],
)
def test_refusals(values, sentence):
    with pytest.raises(DarkroomError, match=sentence):
        parameters.build(Some, values)


def test_an_assignment_needs_an_equals_sign():
    with pytest.raises(DarkroomError, match=r"'epochs' is not an assignment: write it as name=value"):
        parameters.override(Some(), ["epochs"])


def test_whole_numbers_stay_exact():
    assert parameters.build(Some, {"epochs": "7"}).epochs == 7
    big = parameters.override(Inner(), [])
    assert big == Inner()
