"""The embedded endpoint: speaks OpenAI's Files and fine-tuning jobs API on this machine, and really trains."""
