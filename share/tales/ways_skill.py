"""Ways to ask for small skills and of who has what: see ways.py."""

MANY = {
}
