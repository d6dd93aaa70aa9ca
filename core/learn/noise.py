"""Noise that depends on a number of a row only: the same row is generated again, in whatever batch and order."""

import numba
import numpy as np

GOLDEN, MIX_A, MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def noise_of(keys: np.ndarray, size: int) -> np.ndarray:
    """Standard normal numbers float32 (n, size) of keys int64 (n,): those of a key are independent of each other and of other keys'."""
    noise = np.empty((len(keys), size), np.float32)
    _fill(np.ascontiguousarray(keys).view(np.uint64), noise)
    return noise


def seeds_of(noise: np.ndarray) -> np.ndarray:
    """uint64 (n,): a seed from the bits of noise float32 (n, j), j >= 2, for what draws more numbers than the noise has."""
    bits = np.ascontiguousarray(noise[:, :2], np.float32).view(np.uint32).astype(np.uint64)
    seeds: np.ndarray = (bits[:, 0] << np.uint64(32)) | bits[:, 1]
    return seeds


@numba.njit(cache=True, nogil=True, inline="always")
def mixed(state):  # type: ignore[no-untyped-def]
    """The output of the generator splitmix64 (Steele, Lea, Flood, OOPSLA 2014) at a state."""
    z = (state ^ (state >> np.uint64(30))) * MIX_A
    z = (z ^ (z >> np.uint64(27))) * MIX_B
    return z ^ (z >> np.uint64(31))


@numba.njit(cache=True, nogil=True, inline="always")
def uniform(bits):  # type: ignore[no-untyped-def]
    """A number above 0 and below 1 from 64 random bits."""
    return (np.float64(bits >> np.uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


@numba.njit(cache=True, nogil=True)
def _fill(keys, noise):  # type: ignore[no-untyped-def]
    """Pairs of normal numbers by Box and Muller."""
    for i in range(len(keys)):
        state = mixed(keys[i] + GOLDEN)
        for j in range(0, noise.shape[1], 2):
            state += GOLDEN
            radius = np.sqrt(-2.0 * np.log(uniform(mixed(state))))
            state += GOLDEN
            angle = 2.0 * np.pi * uniform(mixed(state))
            noise[i, j] = radius * np.cos(angle)
            if j + 1 < noise.shape[1]:
                noise[i, j + 1] = radius * np.sin(angle)
