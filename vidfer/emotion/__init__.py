"""The emotion network: grey 48x48 crops to seven probabilities."""
