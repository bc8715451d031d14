"""What a run tells of all its rows: their counts, the tables of the report, and what is written of them."""
