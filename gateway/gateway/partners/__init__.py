"""Partner units: the keys with which their own systems use the API."""
