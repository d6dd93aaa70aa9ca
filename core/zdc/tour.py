"""The guided tour of simulated showers: a small generator, and whether anybody could tell its showers from true ones."""

from core.tour import Stop, Tour

TOUR = Tour(
    goal="showers that a network generates, beside true ones",
    preset="generators",
    network="vae",
    stops=(
        Stop(
            "select",
            "20,000 showers from 2 to 100 GeV: how the sum of the cells grows with the energy, and how showers spread.",
            "A sum that is not proportional to the energy: the calorimeter is deep enough for these.",
        ),
        Stop(
            "inspect",
            "One shower in 20 x 20 crystals: a core of a few cells, and a tail that falls by orders of magnitude.",
            "Two cores in one shower: one particle hits the calorimeter at a time.",
        ),
        Stop(
            "train",
            "The small generator that ships here was trained like this within a minute; training it again is optional.",
            "A loss that reaches its least possible value: a network this small leaves a distance.",
            is_optional=True,
        ),
        Stop(
            "evaluate",
            "The sum of generated showers by energy: mean and spread with intervals, on conditions of showers never seen.",
            "A spread that is right everywhere: small generators are usually too narrow or too wide somewhere.",
        ),
        Stop(
            "generate",
            "The same shower drawn again and again for one energy and impact, beside the true ones nearest to it.",
            "Showers that all look alike: the noise would have no effect.",
        ),
        Stop(
            "analysis",
            "Can a classifier tell generated from true showers? It trains judges for some minutes and is optional.",
            "An area under the curve of 0.5: then nobody could tell them apart, which no small generator reaches.",
            analysis="quality",
            is_optional=True,
        ),
        Stop(
            "published",
            "What the slides print of generators, what its own arithmetic gives, and what runs here reach.",
            "Agreement of times: they depend on the machine, which a table seldom says.",
        ),
    ),
)
