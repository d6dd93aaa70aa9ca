"""What slides 004 print (W. Y. Chan: ZDC status report, 27 June 2025). Nothing is added; `NOT_PRINTED` is what a repetition would need."""

LOSSES = {"MASK": 0.297824, "VALUE": 0.002209}
RATIO = 145
WEIGHTS = (200, 500, 1000)
BEST_WEIGHT = 200
RUNS: dict[str, tuple[int, str]] = {
    "Default": (20, "default CNN"), "Extended 2": (20, "the modified CNN gives a better result"),
    "weight 200": (1000, "event #0 looks worse, event #1 much better"), "50M sample": (200, "no weighting, default CNN"),
}  # fmt: skip
"""Name -> epochs, and what is said of the result."""
N_EVENTS, TIMES_PREVIOUS, TIMES_SPACE, SPACE_TB = 50_000_000, 5, 30, 3
N_LOOKED_AT, N_TYPES = 120, 3
HIDDEN = 32
N_MODULES = {"Default": 13, "Extended 2": 24}
LONGITUDINAL = "dE/dr (t)"
NOT_PRINTED = (
    "energies of the samples", "impact point", "calorimeter, size and threshold of a cell", "what LinearBlock and Conv2dBlock hold", "what follows the encoder (heads)",
    "optimizer, learning rate, batch size", "over what mu and sigma are taken", "division into training and test", "shares of the three types",
    "a number of how good images are",
)  # fmt: skip
