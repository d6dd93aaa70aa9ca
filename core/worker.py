"""Worker processes of `multiprocessing`."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """End this worker process when the process that started it is gone, however that ended: for `multiprocessing` children."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
