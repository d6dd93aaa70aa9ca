"""The command on tags and notes, as `declarations` says those on everything else."""

from core.commands.command import command, option, word
from core.commands.option_groups import SelectionOptions
from core.commands.region_options import REGION

ACTIONS = ("list", "add", "remove", "note", "export")


@command("tags", "tags and notes of events: who gave which, add, take back, and out as a file")
class Tags(SelectionOptions):
    dataset: str = word("data set", metavar="NAME")
    action: str | None = word(
        "list (default): rows with each tag, or with a UID what is said of it; add, remove: a tag; note: of one event; "
        "export: a file",
        choices=ACTIONS, count="?",
    )  # fmt: skip
    what: tuple[str, ...] = word(
        "list: UID, if any; add, remove: TAG UID ... (with --all TAG); note: UID TEXT; export: FILE.csv or FILE.parquet",
        count="*",
    )
    labeller: str = option("", "whose tag or note it is")
    all: bool = option(False, "with add and remove: every row that the selection keeps")
    region: str | None = option(None, f"with --all: {REGION}", metavar="REGION")
