"""One package for each protocol that the service is offered by."""
