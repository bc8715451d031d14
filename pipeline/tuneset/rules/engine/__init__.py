"""The engine of `tuneset check`: files, lines and findings. No rule stands here."""
