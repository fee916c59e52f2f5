"""What feedback announces and answers: evaluation forms and results."""
