"""Pure rules and values: no Twisted, SQL, PDF, clock, randomness or files."""
