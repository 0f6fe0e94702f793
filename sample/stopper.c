/*
 * Stop strings; see stopper.h. The automaton is a trie whose nodes know the longest proper
 * suffix of their text that is in the trie too.
 */

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sample/stopper.h"

#define ROOT 0u			/* also says "none", for nothing points to the root as a child */

struct node {
	uint32_t child, sibling;
	uint32_t suffix;
	uint32_t depth;		/* bytes of its text */
	uint32_t match;		/* bytes of the longest stop string that ends here; 0: none does */
	unsigned char byte;	/* the last of its text */
};

struct ll_stops {
	struct node *nodes;
	size_t count, cap;
};

static uint32_t
child_of(const struct ll_stops *stops, uint32_t node, unsigned char byte)
{
	uint32_t child = stops->nodes[node].child;

	while (child != ROOT && stops->nodes[child].byte != byte)
		child = stops->nodes[child].sibling;
	return child;
}

static int
add_node(struct ll_stops *stops, uint32_t parent, unsigned char byte, uint32_t *out,
    struct ll_err *err)
{
	uint32_t node = (uint32_t)stops->count;
	int status = ll_grow(&stops->nodes, &stops->cap, stops->count + 1, sizeof(struct node),
	    err);

	if (status < 0)
		return status;
	if (stops->count >= UINT32_MAX)
		return ll_fail(err, LL_ENOMEM, "too many stop strings");
	stops->nodes[node] = (struct node){
		.sibling = stops->nodes[parent].child, .byte = byte,
		.depth = stops->nodes[parent].depth + 1,
	};
	stops->nodes[parent].child = node;
	stops->count++;
	*out = node;
	return 0;
}

static int
add_text(struct ll_stops *stops, const char *text, struct ll_err *err)
{
	uint32_t node = ROOT;
	int status;

	if (*text == '\0')
		return ll_fail(err, LL_EUSAGE, "--stop: an empty string stops nothing");
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char byte = (unsigned char)*p;
		uint32_t child = child_of(stops, node, byte);

		if (child == ROOT && (status = add_node(stops, node, byte, &child, err)) < 0)
			return status;
		node = child;
	}
	stops->nodes[node].match = stops->nodes[node].depth;
	return 0;
}

/* The node of the longest suffix of `node`'s text and `byte` that is in the trie. */
static uint32_t
step(const struct ll_stops *stops, uint32_t node, unsigned char byte)
{
	uint32_t child;

	while ((child = child_of(stops, node, byte)) == ROOT && node != ROOT)
		node = stops->nodes[node].suffix;
	return child;
}

/* Shorter texts first, since a node's suffix is found from its parent's. */
static int
link_suffixes(struct ll_stops *stops, struct ll_err *err)
{
	uint32_t *queue = ll_alloc(stops->count, sizeof(*queue), err);
	size_t count = 1;

	if (queue == NULL)
		return -LL_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct node *parent = &stops->nodes[queue[i]];

		for (uint32_t c = parent->child; c != ROOT; c = stops->nodes[c].sibling) {
			struct node *node = &stops->nodes[c];

			if (queue[i] != ROOT)
				node->suffix = step(stops, parent->suffix, node->byte);
			if (node->match == 0)
				node->match = stops->nodes[node->suffix].match;
			queue[count++] = c;
		}
	}
	free(queue);
	return 0;
}

int
ll_stops_new(struct ll_stops **out, const char *const *texts, size_t count, struct ll_err *err)
{
	struct ll_stops *stops = ll_alloc(1, sizeof(*stops), err);
	int status;

	if (stops == NULL)
		return -LL_ENOMEM;
	status = ll_grow(&stops->nodes, &stops->cap, 1, sizeof(*stops->nodes), err);
	if (status == 0) {
		stops->nodes[ROOT] = (struct node){ 0 };
		stops->count = 1;
	}
	for (size_t i = 0; i < count && status == 0; i++)
		status = add_text(stops, texts[i], err);
	if (status == 0)
		status = link_suffixes(stops, err);
	if (status < 0) {
		ll_stops_free(stops);
		return status;
	}
	*out = stops;
	return 0;
}

void
ll_stops_free(struct ll_stops *stops)
{
	if (stops == NULL)
		return;
	free(stops->nodes);
	free(stops);
}

bool
ll_stopper_take(struct ll_stopper *stopper, const struct ll_stops *stops, const char *bytes,
    size_t length, uint64_t *decided)
{
	for (size_t i = 0; i < length; i++) {
		const struct node *node;

		stopper->node = step(stops, stopper->node, (unsigned char)bytes[i]);
		stopper->bytes++;
		node = &stops->nodes[stopper->node];
		if (node->match > 0) {
			*decided = stopper->bytes - node->match;
			return true;
		}
	}
	*decided = stopper->bytes - stops->nodes[stopper->node].depth;
	return false;
}
