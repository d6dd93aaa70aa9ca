"""Plotly figures shared by all experiments: numbers in, figure out."""

from core.figures.curves import Curve, training_curves
from core.figures.evaluation import count_heatmap, efficiency_by_bin, roc_curve
from core.figures.histograms import score_spectrum, step_histogram
from core.figures.style import BACKGROUND, NEUTRAL, OKABE_ITO, SIGNAL, class_style, class_styles

__all__ = [
    "BACKGROUND",
    "NEUTRAL",
    "OKABE_ITO",
    "SIGNAL",
    "Curve",
    "class_style",
    "class_styles",
    "count_heatmap",
    "efficiency_by_bin",
    "roc_curve",
    "score_spectrum",
    "step_histogram",
    "training_curves",
]
