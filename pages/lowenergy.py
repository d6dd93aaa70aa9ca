"""How far down in energy can the selection be trusted?"""

from pages.parts import frame


def page() -> None:
    frame.heading("Low energy", "How far down in energy can the selection be trusted?")


frame.show(page)
