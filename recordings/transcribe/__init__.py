"""Words from sound. Engines run in processes of their own (`pool`); all speak the Protocol of `types`."""
