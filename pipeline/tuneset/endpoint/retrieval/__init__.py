"""Files as texts: what is readable in them, its passages, and the search in the passages of a vector store."""
