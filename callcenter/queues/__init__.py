"""Agents at their queues: presence, membership, live figures."""
