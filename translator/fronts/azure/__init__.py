"""The REST API of Azure Translator."""
