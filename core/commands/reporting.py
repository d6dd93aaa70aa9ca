"""The commands `report` and `figure`."""

from pathlib import Path
from typing import Any

from core import disk
from core.commands import report_options
from core.commands.command import Result
from core.commands.text import table
from core.errors import DarkroomError
from core.judge import figure_files, report_files
from core.workflows import reporting
from core.workflows.reporting import Question


def report(options: report_options.Report) -> Result:
    """Write the report and say where and how large it is."""
    report_files.refuse(options.out, report_files.WRITERS, "--out")
    name = reporting.called(options.name)
    written = reporting.report_on(name, _question(options))
    report_files.write(written, options.out)
    size = options.out.stat().st_size
    figures = reporting.figures_of(written)
    n_tables = sum(len(part.tables) for part in written.whole)
    result = {
        "path": str(options.out.resolve()), "bytes": size, "kind": reporting.kind_of(name), "title": written.title,
        "figures": list(figures), "tables": n_tables, "values": dict(written.values),
    }  # fmt: skip
    return result, f"{options.out}: {written.title}, {len(figures)} figures, {n_tables} tables, {disk.size_text(size)}"


def figure(options: report_options.Figure) -> Result:
    """Write one figure, or list those that there are."""
    if options.figure is not None and options.out is None:
        raise DarkroomError(f"Where shall '{options.figure}' be written? Give --out FILE.pdf, .png or .svg.")
    if options.out is not None:
        report_files.refuse(options.out, figure_files.KINDS, "--out")
    figures = reporting.figures_of(reporting.report_on(reporting.called(options.name), _question(options)))
    if options.figure is None or options.out is None:
        rows: list[dict[str, Any]] = [
            {"figure": name, "title": part.title, "shows": part.note} for name, part in figures.items()
        ]
        return {"figures": rows}, table([{"figure": row["figure"], "title": row["title"]} for row in rows])
    if options.figure not in figures:
        raise DarkroomError(f"'{options.name}' has no figure '{options.figure}': expected one of {', '.join(figures)}.")
    return _write(figures[options.figure].figure, options, options.out)


def _write(drawn: Any, options: report_options.Figure, out: Path) -> Result:
    usual_mm = figure_files.usual_height_mm(drawn, options.width_mm)
    height_mm = usual_mm if options.height_mm is None else options.height_mm
    size = figure_files.Size(options.width_mm, height_mm, options.dpi)
    figure_files.write(drawn, out, size)
    result = {
        "path": str(out.resolve()),
        "bytes": out.stat().st_size,
        "width_mm": size.width_mm,
        "height_mm": size.height_mm,
    }
    return result, f"{out}: {size.width_mm:g} x {size.height_mm:g} mm, {disk.size_text(out.stat().st_size)}"


def _question(options: report_options.Report | report_options.Figure) -> Question:
    return Question(options.data or "", options.threshold, options.split or "", options.labels or "")
