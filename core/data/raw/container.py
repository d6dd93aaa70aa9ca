"""The kind of a file by its first bytes: ROOT, HDF5 or something else, before its name is looked at."""

import struct
from pathlib import Path

import h5py

from core.errors import DarkroomError

# first bytes -> what such a file is called
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"root", "a ROOT file"),
    (b"SIMPLE  =", "a FITS file"),
    (b"XTENSION=", "a FITS extension without its primary header"),
    (b"\x1f\x8b", "packed with gzip"),
    (b"PK\x03\x04", "a ZIP or NumPy .npz archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"PAR1", "a Parquet file"),
    (b"BZh", "packed with bzip2"),
    (b"\xfd7zXZ", "packed with xz"),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard"),
    (b"\x89PNG", "a PNG picture"),
)
CONTAINERS = {"root": "a ROOT file", "hdf5": "an HDF5 file"}
UNKNOWN = "of a kind that is not known here"


def kind_of(path: Path) -> str:
    """What a file is, in words that fit behind "it is"; a missing or unreadable one is refused with its reason."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
        if head and h5py.is_hdf5(path):
            return CONTAINERS["hdf5"]
    except FileNotFoundError:
        raise DarkroomError(f"{path} does not exist: check the path.") from None
    except OSError as error:
        raise DarkroomError(f"{path} cannot be read ({error.strerror}): check the path and its permissions.") from None
    return next((name for magic, name in MAGIC if head.startswith(magic)), UNKNOWN) if head else "empty"


def need(path: Path, container: str) -> None:
    """Refuse a file that is not of this container, `root` or `hdf5`, and say what it is."""
    kind, wanted = kind_of(path), CONTAINERS[container]
    if kind == wanted:
        return
    other = next((name for name, words in CONTAINERS.items() if words == kind), "")
    advice = f"set 'container' to {other} in the mapping" if other else "copy it again or choose another"
    raise DarkroomError(f"{path.name} cannot be opened as {wanted} (it is {kind}): expected {wanted}; {advice}.")


def root_length(path: Path) -> int:
    """The length that the header of a ROOT file gives it [bytes]; 0 where the header is cut off."""
    with path.open("rb") as file:
        head = file.read(20)
    if len(head) < 20:
        return 0
    version = struct.unpack(">i", head[4:8])[0]
    end: int = struct.unpack(">q", head[12:20])[0] if version >= 1_000_000 else struct.unpack(">i", head[12:16])[0]
    return end
