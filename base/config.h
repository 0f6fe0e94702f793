/*
 * Configuration files: which ones there are, what may stand in them, and what they say about
 * models and presets; see ll-config(5). How the settings reach a program's options is
 * opt_config.c's.
 */

#ifndef LL_BASE_CONFIG_H
#define LL_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/opt.h"
#include "base/yaml.h"

struct ll_err;

/* An option that may be set outside the command line: its long name is the key. */
struct ll_config_key {
	const char *name;
	enum ll_opt_type type;	/* FLAG, INT, UINT, DOUBLE or STRING, in every program that has it */
	const char *values;	/* some that a shell may offer, separated by spaces; or NULL */
};

/* The end of the array has no name. */
extern const struct ll_config_key ll_config_keys[];
const struct ll_config_key *ll_config_key(const char *name);

/* "LL_TOP_K" for "top-k". */
void ll_config_variable(const struct ll_config_key *key, char *out, size_t size);

struct ll_config_file {
	char *path;
	struct ll_yaml *root;	/* a mapping that was checked */
};

/* Parses and checks the text of file->path; the caller frees file->root also when it is refused. */
int ll_config_parse(struct ll_config_file *file, const char *text, size_t length, struct ll_err *err);

/* Those of all programs, then those of the user; LL_CONFIG names others. */
#define LL_CONFIG_FILES 8

/*
 * Reads the files, once, and checks all of them: every key is known, every value of its type,
 * also in the sections of other programs. -LL_ECONFIG with "file:line: key: ...". They stay
 * until the program ends. *count files, a later one overrides an earlier one.
 */
int ll_config_read(const struct ll_config_file **files, size_t *count, struct ll_err *err);

/* Its mapping and the file it is in; -LL_ECONFIG with the names that there are. */
int ll_config_preset(const char *name, const struct ll_yaml **preset, const char **path, struct ll_err *err);

/*
 * The path that a model's name stands for, into *path: the same pointer when it is no name.
 * A name has no '/'. What is new is kept.
 */
int ll_config_model(const char **path, struct ll_err *err);

/* Calls with each name in the section ("models", "presets"), once each. */
void ll_config_names(const char *section, void (*each)(const char *name, void *arg), void *arg);

/* The model that a file names, as a path, or NULL; set by opt_config.c. */
extern const char *ll_config_default_model;

/*
 * The path of what is installed with the programs as `name`: in ../share/ll beside their folder.
 * False if it is not there to be read.
 */
bool ll_config_shared(char *path, size_t size, const char *name);

/* A path as a file means it: ~/ is the home, and what is relative is so to that file's folder. Kept. NULL: out of memory. */
const char *ll_config_path(const char *text, const char *file, struct ll_err *err);

/* Keeps a text until the program ends: it is the table's then. NULL: out of memory. */
const char *ll_config_keep(char *text, struct ll_err *err);

/* From here on, for the processes that this one starts, nothing is configured. */
void ll_config_seal(void);

#endif
