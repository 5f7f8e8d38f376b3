"""Serves the contract ``translator.v1`` over gRPC."""
