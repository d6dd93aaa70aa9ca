"""A report as one page: nothing is loaded, nothing that a name says is obeyed, every table can be taken along."""

import base64
import re

import plotly.graph_objects as go

from core.judge.latex import to_latex
from core.judge.report import Figure, KeyNumber, Report, Table
from core.judge.report_html import data_block, to_html
from core.statistics.intervals import efficiency

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def whole(text: str = "plain") -> Report:
    """A report with a part, a table with an interval, a figure and commands, all of them named by `text`."""
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, 4], name=text))
    table = Table(text, [{text: text, "efficiency": efficiency(9, 10)}], text)
    part = Report((KeyNumber(text, "1", text, text),), (table,), (Figure(text, figure, text),), (text,), title=text)
    return Report(
        parts=(part, Report(commands=(f"python -m core evaluate {text}",), title="again")), title=text, notes=(text,)
    )


def test_no_name_is_obeyed_and_only_our_scripts_may_run() -> None:
    page = to_html(whole(EVIL))
    assert EVIL not in page and "<img src=x" not in page and "onerror=alert(2)&gt;" in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy[1]
    assert page.index("Content-Security-Policy") < page.index("<script>")
    assert len(re.findall(r"</script>", page)) == 3  # plotly, the figure's data, what draws it
    assert not re.search(r"<(link|iframe|object)\b|@import", page.split("<script>")[0])


def test_what_is_drawn_by_webgl_may_be_compiled_in_the_browser() -> None:
    figure = Figure("map", go.Figure(go.Scattergl(x=[1], y=[1])), "")
    assert "'unsafe-eval'" in to_html(Report(figures=(figure,), title="x")).split("<title>")[0]


def test_parts_follow_under_their_titles_with_latex_and_commands() -> None:
    page = to_html(whole("muons & worms"))
    assert '<a href="#part-1">muons &amp; worms</a>' in page and '<h2 id="part-2">again</h2>' in page
    assert "<td>90.00 [55.50, 99.75] n = 10</td>" in page
    assert r"\begin{table}" in page and r"muons \&amp; worms" in page
    link = re.search(r'download="muons---worms.tex" href="data:application/x-tex;base64,([^"]*)"', page)
    assert link is not None and base64.b64decode(link[1]).decode() == to_latex(whole("muons & worms"))
    assert "<pre>python -m core evaluate muons &amp; worms</pre>" in page


def test_a_report_without_a_figure_is_small() -> None:
    assert len(to_html(Report(tables=(Table("t", [{"a": 1}]),), title="x"))) < 20_000


def test_data_can_end_no_tag() -> None:
    assert "<" not in data_block([{"name": EVIL}], {}).removeprefix("<script").removesuffix("</script>")


def test_an_empty_table_is_drawn() -> None:
    assert "<table><tr></tr></table>" in to_html(Report(tables=(Table("nothing", []),), title="x"))
