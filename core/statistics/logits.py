"""Scores on the logarithmic scale of odds, on which temperature and prior are a factor and a shift."""

import numpy as np
from scipy import special

CLIP = 1e-7
"""Scores are float32 and may be exactly 0 or 1: they are taken as this far from it (logit -16.1 or 16.1)."""


def logit(scores: np.ndarray) -> np.ndarray:
    """float64 (n,) ln(p / (1 - p)), scores clipped to CLIP..1 - CLIP; NaN stays NaN."""
    p = np.clip(np.asarray(scores, np.float64), CLIP, 1.0 - CLIP)
    logits: np.ndarray = special.logit(p)
    return logits


def as_score(logits: np.ndarray) -> np.ndarray:
    """float64 (n,) the probability of a logit."""
    scores: np.ndarray = special.expit(logits)
    return scores


def n_clipped(scores: np.ndarray) -> int:
    """How many scores lie so near 0 or 1 that `logit` clips them."""
    p = np.asarray(scores, np.float64)
    return int(((p < CLIP) | (p > 1.0 - CLIP)).sum())
