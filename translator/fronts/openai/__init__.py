"""The chat APIs of OpenAI and Ollama, for clients that can ask nothing else."""
