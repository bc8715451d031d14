"""The protocol's graders, which score an answer of a model; nothing here knows where the answer is from."""
