"""The firm's own CRM or help desk behind one small Protocol; one folder for each kind.

Imports nothing of callcenter.
"""
