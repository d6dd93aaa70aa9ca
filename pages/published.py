"""What did the slides print, does it add up, and what do our runs give?"""

from pages.parts import frame


def page() -> None:
    frame.heading("Published", "What did the slides print, does it add up, and what do our runs give?")


frame.show(page)
