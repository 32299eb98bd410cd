"""Tickets: registered once, numbered without gaps, kept here and in the firm's own CRM."""
