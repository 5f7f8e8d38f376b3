"""Encoder–decoder models behind one protocol (``models.base``)."""
