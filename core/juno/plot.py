"""JUNO's pictures: an event on its sphere and step by step to the colour image, and the mean image of a class."""

from core.figures.looking import Average, View
from core.juno.views.average import draw_means, mean_image
from core.juno.views.channels import ChannelsView, draw_channels
from core.juno.views.maps import MapsView, draw_maps
from core.juno.views.small import thumbnails
from core.juno.views.sphere import SphereView, draw_sphere

VIEWS = {
    "sphere": View(
        title="Sensors in space",
        explanation=(
            "Every PMT that was hit, coloured by its first hit or its charge; drag to turn. Light comes first and most where the event is "
            "near. Surprising: light far from the vertex before that near to it, or a fitted vertex far from the true one."
        ),
        parameters=SphereView,
        draw=draw_sphere,
        thumbnails=thumbnails,
    ),
    "steps": View(
        title="From the sphere to the image",
        explanation=(
            "The map of the sphere, the map after the charge centre is turned into its middle, a pixel for each PMT, and the colours. The "
            "diamonds are the two neighbours that part farthest: the squeeze separates them, not the rotation."
        ),
        parameters=MapsView,
        draw=draw_maps,
    ),
    "channels": View(
        title="Channels and colours",
        explanation=(
            "What a network sees: early is bright, a PMT without a hit is black. As they are, times show how far each PMT is from the "
            "vertex; without the flight what is left is when the light was made. Surprising: a gradient that remains."
        ),
        parameters=ChannelsView,
        draw=draw_channels,
    ),
}

AVERAGE = Average(
    title="mean image per class",
    explanation=(
        "Mean charge of each pixel and mean residual time where it is lit, each on one scale for all classes. Of classes that are matched "
        "in energy and position the charges should look alike."
    ),
    compute=mean_image,
    draw=draw_means,
)
