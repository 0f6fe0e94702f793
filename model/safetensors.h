/*
 * One safetensors file: a length, a JSON object that places named tensors, their bytes
 * (huggingface/safetensors, "Format"). Read-only; every number is checked against the file.
 */

#ifndef LL_MODEL_SAFETENSORS_H
#define LL_MODEL_SAFETENSORS_H

#include <stddef.h>

#include "model/source.h"

/*
 * Adds the tensors of a file in memory to a source, whose names they get where they have one;
 * `path`, for messages, must live as long as the source, as must the bytes. -LL_EDATA,
 * -LL_EUNSUPPORTED (a data type that no reader here knows).
 */
int ll_safetensors_read(struct ll_source *source, const unsigned char *data, size_t size, const char *path,
    struct ll_err *err);

#endif
