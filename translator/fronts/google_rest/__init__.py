"""The REST API of Google Translation, v2."""
