"""Ways to ask for tools, small talk and what the model does not know: see ways.py."""

MANY = {
}
