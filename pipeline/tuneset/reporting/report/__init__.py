"""The report of a run: one content, shown as an HTML page and as Markdown."""
