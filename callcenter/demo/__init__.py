"""A whole call centre on one machine: real Asterisk, real phones, the service; for the demo and for the tests."""
