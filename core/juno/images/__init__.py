"""From the hits of an event to an image with the event in its middle: summed per sensor, rotated, squeezed, filled."""
