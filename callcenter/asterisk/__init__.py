"""The wire to Asterisk: manager interface, FastAGI, rendered configuration, a private local Asterisk.

No word of the domain lives here: what a queue or a menu path means is decided by the rooms above.
"""
