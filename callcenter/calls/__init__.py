"""The ledger: what happened to each call, reconciled with Asterisk; playback of its recording."""
