"""What runs the claims: settings, searches, the loop that can be stopped, results."""
