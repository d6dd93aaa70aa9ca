"""Does a score of 0.9 mean that nine of ten are signal?"""

from pages.parts import frame


def page() -> None:
    frame.heading("Calibration", "Does a score of 0.9 mean that nine of ten are signal?")


frame.show(page)
