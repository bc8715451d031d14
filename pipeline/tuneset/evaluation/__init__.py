"""Whether training has helped: cases out of chat lines, their scores, and what two sets of scores say."""
