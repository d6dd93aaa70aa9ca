"""Tables of sensors in every dialect give the same sensors; what is no such table is refused in a sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import DarkroomError
from core.juno.geometry import DYNODE_TTS_NS, LS_RADIUS_M, MCP_TTS_NS, RADIUS_M, rings
from core.juno.mapping import Mapping
from core.juno.raw.sensors import table_path
from core.juno.raw.tables import read_table

TRUE = rings()
FEW = TRUE.position_m[::100]
ANGLES = np.stack([np.arccos(FEW[:, 2] / RADIUS_M), np.arctan2(FEW[:, 1], FEW[:, 0])], axis=1)


def as_text(rows: np.ndarray, separator: str = " ", before: str = "", between: str = "\n") -> str:
    return before + between.join(separator.join(f"{value:.9g}" for value in row) for row in rows) + "\n"


def numbered(rows: np.ndarray) -> np.ndarray:
    return np.column_stack([np.arange(len(rows)), rows])


def in_rings() -> str:
    """Place in the ring, theta and phi in degrees, a blank line between rings, as `PMTPos_Acrylic.csv`."""
    blocks = []
    for theta in np.unique(ANGLES[:, 0]):
        phi = ANGLES[ANGLES[:, 0] == theta, 1]
        degrees = np.degrees(np.column_stack([np.full(len(phi), theta), phi % (2.0 * np.pi)]))
        blocks.append(as_text(numbered(degrees)))
    return "\n".join(blocks)


DIALECTS = {
    "white space, mm, two columns more": as_text(np.column_stack([numbered(1000.0 * FEW), np.zeros((len(FEW), 2))])),
    "white space, m": as_text(numbered(FEW)),
    "commas, header, R and angles": as_text(
        np.column_stack([numbered(1000.0 * FEW), np.full(len(FEW), 1000.0 * RADIUS_M), np.degrees(ANGLES)]), ",",
        "PMTID,x,y,z,R,theta,phi\n",
    ),
    "comments": as_text(numbered(1000.0 * FEW), "  ", '# made by rule\n"id x y z" in mm\n\n'),
    "no number": as_text(1000.0 * FEW, ", "),
    "angles in degrees, header": as_text(numbered(np.degrees(ANGLES)), ",", "id,theta,phi\n"),
    "angles in radians, radius in mm": as_text(
        np.column_stack([numbered(ANGLES), np.full(len(FEW), 1000.0 * RADIUS_M)]), ",", "copyNo,theta,phi,R\n"
    ),
    "place in ring": in_rings(),
    "units in the header": as_text(numbered(FEW), ",", "pmt_id,x[m],y[m],z[m]\n"),
    "semicolons, byte order mark": "\ufeff" + as_text(numbered(FEW), ";", "ID;X;Y;Z\n"),
    "RAT": json.dumps({"name": "PMTINFO", **{axis: (1000.0 * FEW[:, i]).tolist() for i, axis in enumerate("xyz")}}),
}  # fmt: skip


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., object]:
    """Read a table of this text."""

    def read_text(text: str, mapping: Mapping = Mapping()):  # noqa: B008
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return read_table(path, mapping)

    return read_text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_gives_the_same_sensors(dialect, read):
    standing = read(DIALECTS[dialect])
    assert len(standing) == len(FEW)
    np.testing.assert_array_equal(standing.pmt_id, np.arange(len(FEW)))
    order = np.lexsort(np.round(standing.position_m, 5).T)
    np.testing.assert_allclose(standing.position_m[order], FEW[np.lexsort(np.round(FEW, 5).T)], atol=1e-5)
    assert standing.is_sphere and abs(standing.radius_m - RADIUS_M) < 1e-6
    assert abs(standing.ls_radius_m - LS_RADIUS_M) < 1e-6
    assert (standing.tts_ns == np.float32(MCP_TTS_NS)).all()


@pytest.mark.parametrize("name", ["sphere5586_pmt_xyz_mm.csv", "data_sphere_PMTINFO.ratdb"])
def test_rats_sphere_is_read_as_it_is(name, test_data):
    standing = read_table(test_data / "pmt" / name)
    assert len(standing) == 5586
    np.testing.assert_allclose(np.linalg.norm(standing.position_m, axis=1), 8.0, atol=1e-5)
    assert standing.ring_sizes.sum() == 5586
    assert len(standing.ring_sizes) == 64


def test_numbers_order_the_sensors_and_the_water_pool_is_left_out(read):
    rows = np.column_stack([np.arange(len(FEW))[::-1], FEW])
    pool = [[50_000 + i, *place] for i, place in enumerate(1.05 * FEW[:3])]
    standing = read(as_text(np.vstack([rows, pool])))
    np.testing.assert_allclose(standing.position_m, FEW[::-1], atol=1e-6)


def test_a_column_of_types_tells_transit_time_spreads(read):
    types = np.where(np.arange(len(FEW)) % 3 == 0, "Hamamatsu", "NNVT")
    lines = [f"{i} {x:.6f} {y:.6f} {z:.6f} {kind}" for i, ((x, y, z), kind) in enumerate(zip(FEW, types, strict=True))]
    wanted = np.where(types == "NNVT", MCP_TTS_NS, DYNODE_TTS_NS).astype(np.float32)
    np.testing.assert_array_equal(read("\n".join(lines)).tts_ns, wanted)
    named = "copy,x,y,z,type\n" + "\n".join(lines).replace(" ", ",")
    mapping = Mapping(types=("nnvt",), types_tts_ns=(5.0,), tts_ns=2.0, ls_radius_m=10.0)
    standing = read(named, mapping)
    np.testing.assert_array_equal(standing.tts_ns, np.where(types == "NNVT", 5.0, 2.0).astype(np.float32))
    assert standing.ls_radius_m == 10.0


LINES = as_text(numbered(FEW)).splitlines()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no line of a table"),
        ("# only\n\n", "holds no line of a table"),
        ("id,x,y,z\n", "lists 0 sensors: expected at least 12"),
        ("\n".join(LINES[:11]), "lists 11 sensors: expected at least 12"),
        ("\n".join([*LINES, LINES[7]]), "lists sensor 7 twice"),
        ("\n".join([*LINES, "999 nan 0 0"]), "sensor 177 of the table has no place"),
        ("\n".join([*LINES, "999 1 2"]), "line 177 has 3 columns, the first has 4"),
        ("\n".join([*LINES, "999 1 2 here"]), "column 4 holds 'here': expected numbers"),
        ("\n".join([*LINES, "-3 1 2 3"]), "is no number of a sensor"),
        ("\n".join([*LINES, "1.5 1 2 3"]), "is no number of a sensor"),
        ("run,charge\n1,2\n", "has the columns run, charge: expected x, y and z"),
        ("1 2\n3 4\n", "has 2 columns of numbers: expected number, x, y and z"),
        ("\n".join(f"{i} 1 2 3" for i in range(50)), "50 sensors stand at 1 places"),
        (
            '{"name": "PMTINFO", "x": [1, 2], "y": [1]}',
            "expected arrays x, y and z of equal length, there are: x 2, y 1",
        ),
        ('{"x": [1, oops], "y": [1, 2], "z": [1, 2]}', "'x' holds 'oops': expected numbers"),
    ],
)
def test_what_is_no_table_of_sensors_is_refused(text, sentence, read):
    with pytest.raises(DarkroomError) as refused:
        read(text)
    assert str(refused.value).startswith("table.csv")
    assert sentence in str(refused.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(bytes(range(256)))
    with pytest.raises(DarkroomError, match=r"table\.csv is no text"):
        read_table(path)


def test_a_table_lies_beside_the_raw_file_or_below_a_data_root(tmp_path, monkeypatch):
    raw, root, elsewhere = (tmp_path / name for name in ("raw", "root", "elsewhere"))
    for folder in (raw, root, elsewhere):
        folder.mkdir()
        (folder / f"{folder.name}.csv").write_text("x", encoding="utf-8")
    monkeypatch.setenv("DARKROOM_DATA_ROOTS", str(root))
    (raw / "link.csv").symlink_to(elsewhere / "elsewhere.csv")

    def path_of(table: str) -> Path:
        return table_path(raw / "a.root", replace(Mapping(), table=table))

    assert path_of("raw.csv") == raw / "raw.csv"
    assert path_of(str(raw / "raw.csv")) == raw / "raw.csv"
    assert path_of("root.csv") == root / "root.csv"
    assert path_of("../root/root.csv") == root / "root.csv"
    outside = ("../elsewhere/elsewhere.csv", str(elsewhere / "elsewhere.csv"), "link.csv", "/etc/passwd")
    for table in (*outside, "none.csv", "a\0b", "x" * 5000, "."):
        with pytest.raises(
            DarkroomError, match=r"the table of sensors, is no file beside a\.root or below a data root"
        ):
            path_of(table)
