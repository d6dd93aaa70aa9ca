"""Which cut is best, how surely, and what does it add to the network?"""

from pages.parts import frame


def page() -> None:
    frame.heading("Cut study", "Which cut is best, how surely, and what does it add to the network?")


frame.show(page)
