"""The guided tour of simulated NaI(Tl) waveforms: noise at a few keV, and why a perfect score is a warning."""

from core.tour import Stop, Tour

TOUR = Tour(
    goal="scintillation told from noise at a few keV",
    preset="cnn2020",
    network="compact",
    stops=(
        Stop(
            "select",
            "The cut flow: calibration events in coincidence are signal, physics events without one background. The published labels add a "
            "cut on nmt500, the mean time within 500 ns.",
            "Two classes that overlap in nmt500 under these labels: the cut at 0.12 µs made them.",
        ),
        Stop(
            "inspect",
            "One event, both photomultipliers: scintillation decays with about 240 ns, fast noise is over after 50 ns. J and K go on.",
            "A signal event whose light is in one photomultiplier only.",
        ),
        Stop(
            "train",
            "The small network that ships here was trained like this within half a minute; training it again is optional.",
            "A validation loss that rises while that of the training falls.",
            is_optional=True,
        ),
        Stop(
            "evaluate",
            "Network and the cut on nmt500 alone both score 100 % under the labels 'published'. Change the labels to 'truth' or 'coincidence'.",
            "A perfect network: these labels were made with a cut that its input determines, so 100 % is no success.",
        ),
        Stop(
            "lowenergy",
            "Signal kept and background rejected by energy, from the window of the training down to the threshold.",
            "An efficiency that does not fall where only a handful of photoelectrons is left.",
        ),
        Stop(
            "calibration",
            "Whether a score of 0.9 means nine in ten, before and after one number, the temperature; only some hundred events judge it.",
            "Points off the diagonal all on one side: the scores were made for another mix of the classes.",
        ),
        Stop(
            "published",
            "Every printed number of the slides beside its own arithmetic and beside the small run that ships here.",
            "Full agreement: a network trained on two thousand simulated events should not reach all that was printed.",
        ),
    ),
)
