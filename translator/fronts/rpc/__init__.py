"""What the fronts over gRPC share."""
