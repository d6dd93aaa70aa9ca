"""Commands on order in the workspace."""

import shutil
import sys
import time
from dataclasses import asdict

from core import bin as binned
from core import views as kept_views
from core import workspace
from core.clock import utc_text
from core.commands import order_options
from core.commands.command import Result
from core.commands.text import table
from core.disk import size_text
from core.errors import DarkroomError


def agreed(question: str, refusal: str, is_agreed: bool) -> None:
    """Ask before something goes for good, where somebody is there to answer; refuse otherwise."""
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise DarkroomError(f"{refusal}: repeat the command with --yes to do it.")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise DarkroomError("Nothing was done.")


def bin(options: order_options.Bin) -> Result:
    from core.workflows import discarding

    freed = None
    if options.action == "restore":
        entry = discarding.restore(discarding.chosen(_needed(options.what, "restore", "ID")))
        return {"restored": asdict(entry)}, f"the {entry.what} is back"
    if options.action == "keep":
        binned.set_retention(_days(_needed(options.what, "keep", "DAYS")))
    if options.action == "empty":
        freed = _empty([discarding.chosen(options.what)] if options.what else None, options.yes)
    entries, days, now = binned.list_entries(), binned.retention().days, time.time()
    rows = [
        {"id": e.id, "kind": e.kind, "name": e.name, "size": size_text(e.n_bytes), "by": e.user,
         "deleted": utc_text(e.deleted_at), "for": binned.age_text(e, now), "problem": e.problem or None}
        for e in entries
    ]  # fmt: skip
    result = {"entries": [asdict(e) for e in entries], "retention_days": days, "freed_bytes": freed}
    after = f"removed by themselves after {days} days" if days else "never removed by themselves"
    lines = [f"{size_text(freed)} removed for good"] if freed is not None else []
    return result, "\n".join([*lines, table(rows) or "the bin is empty", f"Things in the bin are {after}."])


def doctor(options: order_options.Doctor) -> Result:
    from core.housekeeping.doctor import examine

    problems = [asdict(problem) for problem in examine(options.deep)]
    lines = [f"{p['severity']}: {p['what']} ({p['where']}).\n    {p['remedy']}" for p in problems]
    depth = "every byte was read" if options.deep else "quick: sizes and forms only, --deep reads every byte"
    n = f"{len(problems)} problem{'s' * (len(problems) != 1)}" if problems else "The workspace is whole"
    state = "unsound" if problems else "whole"
    return {"state": state, "problems": problems}, "\n".join([*lines, f"{n} ({depth})."])


def gc(options: order_options.Gc) -> Result:
    from core.housekeeping import rubbish

    pieces = rubbish.listing()
    freed = 0 if options.dry_run else rubbish.remove(pieces)
    rows = [{"path": str(p.path), "n_bytes": p.n_bytes, "why": p.why} for p in pieces]
    shown = [{"what": p.path.name, "size": size_text(p.n_bytes), "why": p.why} for p in pieces]
    total = size_text(sum(p.n_bytes for p in pieces))
    last = f"{total} would be removed." if options.dry_run else f"{size_text(freed)} removed."
    return {"removed": not options.dry_run, "pieces": rows, "freed_bytes": freed}, "\n".join(
        [*filter(None, [table(shown)]), last]
    )


def disk(options: order_options.Disk) -> Result:
    from core.housekeeping import sizes

    count = sizes.DiskUse()
    count.update()
    usage = shutil.disk_usage(workspace.root())
    uses = count.uses()
    total = sum(use.n_bytes for use in uses)
    uses = uses[: options.largest]
    rows = [
        {"what": use.kind, "name": use.name, "size": size_text(use.n_bytes), "files": use.n_files,
         "of the workspace": f"{use.n_bytes / total:.1%}" if total else None}
        for use in uses
    ]  # fmt: skip
    last = f"{size_text(total)} in all; the disk has {size_text(usage.free)} of {size_text(usage.total)} free."
    result = {
        "uses": [asdict(use) for use in uses],
        "n_bytes": total,
        "free_bytes": usage.free,
        "disk_bytes": usage.total,
    }
    return result, "\n".join([*filter(None, [table(rows)]), last])


def views(options: order_options.Views) -> Result:
    if options.action == "keep":
        kept_views.keep(*_two(options.name, options.what, "views keep NAME ADDRESS"), is_replacing=options.replace)
    elif options.action == "rename":
        kept_views.rename(*_two(options.name, options.what, "views rename NAME NEW"))
    elif options.action == "delete":
        kept_views.delete(_two(options.name, "", "views delete NAME")[0])
    listed, problems = kept_views.readable()
    rows = [
        {"name": v.name, "page": v.page, "address": kept_views.address(v), "by": v.user, "since": utc_text(v.since)}
        for v in listed
    ]  # fmt: skip
    text = [
        table(rows) or "no view yet: keep one with `python -m core views keep NAME ADDRESS`",
        *(f"note: {p}" for p in problems),
    ]
    return {"views": rows, "problems": problems}, "\n".join(text)


def selections(options: order_options.Selections) -> Result:
    from core.data.dataset import list_datasets
    from core.selection import selection as selecting

    if options.action in ("rename", "delete"):
        dataset, name = _two(options.dataset, options.selection, f"selections {options.action} NAME SELECTION")
        if options.action == "rename":
            selecting.rename(dataset, name, _two(options.to, "", "selections rename NAME SELECTION NEW")[0])
        else:
            selecting.delete(dataset, name)
    names = [options.dataset] if options.dataset else selecting.datasets_with_stored()
    rows = [
        {"data set": name, "selection": stored, "data set is there": name in list_datasets()}
        for name in names
        for stored in selecting.stored(name)
    ]
    return {"selections": rows}, table(rows) or "no stored selection yet: see `python -m core select --help`"


def _two(first: str | None, second: str | None, usage: str) -> tuple[str, str]:
    if first is None or second is None:
        raise DarkroomError(f"A word is missing: write `python -m core {usage}`.")
    return first, second


def _empty(entry_ids: list[str] | None, is_agreed: bool) -> int:
    """Remove the entries (default: all) for good, after asking."""
    entries = [e for e in binned.list_entries() if entry_ids is None or e.id in entry_ids]
    if not entries:
        return 0
    size = size_text(sum(e.n_bytes for e in entries))
    what = entries[0].what if len(entries) == 1 else f"{len(entries)} things"
    agreed(f"Remove {what} ({size}) for good?", f"{what} in the bin ({size}) are not removed unasked", is_agreed)
    return binned.empty([e.id for e in entries])


def _days(text: str) -> int:
    if not text.isdecimal():
        raise DarkroomError(f"'{text}' is no number of days: expected a whole number, 0 for never.")
    return int(text)


def _needed(text: str | None, action: str, what: str) -> str:
    if text is None:
        raise DarkroomError(
            f"Which one? Write `python -m core bin {action} {what}`; the ids are in `python -m core bin`."
        )
    return text
