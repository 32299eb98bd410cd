"""The voice menu: typed flows, a pure engine, the FastAGI handler that drives it, and a simulator."""
