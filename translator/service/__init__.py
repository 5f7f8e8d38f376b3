"""The hall: streams and texts for whatever protocol they come by, in types of our own."""
