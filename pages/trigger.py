"""Which part of the events does the detector record at all?"""

from pages.parts import frame


def page() -> None:
    frame.heading("Trigger", "Which part of the events does the detector record at all?")


frame.show(page)
