"""What a deployment on AWS costs, from a table of prices and a table of measurements."""
