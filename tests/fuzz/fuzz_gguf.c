/*
 * Fuzz target: a GGUF, its vocabulary and its model, and what ll-info tells of them.
 */

#include <stdio.h>

#include "base/err.h"
#include "model/gguf.h"
#include "model/info.h"
#include "model/model.h"
#include "model/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char seen;

/* The first and the last byte of what is said to be there can be read. */
static void
touch(const struct ll_gguf *gguf)
{
	for (size_t i = 0; i < gguf->value_count; i++)
		if (gguf->values[i].size > 0)
			seen = gguf->values[i].data[0] ^ gguf->values[i].data[gguf->values[i].size - 1];
	for (size_t i = 0; i < gguf->tensor_count; i++)
		if (gguf->tensors[i].data != NULL)
			seen = gguf->tensors[i].data[0] ^ gguf->tensors[i].data[gguf->tensors[i].size - 1];
}

static void
tell(struct ll_info *info)
{
	const struct ll_info_wants wants = { .tensors = true, .metadata = true };
	static FILE *nowhere;

	if (nowhere == NULL && (nowhere = fopen("/dev/null", "w")) == NULL)
		return;
	ll_info_text(nowhere, info, &wants);
	ll_info_json(nowhere, info, &wants, &(struct ll_err){ 0 });
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ll_err err = { 0 };
	struct ll_source *source;
	struct ll_info info;
	struct ll_gguf *gguf;

	if (ll_gguf_parse(&gguf, data, size, "fuzz", &err) < 0)
		return 0;
	touch(gguf);
	if (ll_source_from_gguf(&source, gguf, &err) < 0) {
		ll_gguf_close(gguf);
		return 0;
	}
	if (ll_info_of(&info, source, "fuzz", &err) == 0)
		tell(&info);
	ll_info_close(&info);
	return 0;
}
