"""What a model lacks for streams, trained from text."""
