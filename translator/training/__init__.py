"""Trains what a model lacks for streams, from text."""
