"""The files that Asterisk writes about calls: CDR, CEL and queue_log, parsed at the door into frozen rows."""
