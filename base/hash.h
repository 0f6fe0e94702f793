/*
 * A 64-bit hash for tables and fingerprints: fast, well mixed, the same on every machine.
 * It does not resist an adversary; hash tables over hostile input bound their probes.
 */

#ifndef LL_BASE_HASH_H
#define LL_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The hash of `length` bytes, continued from `seed` (0 to begin). */
uint64_t ll_hash(uint64_t seed, const void *bytes, size_t length);

/* Reads what "%016" PRIx64 writes; false for any other text. */
bool ll_hash_parse(uint64_t *out, const char *text, size_t length);

/* A bijective mixing of 64 bits (the finaliser of splitmix64, Steele et al. 2014). */
uint64_t ll_hash_mix(uint64_t x);

/* CRC-32 as in zlib, PNG and gzip; begin with 0. */
uint32_t ll_crc32(uint32_t crc, const void *bytes, size_t length);

#endif
