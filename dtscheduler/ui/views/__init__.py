"""What each page shows, as values with words in them, whichever toolkit draws them."""
