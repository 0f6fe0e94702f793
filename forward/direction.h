/*
 * Control vectors: directions that are added to the hidden states behind layers (Turner et al.
 * 2023; Zou et al. 2023), in files as llama.cpp has them. Such a file is a GGUF whose
 * general.architecture is "controlvector"; its tensor direction.N, of F32 and one dimension, is
 * for the output of layer N, which is 1 at least.
 */

#ifndef LL_FORWARD_DIRECTION_H
#define LL_FORWARD_DIRECTION_H

#include <stddef.h>
#include <stdint.h>

struct ll_err;

struct ll_direction_place {
	uint64_t layer;		/* behind this one */
	size_t dim;		/* the hidden size */
	uint64_t fingerprint;	/* of the model; 0: not known */
	uint64_t origin;	/* of the model that it was made from, which may have other types; else the same */
};

/*
 * sum[i] += scale * direction[i], i < place->dim, of the file at `path`. -LL_EINPUT; -LL_EDATA if
 * it is no such file, has no direction there or one of another size, if a number of it or of the
 * sum is not finite, or if the file names neither the fingerprint nor the origin; -LL_EUNSUPPORTED.
 */
int ll_direction_add(float *sum, const struct ll_direction_place *place, const char *path, double scale,
    struct ll_err *err);

/*
 * Writes a file of one direction, which appears at `path` (NULL or "-": stdout) when it is whole.
 * The origin goes to the key ll.fingerprint. -LL_ECREATE, -LL_EIO, -LL_ENOMEM.
 */
int ll_direction_write(const char *path, const struct ll_direction_place *place, const float *direction,
    struct ll_err *err);

#endif
