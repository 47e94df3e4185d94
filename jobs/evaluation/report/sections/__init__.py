"""What the report says to each question, as HTML: a file for each part of the page."""
