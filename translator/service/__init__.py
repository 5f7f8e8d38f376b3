"""Translation of streams and texts, in types of our own, for whatever protocol they come by."""
