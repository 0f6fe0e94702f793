/*
 * Little-endian numbers at any address, as files and streams have them.
 */

#ifndef LL_BASE_BYTES_H
#define LL_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
ll_load16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
ll_load32(const unsigned char *p)
{
	return ll_load16(p) | (uint32_t)ll_load16(p + 2) << 16;
}

static inline uint64_t
ll_load64(const unsigned char *p)
{
	return ll_load32(p) | (uint64_t)ll_load32(p + 4) << 32;
}

/* One to eight bytes, by loads that overlap instead of a loop. */
static inline uint64_t
ll_load_few(const unsigned char *p, size_t length)
{
	if (length < 4)
		return p[0] | (uint64_t)p[length / 2] << 8 * (length / 2) | (uint64_t)p[length - 1] << 8 * (length - 1);
	return ll_load32(p) | (uint64_t)ll_load32(p + length - 4) << 8 * (length - 4);
}

static inline float
ll_load_f32(const unsigned char *p)
{
	uint32_t bits = ll_load32(p);
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline double
ll_load_f64(const unsigned char *p)
{
	uint64_t bits = ll_load64(p);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline void
ll_store16(unsigned char *p, uint16_t value)
{
	p[0] = (unsigned char)value;
	p[1] = (unsigned char)(value >> 8);
}

static inline void
ll_store32(unsigned char *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(value >> (8 * i));
}

static inline void
ll_store_f32(unsigned char *p, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	ll_store32(p, bits);
}

static inline void
ll_store64(unsigned char *p, uint64_t value)
{
	p[0] = (unsigned char)value;
	p[1] = (unsigned char)(value >> 8);
	p[2] = (unsigned char)(value >> 16);
	p[3] = (unsigned char)(value >> 24);
	p[4] = (unsigned char)(value >> 32);
	p[5] = (unsigned char)(value >> 40);
	p[6] = (unsigned char)(value >> 48);
	p[7] = (unsigned char)(value >> 56);
}

#endif
