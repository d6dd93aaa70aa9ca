"""Positron or electron: what the times of the hits alone can tell."""
