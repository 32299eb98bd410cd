"""Measurements of the running service, each beside a floor that nothing could be faster than."""
