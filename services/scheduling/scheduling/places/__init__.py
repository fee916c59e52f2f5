"""Where sessions are (venues), and who comes together (audience groups)."""
