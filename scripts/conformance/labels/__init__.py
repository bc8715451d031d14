"""Programs that print what a trainer learns of each row of an export; each runs in that trainer's environment."""
