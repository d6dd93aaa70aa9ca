"""Processed views of one record: the charge as it adds up from the onset, and the power in each frequency."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from core.cosine.pulse import stored_records
from core.data.dataset import Dataset, read_array
from core.figures import OKABE_ITO
from core.figures.style import DASHES, NEUTRAL, TEXT_PX
from core.parameters import param

CHANNEL_COLOURS = (
    OKABE_ITO[2],
    OKABE_ITO[6],
    OKABE_ITO[0],
    NEUTRAL,
)  # green and purple: not those of signal and background
BEFORE_NS = 100.0  # of the onset, where the charge is still nothing
WINDOWS: dict[str, Callable[[int], np.ndarray]] = {"Hann": np.hanning, "none": np.ones}
NO_ONSET = "No onset was seen, so no charge adds up from it."


@dataclass(frozen=True)
class ChargeView:
    """How the charge is drawn as it adds up."""

    scale: str = param("charge", "sum of the samples, or its share of the end", choices=("charge", "share"))


@dataclass(frozen=True)
class SpectrumView:
    """How the power of a record is drawn by frequency."""

    window: str = param("Hann", "what the record is multiplied with, against its ends", choices=tuple(WINDOWS))
    is_log: bool = param(True, "logarithmic axis of frequency")


def subtracted_adc(dataset: Dataset, row: int) -> np.ndarray:
    """float64 (n_channels, n_samples): samples of a row above their baselines [ADC]."""
    waveform = read_array(dataset, "waveform", [row])[0]
    baselines = {name: dataset.column(name)[row : row + 1] for name in stored_records.baseline_columns(dataset)}
    rests = stored_records.rests(baselines, dataset)[0]
    above: np.ndarray = (waveform - rests[:, None]) * stored_records.adc_per_step(dataset)
    return above


def draw_charge(dataset: Dataset, row: int, parameters: ChargeView) -> go.Figure:
    """The charge of every channel from the onset to the end of the charge's window, as sum or as share of what it is there."""
    sampling_ns, onset_ns = stored_records.sampling_ns(dataset), float(dataset.column("onset_ns")[row])
    figure = go.Figure()
    if np.isfinite(onset_ns):
        onset = round(onset_ns / sampling_ns)
        first, last = (
            max(onset - round(BEFORE_NS / sampling_ns), 0),
            onset + round(stored_records.windows_ns(dataset)[-1] / sampling_ns),
        )
        charge = accumulated(subtracted_adc(dataset, row)[:, first:last], onset - first)
        if parameters.scale == "share":
            charge = charge / np.where(charge[:, -1:] > 0.0, charge[:, -1:], np.nan)
        _lines(
            figure, dataset, (first - onset) * sampling_ns, sampling_ns, charge, "%{x:.0f} ns after the onset: %{y:.4g}"
        )
    else:
        figure.add_scatter(x=[], y=[], showlegend=False)
        figure.add_annotation(text=NO_ONSET, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    title = "charge [ADC sample]" if parameters.scale == "charge" else "share of the charge"
    return _finished(figure, "time from the onset [ns]", title)


def accumulated(above: np.ndarray, onset: int) -> np.ndarray:
    """Running sums (n_channels, n) of samples, 0 at the sample before `onset`."""
    sums = np.cumsum(above, axis=1)
    return sums - (sums[:, onset - 1 : onset] if onset > 0 else 0.0)


def draw_spectrum(dataset: Dataset, row: int, parameters: SpectrumView) -> go.Figure:
    """Power spectral density of every channel, up to half the sampling frequency; without the frequency 0."""
    frequency_mhz, density = power(subtracted_adc(dataset, row), stored_records.sampling_ns(dataset), parameters.window)
    figure = go.Figure()
    for p, (name, values) in enumerate(zip(stored_records.channel_names(dataset), density, strict=True)):
        figure.add_scatter(
            x=frequency_mhz[1:].astype(np.float32), y=values[1:].astype(np.float32), **_line(p, name),
            hovertemplate=f"{name}, %{{x:.2f}} MHz: %{{y:.3g}} ADC²/MHz<extra></extra>",
        )  # fmt: skip
    window = "" if parameters.window == "none" else f", {parameters.window} window"
    _finished(figure, "frequency [MHz]", f"power [ADC²/MHz]{window}")
    figure.update_xaxes(type="log" if parameters.is_log else "linear")
    return figure.update_yaxes(type="log", exponentformat="power")


def power(above: np.ndarray, sampling_ns: float, window: str) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (m,) [MHz] and one-sided power spectral density (n_channels, m) [ADC²/MHz] of samples (n_channels, n).

    The mean is taken out, the record multiplied with one of WINDOWS and scaled by its mean square (Press et al., Numerical
    Recipes 13.4), so that the density integrates to the variance.
    """
    n = above.shape[-1]
    weights = WINDOWS[window](n)
    amplitude = np.fft.rfft((above - above.mean(axis=1, keepdims=True)) * weights)
    sampling_us = sampling_ns * 1e-3
    density = np.abs(amplitude) ** 2 * (2.0 * sampling_us / np.sum(weights**2))
    density[:, 0] /= 2.0
    if n % 2 == 0:
        density[:, -1] /= 2.0
    return np.fft.rfftfreq(n, sampling_us), density


def _lines(figure: go.Figure, dataset: Dataset, x0: float, dx: float, values: np.ndarray, hover: str) -> None:
    for p, (name, y) in enumerate(zip(stored_records.channel_names(dataset), values, strict=True)):
        figure.add_scatter(
            x0=x0, dx=dx, y=y.astype(np.float32), **_line(p, name), hovertemplate=f"{name}, {hover}<extra></extra>"
        )


def _line(p: int, name: str) -> dict[str, object]:
    look = {"color": CHANNEL_COLOURS[p % 4], "width": 1.2, "dash": DASHES[p % len(DASHES)]}
    return {"mode": "lines", "name": name, "line": look, "showlegend": True}


def _finished(figure: go.Figure, x_title: str, y_title: str) -> go.Figure:
    figure.update_xaxes(title_text=x_title)
    figure.update_yaxes(title_text=y_title)
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    return figure.update_layout(
        height=440, margin={"l": 65, "r": 20, "t": 30, "b": 45}, legend=legend, font={"size": TEXT_PX}
    )
