"""Users, their roles and their sessions."""
