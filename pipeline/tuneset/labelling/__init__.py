"""Answers of a teacher for rows that have none: which rows ask, what an answer is worth, what is written of both."""
