"""Text as tokens, words, sentences and segments. Lengths and positions are code points."""
