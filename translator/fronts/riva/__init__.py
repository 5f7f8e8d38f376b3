"""Serves NVIDIA Riva's translation of texts over gRPC."""
