"""What the report shows of rows: a look at the written files, and a few of the rows that were dropped."""
