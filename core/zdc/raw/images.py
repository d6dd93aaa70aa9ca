"""Arrays of a file as images in MeV: unit, order of axes, layers summed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import DarkroomError
from core.zdc.mapping import GEV, MM, Mapping
from core.zdc.raw.raw_showers import RawShowers

SIDES = {"x": "n_x", "y": "n_y", "z": "n_z"}
MOST_CELLS = 1_000_000  # of one shower


@dataclass(frozen=True)
class Shape:
    """How the values of a shower lie in a file: `axes` and as many `sizes`, and which one is summed ('' for none)."""

    axes: str
    sizes: tuple[int, ...]
    summed: str

    @property
    def n_values(self) -> int:
        return int(np.prod(self.sizes))

    @property
    def order(self) -> tuple[int, ...]:
        """Which axes of a shower become rows and columns of its image: y and x; y and z, or x and z, where x or y is summed."""
        rest = [axis for axis in self.axes if axis != self.summed]
        rows = "y" if "y" in rest else "x"
        columns = next(axis for axis in ("x", "z") if axis in rest and axis != rows)
        return self.axes.index(rows), self.axes.index(columns)

    @property
    def image(self) -> tuple[int, int]:
        """(n_y, n_x) of the image."""
        rows, columns = self.order
        return self.sizes[rows], self.sizes[columns]


def need_rows(stored: tuple[int, ...], kind: str, mapping: Mapping, path: Path) -> tuple[int, ...]:
    """The shape (n, ...) of energies, of a NumPy `kind`; what is no array of numbers per shower is refused."""
    if kind not in "iuf" or len(stored) < 2:
        what = "no numbers" if kind not in "iuf" else f"the shape {stored}"
        raise DarkroomError(
            f"{path.name}: '{mapping.energy}' has {what}: expected energies of showers, (n, ...). Correct 'energy' in the mapping."
        )
    return stored


def shape_of(stored: tuple[int, ...], mapping: Mapping, path: Path) -> Shape:
    """The shape of a shower in an array (n, ...): as it lies there, or flat and as the mapping says."""
    wanted = tuple(int(getattr(mapping, SIDES[axis])) for axis in mapping.axes)
    names = " x ".join(f"{SIDES[axis]}" for axis in mapping.axes)
    sizes = stored[1:]
    if len(stored) == 2:
        if not all(wanted):
            raise DarkroomError(
                f"{path.name}: '{mapping.energy}' has flat rows of {stored[1]:,} values: set {names} in the mapping."
            )
        if int(np.prod(wanted)) != stored[1]:
            listed = " x ".join(map(str, wanted))
            raise DarkroomError(
                f"{path.name}: '{mapping.energy}' has {stored[1]:,} values per shower: expected {listed} = {int(np.prod(wanted)):,}, as "
                f"{names} of the mapping say."
            )
        sizes = wanted
    if len(sizes) != len(mapping.axes):
        raise DarkroomError(
            f"{path.name}: '{mapping.energy}' has the shape {stored}: expected showers with the axes '{mapping.axes}'. Correct 'axes' in "
            "the mapping."
        )
    if any(w and w != n for w, n in zip(wanted, sizes, strict=True)):
        raise DarkroomError(
            f"{path.name}: images are {' x '.join(map(str, sizes))} ('{mapping.axes}'): expected "
            f"{' x '.join(str(w or 'any') for w in wanted)}, as {names} of the mapping say."
        )
    if not 0 < int(np.prod(sizes)) <= MOST_CELLS:
        raise DarkroomError(f"{path.name}: a shower has {int(np.prod(sizes)):,} cells: expected 1 to {MOST_CELLS:,}.")
    return Shape(mapping.axes, tuple(map(int, sizes)), mapping.along if len(mapping.axes) == 3 else "")


def flattened(values: np.ndarray, shape: Shape, mapping: Mapping) -> np.ndarray:
    """float32 (n, n_y, n_x) in MeV, of values (n, ...) as a file has them: layers summed, axes in our order."""
    showers = values.reshape(len(values), *shape.sizes)
    if shape.summed:
        if "z" in shape.axes:
            chosen = slice(mapping.first_layer, mapping.last_layer + 1)
            showers = showers[tuple(chosen if axis == "z" else slice(None) for axis in ("n", *shape.axes))]
        image = np.einsum(f"n{shape.axes}->n" + "".join(shape.axes[i] for i in shape.order), showers.astype(np.float64))
    else:
        image = showers.transpose(0, *(i + 1 for i in shape.order)).astype(np.float64)
    with np.errstate(over="ignore"):
        return (image * (GEV[mapping.energy_unit] * 1e3)).astype(np.float32)


def truth_in_our_units(truth: dict[str, np.ndarray], mapping: Mapping, n: int, path: Path) -> dict[str, np.ndarray]:
    """The truth float64 (n,), energies in GeV and places in mm; what is not one number per shower is refused."""
    scale = {"true_energy_gev": GEV[mapping.true_energy_unit], "particle": 1.0}
    ours = {}
    for name, values in truth.items():
        if values.size != n or values.dtype.kind not in "iufb":
            raise DarkroomError(
                f"{path.name}: the truth '{name}' has {values.dtype} values of the shape {values.shape} for {n:,} showers: expected one "
                "number for each. Correct the mapping."
            )
        ours[name] = values.reshape(n).astype(np.float64) * scale.get(name, MM[mapping.length_unit])
    return ours


def raw_showers(
    *, number: np.ndarray, values: np.ndarray, depth: np.ndarray | None, truth: dict[str, np.ndarray], shape: Shape, mapping: Mapping,
    path: Path,
) -> RawShowers:  # fmt: skip
    """Some rows of a file as showers."""
    n = len(values)
    if depth is None:
        depth = np.zeros((n, 0))
    if depth.ndim != 2 or depth.dtype.kind not in "iuf":
        raise DarkroomError(
            f"{path.name}: '{mapping.depth}' has the shape {depth.shape}: expected a list of energies per shower, (n, n_depth)."
        )
    depth_mev = depth.astype(np.float64) * (GEV[mapping.energy_unit] * 1e3)
    return RawShowers(
        number,
        flattened(values, shape, mapping),
        depth_mev.astype(np.float32),
        truth_in_our_units(truth, mapping, n, path),
    )
