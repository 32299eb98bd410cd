"""Other people's code, found by entry point, each in a process of its own: it may do what it likes, calls go on."""
