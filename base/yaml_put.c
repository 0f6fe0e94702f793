/*
 * Scalars as YAML; see yaml.h. What is written here reads back as the same bytes.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "base/yaml.h"

/* What may stand unescaped: printable in YAML's sense, no line end of any script, no BOM. */
static bool
is_safe(uint32_t code)
{
	return (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code < 0xfff0 && code != 0x2028 &&
	    code != 0x2029 && code != 0xfeff) || code >= 0x10000;
}

static bool
is_utf8(const char *bytes, size_t length)
{
	size_t size;

	for (size_t at = 0; at < length; at += size)
		if (ll_utf8_next((const unsigned char *)bytes + at, length - at, &size) == LL_UTF8_BAD)
			return false;
	return true;
}

/* Words and numbers that nobody could take for anything else. */
static bool
is_plain(const char *bytes, size_t length)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+";
	static const char *const words[] = { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };

	if (length == 0 || length > 200 || strchr("-.+", bytes[0]) != NULL)
		return length > 1 && bytes[0] == '-' && bytes[1] >= '0' && bytes[1] <= '9' &&
		    strspn(bytes, "-0123456789.") == length;
	for (size_t i = 0; i < length; i++)
		if (bytes[i] == '\0' || strchr(plain, bytes[i]) == NULL)
			return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (length == strlen(words[i]) && strncasecmp(bytes, words[i], length) == 0)
			return false;
	return true;
}

static int
put_binary(struct ll_buf *out, const char *bytes, size_t length, struct ll_err *err)
{
	int status = ll_buf_puts(out, "!!binary \"", err);

	if (status == 0)
		status = ll_base64_put(out, bytes, length, err);
	return status < 0 ? status : ll_buf_puts(out, "\"", err);
}

static int
put_quoted(struct ll_buf *out, const char *bytes, size_t length, struct ll_err *err)
{
	int status = ll_buf_puts(out, "\"", err);
	size_t size;

	for (size_t at = 0; at < length && status == 0; at += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)bytes + at, length - at, &size);

		if (code == '"' || code == '\\')
			status = ll_buf_printf(out, err, "\\%c", (int)code);
		else if (code == '\n')
			status = ll_buf_puts(out, "\\n", err);
		else if (code == '\t')
			status = ll_buf_puts(out, "\\t", err);
		else if (is_safe(code))
			status = ll_buf_add(out, bytes + at, size, err);
		else if (code < 0x100)
			status = ll_buf_printf(out, err, "\\x%02X", (unsigned)code);
		else
			status = ll_buf_printf(out, err, "\\u%04X", (unsigned)code);
	}
	return status < 0 ? status : ll_buf_puts(out, "\"", err);
}

int
ll_yaml_put(struct ll_buf *out, const char *bytes, size_t length, struct ll_err *err)
{
	if (is_plain(bytes, length))
		return ll_buf_add(out, bytes, length, err);
	if (!is_utf8(bytes, length))
		return put_binary(out, bytes, length, err);
	return put_quoted(out, bytes, length, err);
}

/* A literal block keeps every line as it is, if nothing in it needs an escape. */
static bool
is_block(const char *bytes, size_t length)
{
	size_t size;

	if (length == 0 || memchr(bytes, '\n', length) == NULL || strchr(" \t\n", bytes[0]) != NULL)
		return false;
	for (size_t at = 0; at < length; at += size) {
		uint32_t code = ll_utf8_next((const unsigned char *)bytes + at, length - at, &size);

		if (code == LL_UTF8_BAD || (code != '\n' && code != '\t' && !is_safe(code)))
			return false;
	}
	return true;
}

int
ll_yaml_put_block(struct ll_buf *out, const char *bytes, size_t length, int indent, struct ll_err *err)
{
	size_t newlines = 0;
	int status;

	if (!is_block(bytes, length)) {
		status = ll_yaml_put(out, bytes, length, err);
		return status < 0 ? status : ll_buf_puts(out, "\n", err);
	}
	while (newlines < length && bytes[length - 1 - newlines] == '\n')
		newlines++;
	status = ll_buf_puts(out, newlines == 0 ? "|-\n" : newlines == 1 ? "|\n" : "|+\n", err);
	for (size_t at = 0; at < length && status == 0;) {
		const char *end = memchr(bytes + at, '\n', length - at);
		size_t line = end != NULL ? (size_t)(end - bytes) - at : length - at;

		if (line > 0)
			status = ll_buf_printf(out, err, "%*s", indent + 2, "");
		if (status == 0 && line > 0)
			status = ll_buf_add(out, bytes + at, line, err);
		if (status == 0)
			status = ll_buf_puts(out, "\n", err);
		at += line + 1;
	}
	return status;
}
