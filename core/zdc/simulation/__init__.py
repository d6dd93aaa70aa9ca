"""Electromagnetic showers as a parametric model makes them, and the files that they are written to."""
