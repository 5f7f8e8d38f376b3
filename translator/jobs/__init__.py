"""Translates files: catalogues, documents, subtitles; see docs/jobs.md."""
