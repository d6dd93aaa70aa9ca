"""What does a network know about crystals and energies that it was not trained on?"""

from pages.parts import frame


def page() -> None:
    frame.heading("Compatibility", "What does a network know about crystals and energies that it was not trained on?")


frame.show(page)
