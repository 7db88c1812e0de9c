// SPDX-License-Identifier: BSD-2-Clause
// A plain main for the fuzz targets: gives LLVMFuzzerTestOneInput each file named on the command
// line or, without any, each file of tests/fuzz/corpus/X/ for the program fuzz_X; then a bounded
// number of mutations of each, the same ones on every run. Each input lies in a block of just its
// size, so that valgrind and ASan see a read past its end. The input that kills is left in
// PROGRAM.crash.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX        (1u << 20)
#define MUTATIONS        300 // of each file
#define SECONDS_MAX      20  // of mutations altogether; the files themselves are always all tried
#define SECONDS_AN_INPUT 10  // a longer one is a hang

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct corpus {
    char **paths;
    size_t count;
};

// What the signal handler needs.
static const uint8_t *current_data;
static size_t current_size;
static char crash_path[4096];

static void on_crash(int sig)
{
    int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0) {
        ssize_t n = write(fd, current_data, current_size);
        (void)n; // nothing can be done about it here
    }
    signal(sig, SIG_DFL);
    raise(sig);
}

static void *xalloc(size_t size)
{
    void *p = malloc(size);
    if (p == NULL)
        abort();
    return p;
}

static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = xalloc(size > 0 ? size : 1);
    memcpy(copy, data, size);
    current_data = copy;
    current_size = size;
    alarm(SECONDS_AN_INPUT);
    (void)LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    free(copy);
}

// xorshift64*: the same numbers on each machine.
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dULL;
}

static size_t below(uint64_t *state, size_t limit)
{
    return (size_t)(next_random(state) % limit);
}

// Changes data in place by one small step; returns the new size (at most capacity).
static size_t mutate_once(uint8_t *data, size_t size, size_t capacity, uint64_t *rng)
{
    static const uint8_t odd[] = { 0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff, '"', '\\', '(', '{' };
    size_t at = size > 0 ? below(rng, size) : 0;
    size_t run_length = size > at ? 1 + below(rng, size - at < 16 ? size - at : 16) : 0;

    switch (below(rng, 6)) {
    case 0: // one bit
        if (size > 0)
            data[at] ^= (uint8_t)(1u << below(rng, 8));
        return size;
    case 1: // an odd value
        if (size > 0)
            data[at] = odd[below(rng, sizeof(odd))];
        return size;
    case 2: // any value
        if (size > 0)
            data[at] = (uint8_t)next_random(rng);
        return size;
    case 3: // cut the end off
        return at;
    case 4: // take a piece out
        memmove(data + at, data + at + run_length, size - at - run_length);
        return size - run_length;
    default: // say a piece twice
        if (size + run_length > capacity)
            return size;
        memmove(data + at + run_length, data + at, size - at);
        return size + run_length;
    }
}

static double seconds_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static size_t read_file(const char *path, uint8_t *buf)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    size_t size = fread(buf, 1, INPUT_MAX, f);
    fclose(f);
    return size;
}

static void corpus_add(struct corpus *c, const char *dir, const char *name)
{
    size_t length = strlen(dir) + strlen(name) + 2;
    char *path = xalloc(length);
    snprintf(path, length, "%s%s%s", dir, *dir != '\0' ? "/" : "", name);
    c->paths = realloc(c->paths, (c->count + 1) * sizeof(*c->paths));
    if (c->paths == NULL)
        abort();
    c->paths[c->count++] = path;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void corpus_find(struct corpus *c, const char *program)
{
    const char *name = strstr(program, "fuzz_");
    for (const char *p = name; p != NULL; p = strstr(p + 1, "fuzz_"))
        name = p;
    char dir[4096];
    snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name != NULL ? name + 5 : "");
    DIR *d = opendir(dir);
    if (d == NULL)
        return;
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        if (e->d_name[0] != '.')
            corpus_add(c, dir, e->d_name);
    closedir(d);
    if (c->count > 0)
        qsort(c->paths, c->count, sizeof(*c->paths), by_name); // readdir's order is the disk's
}

static size_t run_mutations(const struct corpus *c, uint8_t *original, uint8_t *buf)
{
    double end = seconds_now() + SECONDS_MAX;
    size_t done = 0;
    for (size_t i = 0; i < c->count; i++) {
        size_t original_size = read_file(c->paths[i], original);
        uint64_t rng = 0x9e3779b97f4a7c15ULL + i;
        for (size_t n = 0; n < MUTATIONS && seconds_now() < end; n++) {
            memcpy(buf, original, original_size);
            size_t size = original_size;
            for (size_t steps = 1 + below(&rng, 8); steps > 0; steps--)
                size = mutate_once(buf, size, INPUT_MAX, &rng);
            run(buf, size);
            done++;
        }
    }
    return done;
}

static void catch_crashes(const char *program)
{
    snprintf(crash_path, sizeof(crash_path), "%s.crash", program);
    signal(SIGABRT, on_crash);
    signal(SIGALRM, on_crash);
#ifndef __SANITIZE_ADDRESS__ // its own handler prints more
    signal(SIGSEGV, on_crash);
    signal(SIGBUS, on_crash);
    signal(SIGFPE, on_crash);
#endif
}

int main(int argc, char **argv)
{
    struct corpus corpus = { NULL, 0 };
    for (int i = 1; i < argc; i++)
        corpus_add(&corpus, "", argv[i]);
    if (corpus.count == 0)
        corpus_find(&corpus, argv[0]);
    if (corpus.count == 0) {
        fprintf(stderr, "%s: no input: the corpus is missing or empty\n", argv[0]);
        return 2;
    }
    catch_crashes(argv[0]);

    uint8_t *original = xalloc(INPUT_MAX);
    uint8_t *buf = xalloc(INPUT_MAX);
    for (size_t i = 0; i < corpus.count; i++)
        run(original, read_file(corpus.paths[i], original));
    size_t mutations = run_mutations(&corpus, original, buf);
    printf("%zu files, %zu mutations\n", corpus.count, mutations);

    for (size_t i = 0; i < corpus.count; i++)
        free(corpus.paths[i]);
    free(corpus.paths);
    free(original);
    free(buf);
    return 0;
}
