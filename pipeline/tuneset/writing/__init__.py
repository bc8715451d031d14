"""What is made of a written dataset for others: export formats, each one file."""
