"""What is read across rooms for the agents' live screens: screen pop, desk socket, list and time line of calls."""
