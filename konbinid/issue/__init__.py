"""The desk: the one place where a request becomes a certificate."""
