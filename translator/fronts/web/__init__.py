"""What the fronts over HTTP share."""
