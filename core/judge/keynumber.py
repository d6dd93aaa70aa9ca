"""The few numbers that stand above a page's main figure, as text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyNumber:
    """Label, value, interval with n, and what it means."""

    label: str
    value: str
    detail: str
    help: str
