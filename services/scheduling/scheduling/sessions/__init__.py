"""Sessions (场次): booked lectures, from the acceptance to the evening itself."""
