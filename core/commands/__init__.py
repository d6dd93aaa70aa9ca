"""The commands of `python -m core`: each takes the parsed options and returns (JSON value, text)."""
