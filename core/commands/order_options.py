"""The commands on order in the workspace, as `declarations` says those on everything else."""

from pathlib import Path

from core.commands.command import Options, command, option, word
from core.commands.option_groups import MappingOptions


@command("order", "what was deleted: list it, bring it back, or remove it for good")
class Bin(Options):
    action: str | None = word("default: list", count="?", choices=("list", "restore", "empty", "keep"))
    what: str | None = word(
        "restore, empty: an id or a name; keep: days until things are removed (0: never)", count="?"
    )
    yes: bool = option(False, "with empty: without being asked")


@command("order", "is the workspace whole? Lists what is not, and what helps; exit status 1 if there is anything")
class Doctor(Options):
    deep: bool = option(False, "read every byte and compute every hash, which takes its time")


@command(
    "order", "remove what is surely rubbish: leftovers of killed writers, caches, what is past its time in the bin"
)
class Gc(Options):
    dry_run: bool = option(False, "only say what would be removed")


@command("order", "what takes the disk: data sets, runs, raw files, logs, the bin, caches")
class Disk(Options):
    largest: int | None = option(None, "only the N largest", metavar="N")


@command(
    "watching",
    "folders that are watched for new raw files, which are offered or prepared by themselves: list, add, remove, prepare",
)
class Watch(MappingOptions):
    action: str | None = word("default: list", count="?", choices=("list", "add", "remove", "prepare"))
    name: str | None = word("the watched folder's name", count="?")
    experiment: str | None = option(None, "with add: whose raw files")
    folder: Path | None = option(None, "with add: where they arrive", metavar="DIR")
    dataset: str | None = option(None, "with add: the data set that grows by them", metavar="NAME")
    auto: bool = option(False, "with add: prepare them by themselves, instead of offering them")
    run: str | None = option(None, "with add: apply this run to them then", metavar="RUN")


@command("order", "named addresses of pages, shared by all users: list, keep, rename, delete")
class Views(Options):
    action: str | None = word("default: list", count="?", choices=("list", "keep", "rename", "delete"))
    name: str | None = word(count="?")
    what: str | None = word("keep: the address of a page, such as 'select?data=NAME'; rename: the new name", count="?")
    replace: bool = option(False, "with keep: in the place of the view of this name")


@command("order", "stored selections of a data set (without one, of all): list, rename, delete")
class Selections(Options):
    action: str | None = word("default: list", count="?", choices=("list", "rename", "delete"))
    dataset: str | None = word(metavar="NAME", count="?")
    selection: str | None = word(count="?")
    to: str | None = word("with rename: the new name", count="?")
