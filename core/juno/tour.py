"""The guided tour of simulated photomultiplier hits: positrons and electrons in five hundred events, and how little that is."""

from core.tour import Stop, Tour

TOUR = Tour(
    goal="positrons told from electrons by the times of their light",
    preset="e+/e-",
    network="compact",
    stops=(
        Stop(
            "select",
            "500 events, as many positrons as electrons, even in visible energy: what is left between them is the shape of the light.",
            "An energy spectrum that differs between the classes: a network would learn it instead of the shape.",
        ),
        Stop(
            "inspect",
            "One event on the sphere: where the light arrived, and when, after the time of flight from the vertex.",
            "A positron that shows its two annihilation gammas: they end 24 cm away in the mean, too little to see by eye.",
        ),
        Stop(
            "train",
            "The small network that ships here was trained like this on 400 events within a minute; training it again is optional.",
            "A validation loss far above that of the training: with so few events it is what to expect.",
            is_optional=True,
        ),
        Stop(
            "evaluate",
            "An area under the ROC curve of about 0.8, with an interval that is wide: 50 test events say no more.",
            "A network clearly above its boosted trees: on this sample the intervals of both overlap.",
        ),
        Stop(
            "calibration",
            "Whether the scores mean anything as probabilities. Most bins hold fewer than 20 events and are pale.",
            "A firm answer: so few events cannot give one, and the page says so.",
        ),
        Stop(
            "analysis",
            "Vertex and energy of the plain reconstruction beside the truth, in bins of energy.",
            "A vertex whose error does not shrink with energy: more light should tell more.",
            analysis="reconstruction",
        ),
        Stop(
            "published",
            "What the slides print, what its own arithmetic gives, and what the small run reaches.",
            "Agreement: the printed networks were trained on a thousand times as many events.",
        ),
    ),
)
