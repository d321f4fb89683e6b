"""The pattern document's listings, their meaning rebuilt in our own words, defects included."""
