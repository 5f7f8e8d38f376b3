"""Language pairs, language tags, and language detection."""
