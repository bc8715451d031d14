"""What is told of a dataset to those who get it: a card, Croissant, and the EU's summary of training content."""
