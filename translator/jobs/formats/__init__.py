"""File formats: how each is cut into cells, and put together again."""
