"""Models by name: what is offered and installed, what fits into memory, and which serves a pair."""
