"""What the embedded endpoint keeps: the database, the state folder, uploads and expiry."""
