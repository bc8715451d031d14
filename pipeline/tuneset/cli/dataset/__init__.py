"""Commands over raw files and datasets; none of them makes a request."""
