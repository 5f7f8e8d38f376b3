"""Our engine beside others that read the same model files."""
