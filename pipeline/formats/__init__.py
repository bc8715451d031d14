"""Raw files and shapes to canonical examples, and examples to tables and back."""
