"""What notifications announces and answers: messages to persons."""
