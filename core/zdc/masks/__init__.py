"""Kinds of showers, sorted without a person: how many there are, and which of them a generator has lost."""
