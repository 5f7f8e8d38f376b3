"""Text: tokens, words and segments. Lengths and positions are code points."""
