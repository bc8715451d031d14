"""What the pages of `tuneset view` and `tuneset serve` share: how they are served, their looks, how they are built."""
