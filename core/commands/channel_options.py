"""The command on the channels of a detector."""

from core.commands.command import command, option, word
from core.commands.option_groups import SelectionOptions


@command("channels", "how often each channel of a detector saw the rows of a selection; which are dead or hot")
class Channels(SelectionOptions):
    dataset: str = word(metavar="NAME")
    only: str = option("marked", "list those that are dead or hot, or all", choices=("marked", "all"))
