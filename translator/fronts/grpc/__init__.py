"""translator.v1 over gRPC."""
