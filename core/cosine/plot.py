"""COSINE-100 pictures: one event's waveforms, what is processed of them, and the mean waveform of a class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from scipy.ndimage import uniform_filter1d

from core.cosine.features import WINDOWS_NS
from core.cosine.pulse import stored_records
from core.cosine.views.processed import CHANNEL_COLOURS, ChargeView, SpectrumView, draw_charge, draw_spectrum
from core.data.dataset import Dataset, read_array
from core.figures import class_style
from core.figures.looking import Average, View
from core.figures.style import DASHES
from core.parameters import param

MEAN_WINDOW_NS = (-200.0, 2000.0)  # with the windows of NaI; else it is as long as the window of X1 and X2 asks for


@dataclass(frozen=True)
class WaveformView:
    """How a waveform is drawn."""

    form: str = param("baseline-subtracted", "what is drawn", choices=("baseline-subtracted", "raw", "smoothed"))
    channels: str = param(
        "stacked", "below each other, or all on the same axes", choices=("stacked", "over each other")
    )
    zoom: str = param("pulse", "around the pulse or the whole record", choices=("pulse", "record"))
    smoothing_ns: float = param(20.0, "width of the running mean, for 'smoothed'", unit="ns", low=2.0, high=500.0)


def draw_event(dataset: Dataset, row: int, parameters: WaveformView) -> go.Figure:
    """The channels of one row below or over each other, on one time axis that starts at the trigger."""
    waveform = read_array(dataset, "waveform", [row])[0]
    names = stored_records.channel_names(dataset)
    baselines = {name: dataset.column(name)[row : row + 1] for name in stored_records.baseline_columns(dataset)}
    rests = stored_records.rests(baselines, dataset)[0]
    is_stacked = parameters.channels == "stacked"
    n_panels = len(names) if is_stacked else 1
    figure = make_subplots(rows=n_panels, cols=1, shared_xaxes=True, vertical_spacing=0.06 / max(n_panels - 1, 1))
    start_ns = -stored_records.pretrigger_samples(dataset) * stored_records.sampling_ns(dataset)
    for p, (name, values, baseline) in enumerate(zip(names, waveform, baselines.values(), strict=True)):
        y = _form(values, rests[p], float(baseline[0]), parameters, dataset)
        panel, dash = (p + 1, "solid") if is_stacked else (1, DASHES[p % len(DASHES)])
        figure.add_scatter(
            x0=start_ns, dx=stored_records.sampling_ns(dataset), y=y, mode="lines", name=name, row=panel, col=1,
            line={"color": CHANNEL_COLOURS[p % 4], "width": 1.2, "dash": dash}, hovertemplate="%{x:.0f} ns: %{y:.1f} ADC",
        )  # fmt: skip
        figure.update_yaxes(title_text=f"{name} [ADC]" if is_stacked else "all channels [ADC]", row=panel, col=1)
    onset_ns, windows_ns = float(dataset.column("onset_ns")[row]), stored_records.windows_ns(dataset)
    if np.isfinite(onset_ns):
        _mark_windows(figure, start_ns + onset_ns, windows_ns[:4], n_panels)
    figure.update_xaxes(title_text="time from the trigger [ns]", row=n_panels, col=1)
    if parameters.zoom == "pulse":
        end_ns = start_ns + stored_records.record_samples(dataset) * stored_records.sampling_ns(dataset)
        begin, scale = onset_ns + start_ns if np.isfinite(onset_ns) else 0.0, windows_ns[3] / WINDOWS_NS[3]
        figure.update_xaxes(range=[max(start_ns, begin - 200 * scale), min(end_ns, begin + 1400 * scale)])
    figure.update_layout(
        height=440, margin={"l": 60, "r": 20, "t": 30, "b": 45}, hovermode="x", showlegend=not is_stacked
    )
    legend = {"x": 1.0, "xanchor": "right", "y": 1.0, "yanchor": "top", "bgcolor": "rgba(0,0,0,0)"}
    return figure.update_layout(legend=legend)


def _form(
    values: np.ndarray, rest: float, baseline_adc: float, parameters: WaveformView, dataset: Dataset
) -> np.ndarray:
    """ADC counts of one channel as asked for, float32 (n_samples,); `rest` is what its baseline leaves over [steps]."""
    adc = stored_records.adc_per_step(dataset)
    if parameters.form == "raw":
        whole = np.floor((0.0 if np.isnan(baseline_adc) else baseline_adc) / adc + 0.5)
        return ((values * (1 if dataset.meta["positive"] else -1) + whole) * adc).astype(np.float32)
    subtracted = (values - rest) * adc
    if parameters.form == "smoothed":
        width = max(1, round(parameters.smoothing_ns / stored_records.sampling_ns(dataset)))
        subtracted = uniform_filter1d(subtracted, width, mode="nearest")
    return subtracted.astype(np.float32)


def _mark_windows(figure: go.Figure, onset_ns: float, ends_ns: Sequence[float], n_channels: int) -> None:
    """Onset and the ends of the windows in which the features are defined.

    Set in one go: `add_vline` ten times takes longer than all the rest of the page.
    """
    line = {"width": 1, "color": "#808080"}
    shapes, texts = [], []
    sides = {ends_ns[1]: "left", ends_ns[3]: "left", 0: "right"}  # else neighbours hide each other
    for offset in (0, *dict.fromkeys(ends_ns)):
        x = onset_ns + offset
        style = line | {"dash": "dot" if offset else "solid"}
        for axis in ("", *map(str, range(2, n_channels + 1))):
            where = {"xref": f"x{axis}", "yref": f"y{axis} domain", "x0": x, "x1": x, "y0": 0, "y1": 1}
            shapes += [{"type": "line", "line": style, **where}]
        side = sides.get(offset, "center")
        texts.append(
            {
                "x": x, "y": 1.0, "xref": "x", "yref": "paper", "xanchor": side, "yanchor": "bottom", "showarrow": False,
                "text": f"+{offset:g}" if offset else "onset", "font": {"size": 12},
            }
        )  # fmt: skip
    figure.update_layout(shapes=shapes, annotations=texts)


@dataclass(frozen=True)
class MeanWaveform:
    """Mean of `n` summed waveforms (all channels), aligned at the onset, each with unit area in the window drawn.

    `time_ns`, `mean`, `error` (n_times,): per-ns fraction of the charge and its standard error.
    """

    time_ns: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    n: int
    n_of: int


def mean_waveform(dataset: Dataset, rows: np.ndarray, n_at_most: int = 200) -> MeanWaveform:
    """Mean waveform of rows, of at most `n_at_most` of them taken evenly. Rows without onset or charge are left out."""
    n_of = len(rows)
    chosen = rows if n_of <= n_at_most else rows[np.linspace(0, n_of - 1, n_at_most).astype(int)]
    onset = dataset.column("onset_ns")[chosen]
    chosen, onset = chosen[np.isfinite(onset)], onset[np.isfinite(onset)]
    scale = stored_records.windows_ns(dataset)[3] / WINDOWS_NS[3]
    begin, end = (round(t * scale / stored_records.sampling_ns(dataset)) for t in MEAN_WINDOW_NS)
    time_ns = np.arange(begin, end) * stored_records.sampling_ns(dataset)
    shapes = []
    baselines = {name: dataset.column(name)[chosen] for name in stored_records.baseline_columns(dataset)}
    rests = stored_records.rests(baselines, dataset).sum(axis=1)
    firsts = np.rint(onset / stored_records.sampling_ns(dataset)).astype(int)
    for record, rest, first in zip(read_array(dataset, "waveform", chosen), rests, firsts, strict=True):
        a, b = first + begin, first + end
        if a < 0 or b > stored_records.record_samples(dataset):
            continue
        pulse = record[:, a:b].sum(axis=0, dtype=np.float64) - rest
        if pulse.sum() > 0:
            shapes.append(pulse / pulse.sum() / stored_records.sampling_ns(dataset))
    if not shapes:
        nothing = np.full(len(time_ns), np.nan)
        return MeanWaveform(time_ns, nothing, nothing, 0, n_of)
    stack = np.array(shapes)
    error = stack.std(axis=0, ddof=1) / np.sqrt(len(stack)) if len(stack) > 1 else np.full(len(time_ns), np.nan)
    return MeanWaveform(time_ns, stack.mean(axis=0), error, len(stack), n_of)


def draw_means(means: Mapping[str, MeanWaveform], colours: Mapping[str, str]) -> go.Figure:
    """Mean waveforms of the classes with a band of one standard error."""
    figure = go.Figure()
    for i, (name, m) in enumerate(means.items()):
        dash = class_style(name, i)[1]
        for sign in (-1, 1):
            figure.add_scatter(
                x=m.time_ns, y=(m.mean + sign * m.error).astype(np.float32), mode="lines", showlegend=False,
                line={"width": 0, "color": colours[name]}, fill="tonexty" if sign == 1 else None, hoverinfo="skip",
                legendgroup=name,
            )  # fmt: skip
        figure.add_scatter(
            x=m.time_ns, y=m.mean.astype(np.float32), mode="lines", name=f"{name} (n = {m.n:,} of {m.n_of:,})",
            line={"color": colours[name], "dash": dash, "width": 2}, legendgroup=name,
            hovertemplate="%{x:.0f} ns: %{y:.3g} per ns",
        )  # fmt: skip
    figure.update_xaxes(title_text="time from the onset [ns]")
    figure.update_yaxes(title_text="fraction of the charge [1/ns]", type="log", exponentformat="power", dtick=1)
    highest = max((float(m.mean.max()) for m in means.values() if m.n), default=0.0)
    if highest > 0:  # noise around zero reaches down without end on this axis
        figure.update_yaxes(range=[np.log10(highest) - 3.0, np.log10(highest) + 0.2])
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0}
    figure.update_layout(height=440, margin={"l": 60, "r": 20, "t": 30, "b": 45}, legend=legend)
    return figure


VIEWS = {
    "waveform": View(
        title="Waveform of all channels",
        explanation=(
            "A NaI(Tl) scintillation pulse decays over some 250 ns in both PMTs; PMT noise is over within 100 ns, "
            "often in one PMT only. Dotted: the ends of the windows of X2 (50 ns), X1 (100-600 ns) and nmt500 (500 ns), or those of "
            "the data set's mapping."
        ),
        parameters=WaveformView,
        draw=draw_event,
        is_overlaid=True,
    ),
    "charge": View(
        title="Charge as it adds up",
        explanation=(
            "The sum of the samples above the baseline from the onset on: scintillation adds most within 500 ns and little after; noise is "
            "over at once. The end is the charge of the table. Surprising: a charge that falls, or goes on rising, which a wrong baseline makes."
        ),
        parameters=ChargeView,
        draw=draw_charge,
        is_overlaid=True,
    ),
    "spectrum": View(
        title="Power by frequency",
        explanation=(
            "Power spectral density of the whole record, its mean taken out. A pulse fills the low frequencies smoothly. Surprising: a narrow "
            "line, which is an electronic disturbance, or a step where the digitiser's filter should be smooth."
        ),
        parameters=SpectrumView,
        draw=draw_spectrum,
        is_overlaid=True,
    ),
}

AVERAGE = Average(
    title="mean waveform per class",
    explanation=(
        "Sum of all channels, aligned at the onset, each with unit charge; the band is one standard error. In NaI scintillation "
        "falls off with some 250 ns; a background curve that follows it would be scintillation under a wrong label."
    ),
    compute=mean_waveform,
    draw=draw_means,
)
