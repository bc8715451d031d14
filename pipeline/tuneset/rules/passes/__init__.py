"""Three passes over examples that give the same verdict: the exact one by example, and faster ones."""
