"""Glossaries and do-not-translate lists: found in the source, checked in the target. Pure text."""
