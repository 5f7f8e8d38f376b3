"""Languages: pairs and tags of them, and which one a text is in."""
