"""Ways to ask about a story that was told: see ways.py."""

MANY = {
}
