"""Captures conversations from a real Asterisk with real phones into text tables.

`.venv/bin/python -m scripts.capture [NAME ...]` writes `tests/wire/conversations/NAME.txt`; without names all of them.
"""
