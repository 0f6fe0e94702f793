/*
 * The version, in its one place.
 */

#ifndef LL_BASE_VERSION_H
#define LL_BASE_VERSION_H

#define LL_VERSION "0.1.0"

#endif
