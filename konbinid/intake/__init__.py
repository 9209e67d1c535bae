"""The core systems' files: watched, checked, applied in one transaction each."""
