"""The command line: everything that a page does, without a page. `python -m core COMMAND --help` tells more."""

import json
import os
import sys
from collections.abc import Sequence

from core import disk, workspace
from core.commands import (
    channel_options,
    declarations,
    generator_options,
    order_options,
    region_options,
    report_options,
    run_options,
    tag_options,
)
from core.commands.command import COMMANDS, parse
from core.errors import DarkroomError
from core.plaintext import plain_text

DECLARED = (
    channel_options,
    declarations,
    generator_options,
    order_options,
    region_options,
    report_options,
    run_options,
    tag_options,
)  # importing them fills COMMANDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Prints text, or with --json one JSON object last. Returns the exit status: 2 for user errors, 1 for failed jobs
    and a workspace that is not whole, 3 if the work is done but files were refused.
    """
    try:
        run, options = parse(sys.argv[1:] if arguments is None else arguments, COMMANDS, __doc__)
        result, text = run(run_options.with_run_ids(options))
    except DarkroomError as error:
        print(f"darkroom: {error}", file=sys.stderr)
        return 2
    except (OSError, RuntimeError) as error:
        if not disk.is_full(error):
            raise
        print(
            f"darkroom: {disk.full_sentence(workspace.root(), 'what this command writes', 'some more')}",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("darkroom: interrupted; jobs that were started go on (see `python -m core jobs`).", file=sys.stderr)
        return 130
    failed = result.get("state") in ("failed", "lost")
    print(
        json.dumps(result, allow_nan=False) if options.json else plain_text(text),
        file=sys.stderr if failed and not options.json else None,
    )
    return (
        1
        if failed or result.get("state") == "unsound"
        else 3
        if isinstance(result.get("refused"), list) and result["refused"]
        else 0
    )


def _main_in_a_pipe() -> int:
    """`main`, ending quietly when its reader, such as `| head`, has what it wanted."""
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is flushed at the end of Python
        return 141  # as a shell tells the signal
    return status


if __name__ == "__main__":
    sys.exit(_main_in_a_pipe())
