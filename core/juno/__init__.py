"""JUNO: PMT hits of a spherical liquid-scintillator detector, images made of them, and who hit."""
