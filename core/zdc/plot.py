"""ZDC's pictures: a shower as VALUE and MASK, its energy by depth, and the mean shower."""

from core.figures.looking import Average, View
from core.zdc.views.average import draw_means, mean_shower
from core.zdc.views.shower import DepthView, ShowerView, draw_depth, draw_shower, thumbnails

VIEWS = {
    "shower": View(
        title="Cells of the shower",
        explanation=(
            "The energy of each cell, and which cells are hit: the two images that a network is taught. The cross is where the particle hit. "
            "Most energy lies in the cell that was hit and its neighbours; the halo has a few MeV. Surprising: hit cells far from all others, "
            "or a brightest cell beside the cross by more than one."
        ),
        parameters=ShowerView,
        draw=draw_shower,
        thumbnails=thumbnails,
    ),
    "depth": View(
        title="Energy by depth",
        explanation=(
            "Where along the beam the energy was left, in radiation lengths: a quick rise and a slow fall, with the maximum deeper the higher "
            "the energy. Crystals are not divided in depth: only simulation knows it."
        ),
        parameters=DepthView,
        draw=draw_depth,
        is_overlaid=True,
    ),
}

AVERAGE = Average(
    title="mean shower",
    explanation=(
        "Mean energy of each cell, and in which share of the showers it is hit. A network without random input can at best give this, for each "
        "energy."
    ),
    compute=mean_shower,
    draw=draw_means,
)
