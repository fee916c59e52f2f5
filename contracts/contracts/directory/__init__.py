"""What the directory (kept by the gateway) announces: organisations and people."""
