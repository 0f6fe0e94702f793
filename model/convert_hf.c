/*
 * A folder of safetensors made of any container: config.json and model.safetensors, as
 * transformers writes them; see convert.h. What stands beside them is convert_folder.c's.
 */

#include "model/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "model/convert_folder.h"
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
	if (scaling->kind == LL_ROPE_YARN) {
		float own = (float)ll_rope_magnitude((double)scaling->factor, 1);

		set_size(object, "original_max_position_embeddings", (size_t)scaling->original);
		set_float(object, "beta_fast", scaling->beta_fast);
		set_float(object, "beta_slow", scaling->beta_slow);
		if (scaling->magnitude < own || scaling->magnitude > own)
			set_float(object, "attention_factor", scaling->magnitude);
		if (scaling->exact)
			ll_json_set(object, "truncate", ll_json_bool(false));
	}
	if (scaling->kind == LL_ROPE_LLAMA3) {
		set_float(object, "low_freq_factor", scaling->low);
		set_float(object, "high_freq_factor", scaling->high);
		set_size(object, "original_max_position_embeddings", (size_t)scaling->original);
	}
	return object;
}

/* The ids of special tokens: the vocabulary's, or what the folder said. */
static void
set_token(struct ll_json *object, const char *name, const struct ll_convert *convert, uint32_t id)
{
	const struct ll_json *said = ll_json_get(convert->source->config, name);

	if (convert->vocab != NULL && id != LL_VOCAB_NONE)
		set_size(object, name, id);
	else if (convert->vocab == NULL && said != NULL)
		ll_json_set(object, name, ll_json_keep(said));
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

	/* The same architecture, but that transformers has a window for this one alone. */
	ll_json_add(names, hp->window != 0 ? ll_json_string("MistralForCausalLM", 18) :
	    ll_json_string("LlamaForCausalLM", 16));
	ll_json_set(object, "architectures", names);
	set_text(object, "model_type", hp->window != 0 ? "mistral" : "llama");
	if (hp->window != 0)
		set_size(object, "sliding_window", hp->window);
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
	set_token(object, "bos_token_id", convert, convert->vocab != NULL ? convert->vocab->bos : LL_VOCAB_NONE);
	set_token(object, "eos_token_id", convert, convert->vocab != NULL ? convert->vocab->eos : LL_VOCAB_NONE);
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
	int status = ll_recode_size(&size, job, err);

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

/* Both files, in a folder whose other files are there already. */
static int
write_model(struct ll_folder *folder, const struct ll_convert *convert, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	struct sink sink;
	struct ll_out *out;
	int status;

	if ((status = ll_folder_add(folder, &out, "model.safetensors", err)) < 0)
		return status;
	sink = (struct sink){ out->fd, out->path };
	if ((status = write_header(out->fd, out->path, convert, err)) < 0 ||
	    (status = write_tensors(&sink, convert, pool, progress, err)) < 0 ||
	    (status = ll_folder_add(folder, &out, "config.json", err)) < 0)
		return status;
	return write_config(out->fd, out->path, convert, err);
}

int
ll_convert_hf(const struct ll_convert *convert, const char *path, struct ll_pool *pool,
    const struct ll_save_progress *progress, struct ll_err *err)
{
	struct ll_folder folder;
	int status = ll_folder_open(&folder, path, err);

	if (status < 0)
		return status;
	/* The small files first: what they cannot say is known before hours of work. */
	if ((status = ll_folder_vocab(&folder, convert, err)) == 0)
		status = write_model(&folder, convert, pool, progress, err);
	return ll_folder_close(&folder, status, err);
}
