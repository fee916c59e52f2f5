"""Orders (点单) and the offers made for them."""
