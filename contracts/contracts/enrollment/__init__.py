"""What enrollment announces and answers: seats, waiting lists, attendance, study hours."""
