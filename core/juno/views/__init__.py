"""The pictures of one event and of a class, step by step from the sphere to the colour image."""
