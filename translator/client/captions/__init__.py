"""Rooms of a captions gateway: those who read, and those who speak."""
