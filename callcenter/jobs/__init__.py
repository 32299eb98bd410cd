"""Work that must be done although the process may die."""
