"""Lease, health, TLS contexts and start-up steps."""
