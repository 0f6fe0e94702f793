/*
 * Hashes; see hash.h. The crc is gzip.c's.
 */


#include "base/bytes.h"
#include "base/hash.h"

uint64_t
ll_hash_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t
ll_hash(uint64_t seed, const void *bytes, size_t length)
{
	const unsigned char *p = bytes;
	uint64_t hash = seed ^ (uint64_t)length * 0x9e3779b97f4a7c15u;

	for (; length >= 8; length -= 8, p += 8)
		hash = ll_hash_mix(hash ^ ll_load64(p)) + 0x9e3779b97f4a7c15u;
	return ll_hash_mix(length > 0 ? hash ^ ll_load_few(p, length) : hash);
}

bool
ll_hash_parse(uint64_t *out, const char *text, size_t length)
{
	uint64_t value = 0;

	if (length != 16)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*out = value;
	return true;
}
