"""A report as one page of HTML that needs nothing from elsewhere: figures live, tables, LaTeX and commands to copy."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.judge.latex import latex_table, to_latex
from core.judge.report import Figure, KeyNumber, Report, short

if TYPE_CHECKING:
    import plotly.graph_objects as go

_PARTS = Path(__file__).parent / "report_page"
_OURS = ("template", "width", "paper_bgcolor", "plot_bgcolor")  # of the layout: the page gives them
LEAST_HEIGHT_PX = 420


def to_html(report: Report) -> str:
    """A page to keep or send: of the report and each of its parts key numbers, notes, figures, tables to read and the records of
    files where these are others, LaTeX and commands. Every text is escaped, nothing is loaded, and only the two scripts of the page
    may run. plotly is inside (about 5 MB) where there is a figure.
    """
    parts = list(report.whole)
    drawn = [figure.figure for part in parts for figure in part.figures]
    scripts = [plotly_script()] * bool(drawn) + [page_file("draw.js")]
    numbers = count(1)
    body = [f"<h1>{escape(report.title)}</h1>", *_contents(parts[1:])]
    for i, part in enumerate(parts):
        body += [] if i == 0 else [f'<h2 id="part-{i}">{escape(part.title)}</h2>']
        body += _section(part, numbers)
    if any(part.tables for part in parts):
        body.append(_download(f"{_file_name(report.title)}.tex", to_latex(report), "all tables as LaTeX"))
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts, drawn)}"><title>{escape(report.title)}</title>'
        f"<style>{page_file('style.css')}</style>"
    )
    # the last script stands behind what it draws
    before, after = "".join(f"<script>{script}</script>" for script in scripts[:-1]), f"<script>{scripts[-1]}</script>"
    return f'<!doctype html><html lang="en"><head>{head}{before}</head><body>{"".join(body)}{after}</body></html>\n'


def page_file(name: str) -> str:
    """A script or style of the pages."""
    return (_PARTS / name).read_text(encoding="utf-8")


def plotly_script() -> str:
    """plotly.js, 4.8 MB."""
    from plotly.offline import get_plotlyjs  # here: half a second that no other file waits for

    text: str = get_plotlyjs()
    return text


def policy(scripts: Sequence[str], figures: "Iterable[go.Figure]") -> str:
    """Nothing is loaded from anywhere; the scripts that may run are these. What WebGL draws is compiled in the browser."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    is_webgl = any(trace.type.endswith("gl") for figure in figures for trace in figure.data)
    may_run = " ".join([*(f"'sha256-{digest}'" for digest in digests), *(["'unsafe-eval'"] if is_webgl else [])])
    return (
        f"default-src 'none'; script-src {may_run}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _contents(parts: Sequence[Report]) -> list[str]:
    links = (f'<li><a href="#part-{i}">{escape(part.title)}</a></li>' for i, part in enumerate(parts, 1))
    return [f"<nav><ul>{''.join(links)}</ul></nav>"] if parts else []


def _section(report: Report, numbers: "count[int]") -> list[str]:
    body = [_key_numbers(report.numbers)] if report.numbers else []
    body += [f'<p class="note">{escape(note)}</p>' for note in report.notes]
    for figure in report.figures:
        body.append(_figure(figure, next(numbers)))
    for table in report.tables:
        body += [f"<h3>{escape(table.title)}</h3>", _table(table.texts), f'<p class="note">{escape(table.note)}</p>']
        body += (
            ["<details><summary>All numbers</summary>", _table(table.records), "</details>"] if table.numbers else []
        )
        body.append(_copyable("LaTeX", latex_table(table)))
    if report.commands:
        body.append(_copyable("The same as commands", "\n".join(report.commands), is_open=True))
    return body


def _key_numbers(numbers: Sequence[KeyNumber]) -> str:
    parts = (
        f'<div title="{escape(number.help)}"><dt>{escape(number.label)}</dt><dd>{escape(number.value)}</dd>'
        f'<dd class="detail">{escape(number.detail)}</dd></div>'
        for number in numbers
    )
    return f'<dl class="numbers">{"".join(parts)}</dl>'


def _figure(figure: Figure, number: int) -> str:
    """The place that a figure is drawn in, and what is drawn there."""
    return (
        f'<figure><h3>{escape(figure.title)}</h3><div class="plot" id="figure-{number}"></div>{_data(figure.figure)}'
        f'<figcaption class="note">{escape(figure.note)}</figcaption></figure>'
    )


def _data(figure: "go.Figure") -> str:
    drawn, layout = unthemed(figure)
    layout["height"] = max(layout.get("height", 0), LEAST_HEIGHT_PX)
    return data_block(drawn, layout)


def unthemed(figure: "go.Figure") -> tuple[list[Any], dict[str, Any]]:
    """Traces and layout as plain values, without what the page gives."""
    drawn = json.loads(figure.to_json())
    return drawn["data"], {name: value for name, value in drawn["layout"].items() if name not in _OURS}


def data_block(traces: list[Any], layout: dict[str, Any]) -> str:
    """What is drawn, as data in which no tag can end."""
    text = json.dumps({"data": traces, "layout": layout}).replace("<", "\\u003c")
    return f'<script class="figure" type="application/json">{text}</script>'


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = "".join(f"<th>{escape(str(name))}</th>" for name in (rows[0] if rows else ()))
    lines = ("".join(f"<td>{escape(short(cell))}</td>" for cell in row.values()) for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(f"<tr>{line}</tr>" for line in lines)}</table></div>'


def _copyable(title: str, text: str, *, is_open: bool = False) -> str:
    shown = " open" if is_open else ""
    return f'<details{shown}><summary>{escape(title)}</summary><button class="copy">copy</button><pre>{escape(text)}</pre></details>'


def _download(name: str, text: str, label: str) -> str:
    data = base64.b64encode(text.encode()).decode()
    return f'<p><a download="{escape(name)}" href="data:application/x-tex;base64,{data}">{escape(label)}</a></p>'


def _file_name(title: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in title)[:60] or "report"
