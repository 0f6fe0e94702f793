/*
 * Files of control vectors; see direction.h.
 */

#include "forward/direction.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "model/gguf.h"
#include "model/gguf_write.h"

#define ARCHITECTURE "controlvector"
#define FINGERPRINT "ll.fingerprint"

static int
check_file(const struct ll_gguf *gguf, const struct ll_direction_place *place, struct ll_err *err)
{
	struct ll_gguf_text text = { "", 0 };
	uint64_t theirs;
	int status = ll_gguf_string(gguf, "general.architecture", &text, err);

	if (status < 0)
		return status;
	if (!ll_gguf_text_is(&text, ARCHITECTURE))
		return ll_fail(err, LL_EDATA, "%s: general.architecture: '%.*s', not " ARCHITECTURE, gguf->path,
		    (int)(text.length < 100 ? text.length : 100), text.bytes);
	if (place->fingerprint == 0)
		return 0;
	if ((status = ll_gguf_fingerprint(gguf, FINGERPRINT, &theirs, err)) <= 0 || theirs == place->fingerprint ||
	    theirs == place->origin)
		return status < 0 ? status : 0;
	return ll_fail(err, LL_EDATA, "%s: " FINGERPRINT ": made with model '%016" PRIx64 "', but the stream's is "
	    "%016" PRIx64, gguf->path, theirs, place->fingerprint);
}

static int
add(float *sum, const struct ll_direction_place *place, const struct ll_gguf *gguf, double scale, struct ll_err *err)
{
	const struct ll_gguf_tensor *tensor;
	char name[40];

	snprintf(name, sizeof(name), "direction.%" PRIu64, place->layer);
	if ((tensor = ll_gguf_tensor(gguf, name)) == NULL)
		return ll_fail(err, LL_EDATA, "%s: has no %s, which this cut needs", gguf->path, name);
	if (tensor->type != LL_F32 || tensor->panels || tensor->dims != 1)
		return ll_fail(err, LL_EDATA, "%s: %s: not a vector of f32", gguf->path, name);
	if (tensor->ne[0] != place->dim)
		return ll_fail(err, LL_EDATA, "%s: %s: hidden size is %" PRIu64 ", but the stream's is %zu",
		    gguf->path, name, tensor->ne[0], place->dim);
	for (size_t i = 0; i < place->dim; i++) {
		float x = ll_load_f32(tensor->data + 4 * i);

		sum[i] += (float)(scale * (double)x);
		if (!isfinite(x) || !isfinite(sum[i]))
			return ll_fail(err, LL_EDATA, "%s: %s: element %zu: %g times %g is not finite", gguf->path,
			    name, i, (double)x, scale);
	}
	return 0;
}

int
ll_direction_add(float *sum, const struct ll_direction_place *place, const char *path, double scale,
    struct ll_err *err)
{
	struct ll_gguf *gguf;
	int status = ll_gguf_open(&gguf, path, err);

	if (status < 0)
		return status;
	if ((status = check_file(gguf, place, err)) == 0)
		status = add(sum, place, gguf, scale, err);
	ll_gguf_close(gguf);
	return status;
}

static int
declare(struct ll_gguf_writer *writer, const struct ll_direction_place *place, struct ll_err *err)
{
	uint64_t ne[1] = { place->dim };
	char name[40];

	snprintf(name, sizeof(name), "direction.%" PRIu64, place->layer);
	ll_gguf_write_string(writer, "general.architecture", ARCHITECTURE, strlen(ARCHITECTURE), err);
	ll_gguf_write_string(writer, ARCHITECTURE ".model_hint", "llama", 5, err);
	ll_gguf_write_u32(writer, ARCHITECTURE ".layer_count", 1, err);
	if (place->origin != 0)
		ll_gguf_write_fingerprint(writer, FINGERPRINT, place->origin, err);
	return ll_gguf_write_tensor(writer, name, LL_F32, 1, ne, place->dim * 4, err);
}

int
ll_direction_write(const char *path, const struct ll_direction_place *place, const float *direction,
    struct ll_err *err)
{
	struct ll_gguf_writer *writer = NULL;
	unsigned char *bytes = ll_alloc(place->dim, 4, err);
	int status = bytes != NULL ? ll_gguf_write_new(&writer, err) : -LL_ENOMEM;

	for (size_t i = 0; i < place->dim && status == 0; i++)
		ll_store_f32(bytes + 4 * i, direction[i]);
	if (status == 0 && (status = declare(writer, place, err)) == 0 &&
	    (status = ll_gguf_write_begin(writer, path, err)) == 0 &&
	    (status = ll_gguf_write_data(writer, bytes, place->dim * 4, err)) == 0)
		status = ll_gguf_write_end(writer, err);
	ll_gguf_write_free(writer);
	free(bytes);
	return status;
}
