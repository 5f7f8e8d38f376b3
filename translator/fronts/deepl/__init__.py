"""The REST API of DeepL."""
