"""Clients in other languages, and what checks a client in any language."""
