"""A call-centre integration service for firms that run on Asterisk."""

__version__ = "0.2.0"
