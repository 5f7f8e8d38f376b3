"""One package for each protocol that the service speaks."""
