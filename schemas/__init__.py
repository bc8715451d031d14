"""JSON Schemas of the line formats and pandera models of the tables."""
