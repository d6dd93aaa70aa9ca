"""The list of runs: which are shown, in which order, and what stands of each in the table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core import run_names
from core.figures.state_table import damaged_in_red
from core.judge.report import DASH, is_few, n_of
from core.judge.run_result import Quantity, Result
from core.run_names import Naming
from core.runs import RunSummary
from core.workflows import run_admin, run_results
from pages.widgets import choose, layout

COMPARED, TABLE = "compared", "runs-table"
NEWEST, BEST, NAME, LOSS, LARGEST, LONGEST = "newest", "best result", "name", "validation loss", "most disk", "longest"
ORDERS = (NEWEST, BEST, NAME, LOSS, LARGEST, LONGEST)
RESULT, SECOND = "result", "second result"
LOWER_IS_BETTER = ("leakage", "bias", "resolution", "AUC")
USUAL = ("name", RESULT, SECOND, "n", "data set", "network", "when", "s", "MB", "state")
WIDTHS = {RESULT: 142, SECOND: 112, "n": 78, "data set": 72, "network": 66, "when": 84, "state": 66, "name": 162}
NUMBER_WIDTH = 46
SHORT = {"signal efficiency": "sig.", "background leakage": "leak.", "macro efficiency": "macro"}


def redraw_table() -> None:
    """The compared runs were changed elsewhere: a new table shows them ticked."""
    st.session_state[TABLE] = st.session_state.get(TABLE, 0) + 1


def filters(listed: list[RunSummary], of_studies: Mapping[str, str], namings: Mapping[str, Naming]) -> list[RunSummary]:
    """The sidebar: which runs are listed; those that were trained for a study or a sweep are folded away at first."""
    shown = listed
    words = st.text_input(
        "find", key="runs-find", placeholder="name, note, #tag, network, id", on_change=redraw_table, **choose.STAY
    )
    if words.strip():
        shown = [run for run in listed if fits(run, namings[run.id], words)]
    elif of_studies and not st.toggle(
        f"with {len(of_studies)} runs of studies", key="runs-studies", on_change=redraw_table, **choose.STAY
    ):
        named = st.session_state.get(COMPARED, st.query_params.get_all(COMPARED))
        shown = [run for run in listed if run.id not in of_studies or run.id in named]
    with st.expander("more filters"):
        for label, name in (
            ("experiment", "experiment"),
            ("network", "network"),
            ("data set", "dataset"),
            ("state", "state"),
        ):
            values = sorted({value for run in listed if (value := getattr(run, name))})
            wanted = st.multiselect(
                label, values, key=f"runs-{name}", placeholder="all", on_change=redraw_table, **choose.STAY
            )
            shown = [run for run in shown if not wanted or getattr(run, name) in wanted]
    return shown


def fits(run: RunSummary, naming: Naming, words: str) -> bool:
    """Whether each of the words stands somewhere in what is known of a run; one with # in front is the begin of a tag."""
    text = " ".join(
        (naming.name, naming.note, run.id, run.network, run.dataset, run.labels, *naming.aliases)
    ).casefold()
    tags = [tag.casefold() for tag in naming.tags]
    return all(
        any(tag.startswith(word[1:]) for tag in tags) if word.startswith("#") else word in text
        for word in words.casefold().split()
    )


def ordered(shown: Sequence[RunSummary], results: Mapping[str, Result], order: str) -> list[RunSummary]:
    """The runs in an order; what is undefined comes last."""
    keys: dict[str, Callable[[RunSummary], tuple[bool, Any]]] = {
        BEST: lambda run: _goodness(results.get(run.id)),
        NAME: lambda run: (False, run_names.of(run.id).name.casefold()),
        LOSS: lambda run: (run.validation_loss is None, run.validation_loss or 0.0),
        LARGEST: lambda run: (False, -run_admin.size_bytes(run.id)),
        LONGEST: lambda run: (False, -run.seconds),
    }
    return list(shown) if order == NEWEST else sorted(shown, key=keys[order])


def _goodness(result: Result | None) -> tuple[bool, float]:
    quantity = result.numbers[0] if result and result.numbers else None
    if quantity is None or quantity.number.value != quantity.number.value:
        return True, 0.0
    value = quantity.number.value
    return False, abs(value) if quantity.name.startswith(LOWER_IS_BETTER) else -value


def headers(results: Sequence[Result]) -> tuple[str, str]:
    """What the two columns of results are called: by the quantity where all runs have the same, with its unit."""
    titles: list[str] = []
    for i, usual in enumerate((RESULT, SECOND)):
        names = {
            f"{r.numbers[i].name} [{r.numbers[i].unit}]".removesuffix(" []") for r in results if len(r.numbers) > i
        }
        titles.append(names.pop() if len(names) == 1 else usual)
    return titles[0], titles[1]


def rows(
    listed: Sequence[RunSummary], of_studies: Mapping[str, str], results: Mapping[str, Result]
) -> list[dict[str, Any]]:
    """The list of runs as it is shown; a run whose job still works says so."""
    with layout.refusals():
        states = run_admin.states(listed)
    first, second = headers([results[run.id] for run in listed if run.id in results])
    return [
        _row(run, states[run.id], of_studies, results.get(run.id, run_results.UNKNOWN), first, second) for run in listed
    ]


def _row(
    run: RunSummary, state: str, of_studies: Mapping[str, str], result: Result, first: str, second: str
) -> dict[str, Any]:
    naming, when = run_names.of(run.id), run.started_at.replace("T", " ").removesuffix("Z")
    quantities = [*result.numbers[:2], None, None][:2]
    texts = [
        _short(quantity, usual, title)
        for quantity, usual, title in zip(quantities, (RESULT, SECOND), (first, second), strict=True)
    ]
    counts = [f"{n_of(q.number):,}{' few' if is_few(q.number) else ''}" for q in quantities if q is not None]
    return {
        "run": run.id, "name": marked(naming), first: texts[0], second: texts[1], "n": " + ".join(dict.fromkeys(counts)) or DASH,
        "data set": run.dataset, "network": run.network, "when": when[5:16], "s": run.seconds or None,
        "MB": run_admin.size_bytes(run.id) / 1e6, "state": state, "validation loss": run.validation_loss,
        "epochs": run.n_epochs or None, "labels": run.labels, "study": of_studies.get(run.id, ""),
        "events/s": run.events_per_s, "device": run.device, "parameters": run.n_parameters or None, "started": when,
        "id": run.id, "problem": run.problem if state == run.state else "",
    }  # fmt: skip


def marked(naming: Naming) -> str:
    """The name with aliases and tags behind it."""
    return " ".join([naming.name, *(f"★{alias}" for alias in naming.aliases), *(f"#{tag}" for tag in naming.tags)])


def _short(quantity: Quantity | None, usual: str, title: str) -> str:
    """`97.10 [96.50, 97.62]`, with what it is where the column's title does not say it."""
    if quantity is None:
        return DASH
    return quantity.short if title != usual else f"{quantity.short} {SHORT.get(quantity.name, quantity.name)}"


def run_table(
    listed: list[RunSummary], of_studies: Mapping[str, str], results: Mapping[str, Result], everything: bool
) -> None:
    """The list; what is ticked is compared below."""
    if not listed:
        st.caption("No run fits: take a filter away, or what was dragged along an axis.")
        return
    ids, shown = [run.id for run in listed], rows(listed, of_studies, results)
    ticked = [i for i, run_id in enumerate(ids) if run_id in st.session_state.get(COMPARED, ())]
    key = f"{TABLE}-{st.session_state.get(TABLE, 0)}"
    st.dataframe(
        damaged_in_red(shown), key=key, hide_index=True, height="content" if len(listed) < 5 else 214,
        selection_mode="multi-row", column_config=_columns(shown, everything), placeholder="",
        on_select=lambda: _take_over(ids, key), selection_default={"selection": {"rows": ticked}}, alt="trained networks",
    )  # fmt: skip


def _columns(shown: Sequence[Mapping[str, Any]], everything: bool) -> dict[str, Any]:
    """How the columns look. All but the usual ones are left out, unless `everything` is wanted or a run has a problem."""
    names = list(shown[0]) if shown else []
    usual = {*USUAL, *names[2:4], *(("problem",) if any(row["problem"] for row in shown) else ())}
    columns: dict[str, Any] = {"run": None} | {name: None for name in names[1:] if not everything and name not in usual}
    if not everything and all(row["state"] == "finished" for row in shown):
        columns["state"] = None
    widths = dict(zip(names[2:4], (WIDTHS[RESULT], WIDTHS[SECOND]), strict=True)) | WIDTHS
    columns |= {
        name: st.column_config.TextColumn(name.replace("background ", ""), width=widths[name])
        for name in names
        if name in widths and name not in columns
    }
    numbers = {"events/s": "%.0f", "validation loss": "%.4f", "parameters": "localized", "MB": "%.1f"}
    columns |= {
        n: st.column_config.NumberColumn(n, format=f, width=NUMBER_WIDTH if n == "MB" else 70)
        for n, f in numbers.items()
        if n in names and n not in columns
    }
    return columns | {
        "s": st.column_config.NumberColumn("s", format="%.0f", width=NUMBER_WIDTH, help="seconds of the training")
    }


def _take_over(ids: list[str], key: str) -> None:
    """The rows ticked in the table become the compared runs."""
    st.session_state[COMPARED] = [ids[i] for i in st.session_state[key]["selection"]["rows"] if i < len(ids)]
