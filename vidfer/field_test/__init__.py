"""What vidfer does on a user's own labelled videos and pictures, from file to emotion."""
