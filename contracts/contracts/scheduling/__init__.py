"""What scheduling announces and answers: course menu, lecturers, agreements, orders, offers, sessions."""
