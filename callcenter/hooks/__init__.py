"""Who else learns what happens here: webhooks, and other people's code."""
