"""Serves Google's Cloud Translation, version 3, over gRPC."""
