"""The konbinid command."""
