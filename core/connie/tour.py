"""The guided tour of simulated CCD images: tracks by their shape, and what a muon is mistaken for."""

from core.tour import Stop, Tour

TOUR = Tour(
    goal="muons, electrons and spots told apart by their tracks",
    preset="four",
    network="compact",
    stops=(
        Stop(
            "select",
            "Each track that the extraction cut out of sixteen small images, in four classes that simulated truth gives.",
            "A class with hardly a track: its efficiency will have an interval as wide as the axis.",
        ),
        Stop(
            "inspect",
            "One track with its profiles: muons are straight, electrons ('worms') kinked and dense at their end, X-rays are spots.",
            "A straight track called a worm, or a spot that is longer than diffusion makes it.",
        ),
        Stop(
            "train",
            "The small network that ships here was trained like this within a minute; training it again is optional.",
            "A validation loss that rises while that of the training falls.",
            is_optional=True,
        ),
        Stop(
            "evaluate",
            "The confusion matrix on tracks of images that the network never saw. Click a cell to see its tracks.",
            "Worms called muons as often as muons are called worms: curled tracks should be the harder ones.",
        ),
        Stop(
            "apply",
            "Counts of each class in each image, and rate in time, spectrum and angles of the muons; a line warns that the run learned from most of them.",
            "A muon rate that follows the exposure time: it should be constant.",
        ),
        Stop(
            "calibration",
            "Whether the probability of a muon means what it says, judged on some hundred tracks.",
            "Points below the diagonal everywhere: too sure of itself.",
        ),
        Stop(
            "published",
            "The numbers of the slides, their own arithmetic, and the small run beside them.",
            "Agreement within the printed digits: another simulation and a thousandth of the tracks should differ.",
        ),
    ),
)
