"""Encoder–decoder models of the Transformers library, behind ``models.base``."""
