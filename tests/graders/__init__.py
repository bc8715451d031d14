"""The protocol's graders."""
