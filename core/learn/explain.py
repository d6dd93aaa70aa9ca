"""Attribution by occlusion: what the logit loses without a window of the waveform; by forward passes only.

A window that slides over one channel of the network's input is filled with the input's value for "no light". The change
of the logit (log-odds of signal, taken before the softmax, so that a saturated score does not hide it) is the window's
drop: positive if the light in it speaks for signal. Each drop is shared evenly over the samples of its window and averaged over the windows that cover a
sample. The windows reach beyond both ends so that equally many cover every sample: for a network whose logit is a sum over samples the
attributions then add up exactly to the logit minus that of an input without light. After Zeiler and Fergus,
"Visualizing and understanding convolutional networks" (2014), section 4.2.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import runs
from core.data.dataset import Dataset
from core.data.loader import batches
from core.errors import DarkroomError
from core.learn import backend, predict
from core.learn.network import Network
from core.parameters import param

Logits = Callable[[np.ndarray], np.ndarray]

BATCH = 64  # inputs of one forward pass; every batch is filled up to it, because the backend compiles for each shape
MEAN_ROWS = 100
STRONGEST = 5
SATURATED = 8.0  # a logit beyond which the score is printed as 0.000 or 1.000


@dataclass(frozen=True)
class Occlusion:
    """How the light is taken away. The window is rounded to whole steps, the step to whole samples of the input."""

    window_ns: float = param(96.0, "width of the window without light", unit="ns", low=1.0, high=20_000.0)
    step_ns: float = param(48.0, "the window moves by this", unit="ns", low=1.0, high=20_000.0)

    def check(self) -> None:
        if self.step_ns > self.window_ns:
            raise DarkroomError(
                f"The step of {self.step_ns:g} ns is wider than the window of {self.window_ns:g} ns, so that light "
                "between the windows would be missed: choose a step of at most the window."
            )


@dataclass(frozen=True)
class Attribution:
    """What each input sample adds to the logit; of one row (n = 1), or the mean of `n` of `n_of` rows.

    times_ns float32 (n_times,): centre of each sample after the trigger; `sample_ns` its width.
    values, error float32 (n_channels, n_times): logit per sample and, of a mean, its standard error (NaN for n < 2).
    starts_ns float32 (n_windows,), drops float32 (n_channels, n_windows): begin of each window and what the logit loses
    without its light; the window ends `width_ns` later, or with the input. logit: as it is; empty_logit: of an input
    without any light.
    """

    times_ns: np.ndarray
    sample_ns: float
    values: np.ndarray
    error: np.ndarray
    starts_ns: np.ndarray
    drops: np.ndarray
    width_ns: float
    logit: float
    empty_logit: float
    n: int = 1
    n_of: int = 1

    @property
    def score(self) -> float:
        """Probability of signal that belongs to the logit."""
        return float(1.0 / (1.0 + np.exp(-np.float64(self.logit))))

    @property
    def total(self) -> float:
        """Sum of all attributions."""
        return float(self.values.sum(dtype=np.float64))


@dataclass(frozen=True)
class Opened:
    """An opened network of a run with its recipe."""

    run: runs.Run
    recipe: Any
    model: Any
    logits: Logits


def open_network(run: runs.Run, networks: Mapping[str, Network], signal: int) -> Opened:
    """Load a run's network (verified, in safe mode) with what makes its input; `signal` is the class that is explained."""
    recipe = predict.recipe_of(networks, run)
    model = predict.load_model(run, networks)
    return Opened(run, recipe, model, logit_function(model, signal))


def logit_function(model: Any, signal: int) -> Logits:
    """A function from inputs float32 (n, ...) to the log-odds of the class number `signal` against all others, float64
    (n,), read before the softmax.

    The model is left as it is; its last layer (a Dense with softmax activation, or a softmax of its own) is replaced by
    one without.
    """
    keras = backend.load_keras()
    last = model.layers[-1]
    config = last.get_config()
    if isinstance(last, keras.layers.Softmax):
        open_end = keras.Model(model.inputs, last.input)
    elif config.get("activation") == "softmax":
        linear = type(last).from_config({**config, "activation": "linear", "name": f"{last.name}_before_softmax"})
        open_end = keras.Model(model.inputs, linear(last.input))
        linear.set_weights(last.get_weights())
    else:
        raise DarkroomError(
            f"The network '{model.name}' cannot be explained: its last layer '{last.name}' is no softmax, so there is no "
            "logit to read; train a network that ends in a softmax."
        )
    n_in_batch = BATCH

    def logits(x: np.ndarray) -> np.ndarray:
        out = np.empty(len(x), np.float64)
        for start in range(0, len(x), n_in_batch):
            part = x[start : start + n_in_batch]
            n = len(part)
            filled = (
                part if n == n_in_batch else np.concatenate([part, np.zeros((n_in_batch - n, *x.shape[1:]), x.dtype)])
            )
            z = np.asarray(open_end.predict_on_batch(filled), np.float64)[:n]
            others = np.delete(z, signal, axis=1)
            top = others.max(axis=1)
            out[start : start + n] = z[:, signal] - top - np.log(np.exp(others - top[:, None]).sum(axis=1))
        return out

    return logits


def occlude(logits: Logits, x: np.ndarray, times_ns: np.ndarray, no_light: float, occlusion: Occlusion) -> Attribution:
    """Attribution of one input float32 (n_times, n_channels) whose samples lie evenly at `times_ns`."""
    n_times, n_channels = x.shape
    sample_ns = float(times_ns[1] - times_ns[0]) if n_times > 1 else occlusion.step_ns
    step = max(1, round(occlusion.step_ns / sample_ns))
    n_cover = max(1, round(occlusion.window_ns / (step * sample_ns)))
    starts = np.arange(-(n_cover - 1), -(-n_times // step)) * step
    begins, ends = starts.clip(0), (starts + n_cover * step).clip(max=n_times)
    covered = np.repeat(x[None], 2 + n_channels * len(starts), axis=0)
    covered[1] = no_light
    for channel in range(n_channels):
        for i, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            covered[2 + channel * len(starts) + i, begin:end, channel] = no_light
    logits_of_covered = logits(covered)
    drops = (logits_of_covered[0] - logits_of_covered[2:]).reshape(n_channels, len(starts))
    shares = drops / (ends - begins)
    values = np.zeros((n_channels, n_times))
    for i, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        values[:, begin:end] += shares[:, i, None] / n_cover
    first_ns = float(times_ns[0]) - sample_ns / 2
    return Attribution(
        times_ns.astype(np.float32), sample_ns, values.astype(np.float32), np.full(values.shape, np.nan, np.float32),
        (first_ns + begins * sample_ns).astype(np.float32), drops.astype(np.float32), n_cover * step * sample_ns,
        float(logits_of_covered[0]), float(logits_of_covered[1]),
    )  # fmt: skip


def of_row(opened: Opened, dataset: Dataset, row: int, occlusion: Occlusion) -> Attribution:
    """Attribution of one row of a data set."""
    if not 0 <= row < dataset.n_rows:
        raise DarkroomError(f"Data set '{dataset.name}' has rows 0 to {dataset.n_rows - 1}, asked for {row}.")
    return _of_input(opened, dataset, inputs(opened, dataset, np.array([row]))[0], occlusion)


def mean_of_rows(
    opened: Opened, dataset: Dataset, rows: np.ndarray, occlusion: Occlusion, n_of: int, seconds: float = 45.0
) -> Attribution:
    """Mean attribution of rows (a sample of `n_of`), aligned at the trigger, with its standard error.

    They are worked on in a fixed random order and, after `seconds`, as many as there are count (at least one).
    """
    if not len(rows):
        raise DarkroomError("There is no row to average over: widen the filter.")
    deadline = time.monotonic() + seconds
    chosen = np.random.default_rng(1).permutation(np.unique(rows))
    attributions: list[Attribution] = []
    for start in range(0, len(chosen), 16):
        for x in inputs(opened, dataset, np.sort(chosen[start : start + 16])):
            attributions.append(_of_input(opened, dataset, x, occlusion))
            if time.monotonic() > deadline:
                return _mean(attributions, n_of)
    return _mean(attributions, n_of)


def sample(rows: np.ndarray, n_at_most: int = MEAN_ROWS) -> np.ndarray:
    """At most `n_at_most` of rows (n,), taken evenly: the same ones each time."""
    return rows if len(rows) <= n_at_most else rows[np.linspace(0, len(rows) - 1, n_at_most).astype(int)]


def inputs(opened: Opened, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Network input of ascending rows, float32 (n, n_times, n_channels)."""
    predict.refuse_other_input(opened.run, opened.model, opened.recipe, dataset)
    return np.concatenate([x for x, _, _ in batches(dataset, rows, opened.recipe, len(rows))])


def _of_input(opened: Opened, dataset: Dataset, x: np.ndarray, occlusion: Occlusion) -> Attribution:
    return occlude(opened.logits, x, opened.recipe.times_ns(dataset), opened.recipe.no_light, occlusion)


def _mean(attributions: list[Attribution], n_of: int) -> Attribution:
    stack = np.stack([a.values for a in attributions]).astype(np.float64)
    error = stack.std(axis=0, ddof=1) / np.sqrt(len(stack)) if len(stack) > 1 else np.full(stack.shape[1:], np.nan)
    return dataclasses.replace(
        attributions[0],
        values=stack.mean(axis=0).astype(np.float32),
        error=error.astype(np.float32),
        drops=np.stack([a.drops for a in attributions]).mean(axis=0, dtype=np.float64).astype(np.float32),
        logit=float(np.mean([a.logit for a in attributions])),
        empty_logit=float(np.mean([a.empty_logit for a in attributions])),
        n=len(attributions),
        n_of=n_of,
    )


def strongest(attribution: Attribution, n: int = STRONGEST) -> list[dict[str, Any]]:
    """The windows that change the logit most: channel (from 1), begin and end in ns after the trigger, change of logit.

    Windows that overlap with a stronger one of the same channel are left out.
    """
    order = np.argsort(-np.abs(attribution.drops), axis=None)
    last_ns = float(attribution.times_ns[-1]) + attribution.sample_ns / 2
    windows: list[dict[str, Any]] = []
    for channel, i in zip(*np.unravel_index(order, attribution.drops.shape), strict=True):
        begin = float(attribution.starts_ns[i])
        end = min(begin + attribution.width_ns, last_ns)
        is_separate = all(f["channel"] != channel + 1 or end <= f["begin_ns"] or begin >= f["end_ns"] for f in windows)
        if is_separate and len(windows) < n:
            drop = float(attribution.drops[channel, i])
            windows.append({"channel": int(channel) + 1, "begin_ns": begin, "end_ns": end, "logit": drop})
    return windows


def window_rows(attribution: Attribution, channels: tuple[str, ...]) -> list[dict[str, Any]]:
    """The strongest windows as rows for a table; `channels` names the channels of the input."""
    return [
        {
            "channel": channels[w["channel"] - 1],
            "window [ns]": f"{w['begin_ns']:.0f} to {w['end_ns']:.0f}",
            "logit": f"{w['logit']:+.2f}",
        }
        for w in strongest(attribution)
    ]


def columns(attribution: Attribution, name: str = "") -> dict[str, list[float]]:
    """Times and the attribution per channel, with its error where it has one, as columns for a file."""
    by_title = {"time from the trigger [ns]": attribution.times_ns.tolist()}
    prefix = f"{name} " if name else ""
    for c, (values, error) in enumerate(zip(attribution.values, attribution.error, strict=True), 1):
        by_title[f"{prefix}channel {c} [logit per {attribution.sample_ns:g} ns]"] = values.tolist()
        if attribution.n > 1:
            by_title[f"{prefix}channel {c} standard error"] = error.tolist()
    return by_title


def mean_columns(means: Mapping[str, Attribution]) -> dict[str, list[float]]:
    """The means of several classes, which stand on the same times, as columns for a file."""
    return {title: values for name, mean in means.items() for title, values in columns(mean, name).items()}


def words(attribution: Attribution) -> str:
    """The attribution summed up in two sentences."""
    a = attribution
    score = f"score {a.score:.4f}" + (" (saturated: read the logit)" if abs(a.logit) > SATURATED else "")
    what = f"Mean logit {a.logit:+.2f} of {a.n:,} rows" if a.n_of > 1 else f"Logit {a.logit:+.2f}, {score}"
    return (
        f"{what}; without any light it would be {a.empty_logit:+.2f}, a difference of {a.logit - a.empty_logit:+.2f}. "
        f"The attributions add up to {a.total:+.2f}: what they differ by lies in light that counts only together."
    )


def to_message(attribution: Attribution) -> dict[str, Any]:
    """Plain values and arrays, from which `Attribution(**message)` is made again."""
    return {field.name: getattr(attribution, field.name) for field in dataclasses.fields(attribution)}
