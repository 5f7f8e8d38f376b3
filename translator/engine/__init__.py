"""The engine: requests of all sessions share each step of a model (see ``engine.scheduler``)."""
