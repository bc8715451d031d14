"""Looks at the written files for the gate: what they hold, and what the sides share."""
