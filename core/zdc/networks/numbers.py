"""Sizes that the networks of the impact's frame and what draws from them have in common."""

N_RATIO, N_CORE_MIX, N_TAIL_MIX = 5, 5, 3
"""Logistic distributions of the mixtures for the sum over energy, a cell of the core, a cell of the tail."""
RATIO_UNITS, TAIL_UNITS = 64, 48
LEAST_LOG_SCALE = -6.0
NORMAL_TO_LOGISTIC = 1.702  # normal noise times this is about logistic: within 0.01 of its distribution everywhere
N_PLACES = 1024  # brightest cells that are remembered of the training sample
