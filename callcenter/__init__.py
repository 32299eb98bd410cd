"""A call-centre integration service for firms that run on Asterisk."""
