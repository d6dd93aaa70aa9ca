"""Shapes of showers along and across their direction, and fits of the two formulas that the slides print for them."""
