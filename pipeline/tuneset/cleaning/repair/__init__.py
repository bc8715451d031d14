"""Steps that repair the text of messages."""
