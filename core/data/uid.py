"""The identity of a row: whole numbers, such as run and event, packed into one of 64 bits and written with dots."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from core.errors import DarkroomError


@dataclass(frozen=True)
class Uid:
    """What the identity of a row is made of.

    `bits`: field -> its room, from the highest bits on, 63 together; `wide`: another division of them, for numbers that do not
    fit into a field that has more room there; such an identity is below 0. `highest` bounds fields below their room. `row` is
    what an identity names, `form` how its text reads, `example` one.
    """

    row: str
    form: str
    example: str
    bits: Mapping[str, int]
    wide: Mapping[str, int] = field(default_factory=dict)
    highest: Mapping[str, int] = field(default_factory=dict)

    def pack(self, *numbers: int | np.ndarray, where: str = "") -> np.ndarray:
        """Identities int64 (n,) of numbers, one for each field, in their order. What does not fit is refused; `where` begins
        the sentence.
        """
        arrays = (np.atleast_1d(values).astype(np.int64) for values in np.broadcast_arrays(*numbers))
        fields = dict(zip(self.bits, arrays, strict=True))
        is_wide = np.zeros(len(next(iter(fields.values()))), bool)
        widened = [name for name, bits in self.wide.items() if bits > self.bits[name]]
        for name in widened:
            is_wide |= fields[name] >> self.bits[name] > 0
        self._check(fields, self.bits, ~is_wide, where, "")
        if not is_wide.any():
            return _packed(fields, self.bits)
        beside = " or ".join(f"{name} above {(1 << self.bits[name]) - 1:,}" for name in widened)
        self._check(fields, self.wide, is_wide, where, f" beside a {beside}")
        return np.where(is_wide, _packed(fields, self.wide) + np.iinfo(np.int64).min, _packed(fields, self.bits))

    def _check(
        self, fields: Mapping[str, np.ndarray], bits: Mapping[str, int], chosen: np.ndarray, where: str, beside: str
    ) -> None:
        for name, values in fields.items():
            highest = min((1 << bits[name]) - 1, self.highest.get(name, (1 << 63) - 1))
            beyond = np.flatnonzero(chosen & ((values < 0) | (values > highest)))
            if beyond.size:
                raise DarkroomError(
                    f"{where}{name} {values[beyond[0]]:,} has no place in the identity of a row: expected 0 to {highest:,}"
                    f"{beside}. Correct the file or its name, or divide the file."
                )

    def unpack(self, uid: int) -> dict[str, int]:
        """The numbers of an identity, by field."""
        bits, rest = (self.wide if uid < 0 else self.bits), uid & ((1 << 63) - 1)
        numbers: dict[str, int] = {}
        for name in reversed(list(bits)):
            rest, numbers[name] = divmod(rest, 1 << bits[name])
        return {name: numbers[name] for name in bits}

    def numbers(self, uids: np.ndarray) -> dict[str, np.ndarray]:
        """The same of many: int64 (n,) by field."""
        narrow, wide = _unpacked(uids, self.bits), _unpacked(uids, self.wide or self.bits)
        return {name: np.where(uids < 0, wide[name], narrow[name]) for name in self.bits}

    def text(self, uid: int) -> str:
        """An identity as numbers with dots between."""
        return ".".join(map(str, self.unpack(uid).values()))

    def parse(self, text: str) -> int:
        """The inverse of `text`; the integer itself is taken too."""
        text = text.strip()
        lowest = -(1 << 63) if self.wide else 0
        if re.fullmatch(r"-?\d{1,19}", text, re.ASCII) and lowest <= int(text) < 1 << 63:
            return int(text)
        refusal = f"'{text[:80]}' is no {self.row}: expected {self.form}, for example {self.example}, or its number."
        if not re.fullmatch(rf"\d{{1,10}}(\.\d{{1,10}}){{{len(self.bits) - 1}}}", text, re.ASCII):
            raise DarkroomError(refusal)
        try:
            return int(self.pack(*map(int, text.split(".")))[0])
        except DarkroomError as error:
            raise DarkroomError(f"{refusal} {error}") from None


def _packed(fields: Mapping[str, np.ndarray], bits: Mapping[str, int]) -> np.ndarray:
    packed: np.ndarray = np.zeros(len(next(iter(fields.values()))), np.int64)
    for name, values in fields.items():
        packed = (packed << bits[name]) + values
    return packed


def _unpacked(uids: np.ndarray, bits: Mapping[str, int]) -> dict[str, np.ndarray]:
    rest, numbers = uids & np.int64((1 << 63) - 1), {}
    for name in reversed(list(bits)):
        numbers[name] = rest & np.int64((1 << bits[name]) - 1)
        rest = rest >> bits[name]
    return numbers
