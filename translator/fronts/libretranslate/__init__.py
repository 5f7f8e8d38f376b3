"""The REST API of LibreTranslate."""
