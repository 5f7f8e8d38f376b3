"""Whole texts: cut, translated and put together again."""
