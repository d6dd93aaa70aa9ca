"""Plain values and arrays between two processes of ours: a JSON header, then the bytes of each array.

Nothing of a message is unpickled or evaluated; types and sizes of arrays are held against a list and a limit.
"""

import json
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from core.errors import DarkroomError

MAX_BYTES = 256 * 1024 * 1024
DTYPES = ("float32", "float64", "int64", "int8", "bool")


def send(connection: Connection, values: dict[str, Any]) -> None:
    """Send a dict of plain values and arrays (arrays on its first level only). A closed pipe raises OSError."""
    arrays = {name: np.ascontiguousarray(value) for name, value in values.items() if isinstance(value, np.ndarray)}
    for name, array in arrays.items():
        if array.dtype.name not in DTYPES or array.nbytes > MAX_BYTES:
            raise DarkroomError(
                f"The array '{name}' ({array.dtype.name}, {array.nbytes / 1e6:.0f} MB) cannot be sent: expected one of "
                f"{', '.join(DTYPES)} below {MAX_BYTES / 1e6:.0f} MB."
            )
    shapes = [[name, array.dtype.name, list(array.shape)] for name, array in arrays.items()]
    plain = {name: value for name, value in values.items() if name not in arrays}
    connection.send_bytes(json.dumps({"plain": plain, "arrays": shapes}).encode())
    for array in arrays.values():
        connection.send_bytes(array.tobytes())


def receive(connection: Connection) -> dict[str, Any]:
    """The next message; arrays are read-only. EOFError or OSError if the other side has gone, ValueError if it is not ours."""
    header = json.loads(connection.recv_bytes(MAX_BYTES))
    values: dict[str, Any] = dict(header["plain"])
    for name, dtype, shape in header["arrays"]:
        if dtype not in DTYPES:
            raise ValueError(f"array '{name}' has type {dtype}")
        values[name] = np.frombuffer(connection.recv_bytes(MAX_BYTES), dtype).reshape(shape)
    return values
