"""The generators of showers: those of the slides, and better ones."""
