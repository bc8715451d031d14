"""From raw files to canonical examples: containers, records and shapes."""
