"""Evaluation: replays data through real sessions and computes every figure from the log alone.

So whoever has the log can check the figures.
"""
