/*
 * The shapes of AMX's tiles, as LDTILECFG reads them (Intel SDM, volume 2, LDTILECFG). By assembly: the
 * intrinsics of some compilers leave out that memory is read.
 */

#ifndef LL_TENSOR_TILES_H
#define LL_TENSOR_TILES_H

#include <stdint.h>

/* Palette 1. Tile i has rows[i] rows of row_bytes[i] bytes, 16 and 64 at most. */
struct ll_tiles {
	uint8_t palette, start, zero[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

/* For the thread that calls. */
static inline void
ll_tiles_shape(const struct ll_tiles *tiles)
{
	__asm__ volatile("ldtilecfg %0" :: "m"(*tiles));
}

static inline void
ll_tiles_release(void)
{
	__asm__ volatile("tilerelease" ::);
}

#endif
