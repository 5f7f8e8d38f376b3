"""Evaluation: replays data through real sessions, and computes all figures from the log.

So anyone with the log can check the figures.
"""
