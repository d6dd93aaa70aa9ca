"""Views: addresses of pages under names, shared by all users of the workspace.

workspace/views/<name>.json    sealed: the page, its query, who kept it and when

An address is a page of Darkroom and a query, nothing else: it never leads to another host.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from core import bin, workspace
from core.errors import DarkroomError
from core.plaintext import plain_line
from core.user import this_user

PAGES = Path(__file__).resolve().parents[1] / "pages"
HERE = ("127.0.0.1", "localhost", "")
FIRST = "overview"  # the page whose address is that of the server
PARAMETER = "view"  # of an address, which opens the view of that name
MAX_PARAMETERS, MAX_QUERY = 200, 6000  # characters as they stand in an address: browsers take at least 8,000

Query = dict[str, list[str]]


@dataclass(frozen=True)
class View:
    """A page with its query, kept under a name; `since` in Unix seconds."""

    name: str
    page: str
    query: Query
    user: str
    since: float


def pages() -> list[str]:
    """The pages that there are, as addresses name them."""
    return sorted(path.parent.name for path in PAGES.glob("*/page.py"))


def parsed(address: str) -> tuple[str, Query]:
    """The page and the query of an address such as 'select?data=NAME', or of one copied from the browser on this machine."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError as error:
        raise DarkroomError(f"'{plain_line(address, 80)}' is no address ({error}): copy it from the browser.") from None
    if parts.scheme not in ("", "http", "https") or host not in HERE:
        raise DarkroomError(
            f"The address leads to '{plain_line(host or parts.scheme, 80)}', not to a page of this Darkroom: write it as PAGE?NAME=VALUE."
        )
    return checked(parts.path.rstrip("/").rpartition("/")[2] or FIRST, query)


def checked(page: str, query: Query) -> tuple[str, Query]:
    """A page that exists and a query within limits, or a refusal. What names a view is left out: no view leads to itself."""
    if page not in pages():
        raise DarkroomError(f"There is no page '{plain_line(page, 40)}': expected one of {', '.join(pages())}.")
    plain = {name: [str(value) for value in values] for name, values in query.items() if name != PARAMETER}
    texts = [*plain, *(value for values in plain.values() for value in values)]
    if any(text != plain_line(text, MAX_QUERY) for text in texts):
        raise DarkroomError("The address holds control or direction characters: copy it from the browser again.")
    n_characters = len(urlencode(plain, doseq=True))
    if len(texts) > 2 * MAX_PARAMETERS or n_characters > MAX_QUERY:
        raise DarkroomError(
            f"The address has {n_characters:,} characters in {len(texts):,} parts: at most {MAX_QUERY:,} characters can be kept; "
            "store the selection under a name first, which makes it short."
        )
    return page, plain


def keep(name: str, address: str, *, is_replacing: bool = False) -> View:
    """Keep an address under a name."""
    return keep_page(name, *parsed(address), is_replacing=is_replacing)


def keep_page(name: str, page: str, query: Query, *, is_replacing: bool = False) -> View:
    """Keep a page with its query under a name; one that is taken is refused unless it is to be replaced."""
    path = _path(name)
    page, query = checked(page, query)
    if path.exists() and not is_replacing:
        raise DarkroomError(f"There is a view '{path.stem}' already: choose another name, or delete that one first.")
    workspace.make_folder(path.parent)
    view = View(path.stem, page, query, this_user(), time.time())
    workspace.write_sealed(path, {"page": page, "query": query, "user": view.user, "since": view.since})
    return view


def open_view(name: str) -> View:
    """A view by its name, checked anew: whatever its file says, it is a page of Darkroom."""
    path = _existing(name)
    values = workspace.read_sealed(path, f"delete the view with `python -m core views delete {path.stem}`")
    try:
        query = {str(key): [str(value) for value in list(texts)] for key, texts in dict(values["query"]).items()}
        page, query = checked(str(values["page"]), query)
        return View(path.stem, page, query, plain_line(values["user"], 64), float(values["since"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DarkroomError(f"{path} is not a view ({error}): delete it and keep it again.") from None


def readable() -> tuple[list[View], list[str]]:
    """The views by name, and of each other one a sentence that says why it cannot be opened."""
    views, problems = [], []
    for path in sorted((workspace.root() / "views").glob("[!.]*.json")):
        try:
            views.append(open_view(path.stem))
        except DarkroomError as error:
            problems.append(str(error))
    return views, problems


def address(view: View) -> str:
    """Where a view leads, below the address of the server."""
    query = urlencode(view.query, doseq=True)
    return f"/{view.page if view.page != FIRST else ''}" + (f"?{query}" if query else "")


def rename(name: str, new_name: str) -> None:
    """Give a view another name; refused if that is taken."""
    workspace.rename(_existing(name), _path(new_name).name, f"view '{name}'")


def delete(name: str) -> str:
    """Move a view into the bin; returns the id of its entry."""
    return bin.put("view", name, _existing(name))


def _path(name: str) -> Path:
    return workspace.root() / "views" / f"{workspace.checked_name(name, 'view')}.json"


def _existing(name: str) -> Path:
    path = _path(name)
    if not path.exists():
        known = ", ".join(p.stem for p in sorted(path.parent.glob("[!.]*.json"))[:10]) or "none yet"
        raise DarkroomError(f"There is no view '{name}' (there are: {known}).")
    return path
