"""The admin port: what staff see."""
