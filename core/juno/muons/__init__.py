"""Muon or electron: why the slides' network did not tell them apart, and where tracks begin and go."""
