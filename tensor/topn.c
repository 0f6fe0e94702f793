/*
 * The N largest logits; see topn.h. A heap whose root is the least of the best so far.
 */

#include <string.h>

#include "tensor/logsumexp.h"
#include "tensor/topn.h"

/* Whether a ranks behind b. */
static int
behind(const float *logits, uint32_t a, uint32_t b)
{
	return logits[a] < logits[b] || (logits[a] == logits[b] && a > b);
}

static void
sift_down(const float *logits, uint32_t *heap, size_t n, size_t i)
{
	for (;;) {
		size_t least = i, left = 2 * i + 1, right = left + 1;
		uint32_t id = heap[i];

		if (left < n && behind(logits, heap[left], heap[least]))
			least = left;
		if (right < n && behind(logits, heap[right], heap[least]))
			least = right;
		if (least == i)
			return;
		heap[i] = heap[least];
		heap[least] = id;
		i = least;
	}
}

void
ll_topn(const struct ll_kern *kern, const float *logits, size_t count, size_t n,
    uint32_t *ids, float *values, float *lse)
{
	float most;
	double sum;

	*lse = (float)ll_logsumexp(kern, logits, count, NULL, &most, &sum);
	for (size_t i = 0; i < n; i++)
		ids[i] = (uint32_t)i;
	for (size_t i = n / 2; i-- > 0;)
		sift_down(logits, ids, n, i);
	for (size_t i = n; i < count; i++) {
		if (n == 0 || !behind(logits, ids[0], (uint32_t)i))
			continue;
		ids[0] = (uint32_t)i;
		sift_down(logits, ids, n, 0);
	}
	/* The least goes to the end, and so on: sorted, best first. */
	for (size_t left = n; left > 1; left--) {
		uint32_t least = ids[0];

		ids[0] = ids[left - 1];
		sift_down(logits, ids, left - 1, 0);
		ids[left - 1] = least;
	}
	for (size_t i = 0; i < n; i++)
		values[i] = logits[ids[i]];
}

void
ll_topn_payload(const struct ll_kern *kern, unsigned char *out, const float *logits, size_t count, size_t n)
{
	float lse;

	ll_topn(kern, logits, count, n, (uint32_t *)(void *)(out + 8), (float *)(void *)(out + 8 + 4 * n), &lse);
	memcpy(out, &lse, 4);
	memset(out + 4, 0, 4);
}
