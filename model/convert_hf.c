/*
 * A folder of safetensors made of any container: config.json and model.safetensors, as
 * transformers writes them; see convert.h. Both get their names at the end.
 */

#include "model/convert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "model/source_make.h"

static const char *
dtype_name(uint32_t type)
{
	return type == LL_F32 ? "F32" : type == LL_F16 ? "F16" : "BF16";
}

/* As transformers calls the type of most numbers. */
static const char *
torch_name(const struct ll_convert *convert)
{
	size_t bytes[LL_DTYPES] = { 0 };

	for (size_t i = 0; i < convert->count; i++)
		bytes[convert->jobs[i].type] += convert->jobs[i].from->size;
	if (bytes[LL_F32] > bytes[LL_F16] + bytes[LL_BF16])
		return "float32";
	return bytes[LL_F16] > bytes[LL_BF16] ? "float16" : "bfloat16";
}

static void
set_text(struct ll_json *object, const char *key, const char *text)
{
	ll_json_set(object, key, ll_json_string(text, strlen(text)));
}

static void
set_size(struct ll_json *object, const char *key, size_t value)
{
	ll_json_set(object, key, ll_json_int((int64_t)value));
}

/* The shortest decimal that is the same float. */
static void
set_float(struct ll_json *object, const char *key, float value)
{
	char text[32];

	for (int digits = 1; digits <= 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	ll_json_set(object, key, ll_json_real(strtod(text, NULL)));
}

static struct ll_json *
rope_scaling(const struct ll_rope_scaling *scaling)
{
	struct ll_json *object;

	if (scaling->kind == LL_ROPE_PLAIN)
		return ll_json_null();
	object = ll_json_object();
	set_text(object, "rope_type", ll_rope_name(scaling->kind));
	set_float(object, "factor", scaling->factor);
	if (scaling->kind == LL_ROPE_LLAMA3) {
		set_float(object, "low_freq_factor", scaling->low);
		set_float(object, "high_freq_factor", scaling->high);
		set_size(object, "original_max_position_embeddings", (size_t)scaling->original);
	}
	return object;
}

/* The id of a special token, if the GGUF says it. */
static void
set_token(struct ll_json *object, const char *name, const struct ll_convert *convert, const char *key)
{
	uint64_t id;

	if (convert->source->container == LL_CONTAINER_GGUF &&
	    ll_gguf_uint(convert->source->parts[0], key, &id, NULL) == 1 && id < convert->hp.vocab)
		set_size(object, name, (size_t)id);
}

static bool
has_bias(const struct ll_convert *convert, const char *part)
{
	for (size_t i = 0; i < convert->count; i++) {
		const char *name = convert->jobs[i].from->name, *found = strstr(name, part);

		if (found != NULL && strstr(found, ".bias") != NULL)
			return true;
	}
	return false;
}

static struct ll_json *
config(const struct ll_convert *convert)
{
	struct ll_json *object = ll_json_object(), *names = ll_json_array();
	const struct ll_hparams *hp = &convert->hp;

	ll_json_add(names, ll_json_string("LlamaForCausalLM", 16));
	ll_json_set(object, "architectures", names);
	set_text(object, "model_type", "llama");
	set_size(object, "vocab_size", hp->vocab);
	set_size(object, "hidden_size", hp->dim);
	set_size(object, "intermediate_size", hp->ffn);
	set_size(object, "num_hidden_layers", hp->layers);
	set_size(object, "num_attention_heads", hp->heads);
	set_size(object, "num_key_value_heads", hp->kv_heads);
	set_size(object, "head_dim", hp->head_dim);
	set_size(object, "max_position_embeddings", hp->context);
	set_text(object, "hidden_act", "silu");
	set_float(object, "rms_norm_eps", hp->norm_eps);
	set_float(object, "rope_theta", hp->rope_base);
	ll_json_set(object, "rope_scaling", rope_scaling(&convert->scaling));
	ll_json_set(object, "tie_word_embeddings", ll_json_bool(hp->tied));
	ll_json_set(object, "attention_bias", ll_json_bool(has_bias(convert, "attn_")));
	ll_json_set(object, "mlp_bias", ll_json_bool(has_bias(convert, "ffn_")));
	set_token(object, "bos_token_id", convert, "tokenizer.ggml.bos_token_id");
	set_token(object, "eos_token_id", convert, "tokenizer.ggml.eos_token_id");
	set_text(object, "torch_dtype", torch_name(convert));
	return object;
}

static int
write_config(int fd, const char *path, const struct ll_convert *convert, struct ll_err *err)
{
	struct ll_json *object = config(convert);
	char *text = ll_json_text(object, true, err);
	int status = -LL_ENOMEM;

	ll_json_free(object);
	if (text != NULL && (status = ll_write(fd, text, strlen(text), path, err)) == 0)
		status = ll_write(fd, "\n", 1, path, err);
	free(text);
	return status;
}

/* The entry of the header for a tensor that begins at *at, which moves behind it. */
static int
add_entry(struct ll_json *header, const struct ll_recode *job, size_t *at, struct ll_err *err)
{
	struct ll_json *entry = ll_json_object(), *shape = ll_json_array(), *offsets = ll_json_array();
	char name[LL_NAME_ROOM];
	size_t size;
	int status = ll_recode_size(&size, job->from, job->type, err);

	if (status == 0) {
		ll_name_from_gguf(name, LL_CONTAINER_SAFETENSORS, job->from->name);
		set_text(entry, "dtype", dtype_name(job->type));
		for (uint32_t i = job->from->dims; i > 0; i--)
			ll_json_add(shape, ll_json_int((int64_t)job->from->ne[i - 1]));
		ll_json_add(offsets, ll_json_int((int64_t)*at));
		ll_json_add(offsets, ll_json_int((int64_t)(*at + size)));
		*at += size;
	}
	ll_json_set(entry, "shape", shape);
	ll_json_set(entry, "data_offsets", offsets);
	if (status == 0)
		ll_json_set(header, name, entry);
	else
		ll_json_free(entry);
	return status;
}

/* Its length in 8 bytes, then JSON, padded by spaces so that the data is aligned. */
static int
write_header(int fd, const char *path, const struct ll_convert *convert, struct ll_err *err)
{
	struct ll_json *header = ll_json_object(), *metadata = ll_json_object();
	unsigned char length[8];
	char *text;
	size_t at = 0, rest;
	int status = 0;

	set_text(metadata, "format", "pt");
	ll_json_set(header, "__metadata__", metadata);
	for (size_t i = 0; i < convert->count && status == 0; i++)
		status = add_entry(header, &convert->jobs[i], &at, err);
	text = status == 0 ? ll_json_text(header, false, err) : NULL;
	ll_json_free(header);
	if (text == NULL)
		return status < 0 ? status : -LL_ENOMEM;
	rest = (8 - strlen(text) % 8) % 8;
	ll_store64(length, strlen(text) + rest);
	if ((status = ll_write(fd, length, 8, path, err)) == 0 &&
	    (status = ll_write(fd, text, strlen(text), path, err)) == 0)
		status = ll_write(fd, "        ", rest, path, err);
	free(text);
	return status;
}

struct sink {
	int fd;
	const char *path;
};

static int
write_data(void *context, const void *bytes, size_t length, struct ll_err *err)
{
	const struct sink *sink = context;

	return ll_write(sink->fd, bytes, length, sink->path, err);
}

static int
write_tensors(struct sink *sink, const struct ll_convert *convert, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	struct ll_recoder *recoder;
	uint64_t done = 0, total = 0;
	int status = ll_recoder_new(&recoder, pool, err);

	for (size_t i = 0; i < convert->count; i++)
		total += convert->jobs[i].from->size;
	for (size_t i = 0; i < convert->count && status == 0; i++) {
		if (progress != NULL)
			progress->tell(progress->context, &convert->jobs[i], done, total);
		status = ll_recode(recoder, &convert->jobs[i], write_data, sink, err);
		done += convert->jobs[i].from->size;
	}
	ll_recoder_free(recoder);
	return status;
}

/* Both files, named only when both are whole. */
static int
write_files(const struct ll_convert *convert, const char *weights, const char *json, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	struct ll_out tensors, text;
	struct sink sink = { .path = weights };
	int status = ll_out_open(&tensors, weights, err);

	if (status < 0)
		return status;
	if ((status = ll_out_open(&text, json, err)) < 0)
		return ll_out_close(&tensors, status, err);
	sink.fd = tensors.fd;
	if ((status = write_header(tensors.fd, weights, convert, err)) == 0 &&
	    (status = write_tensors(&sink, convert, pool, progress, err)) == 0)
		status = write_config(text.fd, json, convert, err);
	status = ll_out_close(&tensors, status, err);
	return ll_out_close(&text, status, err);
}

int
ll_convert_hf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	struct ll_buf weights = { 0 }, json = { 0 };
	bool made = mkdir(path, 0777) == 0;
	int status;

	if (!made && errno != EEXIST)
		return ll_fail_errno(err, LL_ECREATE, "%s", path);
	if ((status = ll_buf_printf(&weights, err, "%s/model.safetensors", path)) == 0 &&
	    (status = ll_buf_printf(&json, err, "%s/config.json", path)) == 0)
		status = write_files(convert, weights.data, json.data, pool, progress, err);
	if (status < 0 && made)
		rmdir(path);
	ll_buf_free(&weights);
	ll_buf_free(&json);
	return status;
}
