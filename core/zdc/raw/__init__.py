"""Showers as they stand in files of others, made images of one grid in MeV."""
