"""Two small services for the chassis's tests: one writes notes, the other hears of them."""
