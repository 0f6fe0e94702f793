"""Ways to ask for stories: see ways.py."""

MANY = {
}
