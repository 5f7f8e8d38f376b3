"""Which models are offered and installed, what fits into memory, and which serves a pair."""
