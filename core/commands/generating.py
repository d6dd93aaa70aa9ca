"""Commands on trained generators."""

from core import runs as running
from core.commands import generator_options
from core.commands.command import Result
from core.commands.text import progress
from core.errors import DarkroomError
from core.judge.generating import generating_of
from core.learn import backend, onnx_file
from core.registry import experiment_by_key
from core.workflows.sampling import SampleRequest, write_sample


def sample(options: generator_options.Sample) -> Result:
    run = running.open_run(options.run)
    generating = generating_of(experiment_by_key(run.experiment))
    ranges = dict(_assigned(text) for text in options.condition)
    if options.energy:
        ranges[generating.axis.column] = _range(options.energy)
    backend.stay_on_cpu()
    request = SampleRequest(options.n, ranges, options.spectrum == "log", options.seed, options.extrapolate)
    result = write_sample(run, request, options.out, options.layout, progress(options))
    return result, f"{result['n']:,} rows of run {run.title} in {result['path']}, {result['seconds']:.1f} s"


def export(options: generator_options.Export) -> Result:
    run = running.open_run(options.run)
    backend.stay_on_cpu()
    result = onnx_file.write(run, experiment_by_key(run.experiment).networks, options.out)
    inputs, outputs = (
        ", ".join(f"{name} {_shape(shape)}" for name, shape in result[kind].items()) for kind in ("inputs", "outputs")
    )
    return result, f"run {run.title} in {result['path']}, {result['bytes'] / 1e6:.1f} MB: {inputs} -> {outputs}"


def _shape(shape: list[int | None]) -> str:
    return " x ".join("n" if size is None else str(size) for size in shape)


def _assigned(text: str) -> tuple[str, tuple[float, float]]:
    name, _, values = text.partition("=")
    return name, _range(values)


def _range(text: str) -> tuple[float, float]:
    """`2:100` or one value."""
    low, _, high = text.partition(":")
    try:
        return float(low), float(high or low)
    except ValueError:
        raise DarkroomError(
            f"The range '{text}' cannot be read: expected LOW:HIGH or one number, e.g. 2:100."
        ) from None
