"""`callcenter bench storm`: many agents, bursts, a link that breaks again and again, a listener killed; and a ledger
that must be right in the end. What is right is written beforehand, in the script that the played Asterisk follows."""
