"""The figures of a judged run as parts of a report: what each shows, what would be surprising, and its numbers as columns."""

from core.figures import baselines as of_baselines
from core.figures import calibration as of_calibration
from core.figures import classcurves
from core.figures.confusion import confusion
from core.figures.evaluation import count_heatmap, efficiency_by_bin, roc_curve
from core.figures.histograms import score_spectrum
from core.judge import calibration_report, classified_report, evaluation_report
from core.judge.calibration import Calibration
from core.judge.classified import Classified
from core.judge.evaluation import Evaluation
from core.judge.paired import Comparison
from core.judge.report import Figure
from core.statistics.histogram import histogram_columns

BY_AXIS_NOTE = (
    "Signal kept and background rejected per bin, 95 % Clopper-Pearson intervals; neighbouring bins are taken together until they hold "
    "20 events. A dip in one bin alone, or background falling towards high values, would ask for a look at its events."
)
ROC_NOTE = (
    "Signal kept (on an axis of what is lost, logarithmic) against background leaked, marks at the operating points with their intervals. "
    "A network below its baseline anywhere would be surprising; a baseline at 100/100 tells that it made the labels."
)
SPECTRA_NOTE = (
    "Scores of each class, and the threshold as a line. A spike in the middle would be one answer given to many events."
)
CONFUSION_NOTE = (
    "Events of each true class (row, with n) by what they are called, percent of the row. A cell far from the diagonal that fills up "
    "is what to look at."
)
CURVES_NOTE = (
    "An event is called a class where that is the most probable one and reaches the threshold; bands: 95 % Clopper-Pearson. "
    "A purity that falls towards high thresholds would be surprising."
)
BY_CLASS_NOTE = (
    "Part of each class that is called so, and part of what is called so that is right, per bin with 95 % intervals; "
    "pale: fewer than 20 events. A dip in one bin alone would ask for a look at its events."
)
RELIABILITY_NOTE = (
    "Part of signal among the events of a score bin, 95 % Clopper-Pearson intervals, pale: fewer than 20 events. Points "
    "flatter than the diagonal: too sure of itself; all on one side of it: made for another mix."
)


def of_evaluation(judged: Evaluation, along: str, *, has_axis: bool) -> tuple[Figure, ...]:
    """Efficiency by the axis named `along` and the table of axis and score (where the rows have one), ROC, score spectra."""
    curves = {"network": judged.network, **judged.baselines}
    spectrum = score_spectrum(judged.spectra, judged.network.point.threshold)
    figures = [
        Figure("ROC", roc_curve(curves), ROC_NOTE, evaluation_report.roc_columns(curves)),
        Figure("score spectra", spectrum, SPECTRA_NOTE, histogram_columns(judged.spectra)),
    ]
    if has_axis:
        columns = evaluation_report.bin_columns(judged.tables)
        figures.insert(0, Figure(f"efficiency by {along}", efficiency_by_bin(judged.tables), BY_AXIS_NOTE, columns))
        for name, table in judged.tables.items():
            note = f"{name.capitalize()} events per cell, the efficiency of each row at the right; {table.n_outside:,} lie outside the rows."
            figures.append(Figure(f"{along} x score, {name}", count_heatmap(table), note, columns))
    return tuple(figures)


def of_classes(classified: Classified, *, has_axis: bool) -> tuple[Figure, ...]:
    """Of a run of several classes: confusion matrix, purity and efficiency by threshold and along the axis."""
    network = classified.network
    figures = [
        Figure("confusion matrix", confusion(network.confusion), CONFUSION_NOTE, classified_report.confusion_columns(network)),
        Figure(
            "purity and efficiency", classcurves.by_threshold(classified.curves, 0.0, of_all=bool(classified.n_unlabelled)),
            CURVES_NOTE, classified_report.curve_columns(classified),
        ),
    ]  # fmt: skip
    if has_axis:
        by_bin = classcurves.by_bin(classified.by_bin)
        figures.append(Figure("classes by bin", by_bin, BY_CLASS_NOTE, classified_report.bin_columns(classified)))
    return tuple(figures)


def of_comparison(compared: Comparison) -> Figure:
    """The leakage of network, cuts, trees and bound in every window."""
    note = (
        f"Leakage, the background that passes, where 99 % of the signal of a window is kept; limits from {compared.chosen_on}. Open "
        "triangle: none leaked, upper limit. A network above a cut anywhere would be surprising."
    )
    figure = of_baselines.leakage_by_window(compared.rows, compared.axis)
    return Figure("leakage", figure, note, evaluation_report.leakage_columns(compared))


def of_reliability(judged: Calibration) -> Figure:
    """Whether a score is a probability, before and after the temperature."""
    panels = {version: of_version.bins for version, of_version in calibration_report.versions(judged).items()}
    columns = calibration_report.bin_columns(judged)
    return Figure("reliability", of_calibration.reliability(panels), RELIABILITY_NOTE, columns)
