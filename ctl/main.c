// SPDX-License-Identifier: BSD-2-Clause
/* gslbctl: the command line of the control API. */
#include "base/compiler.h"
#include "base/version.h"
#include "ctl/command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKEN_SIZE 1024

static int fail(const char *message)
{
    (void)fprintf(stderr, "gslbctl: %s\n", message);
    return EXIT_FAILURE;
}

static int help(const struct command *command)
{
    struct strbuf text;
    strbuf_init(&text);
    command_help(command, &text);
    (void)fputs(text.text, stdout);
    strbuf_fini(&text);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The first line of the file; false with a message. */
static bool read_token(const char *file, char token[TOKEN_SIZE], char *error, size_t error_size)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL) {
        (void)snprintf(error, error_size, "%s: %s", file, strerror(errno));
        return false;
    }
    bool read = fgets(token, TOKEN_SIZE, stream) != NULL;
    (void)fclose(stream);
    if (!read)
        token[0] = '\0';
    token[strcspn(token, "\r\n")] = '\0';
    if (token[0] != '\0')
        return true;
    (void)snprintf(error, error_size, "%s: there is no token in its first line", file);
    return false;
}

/* Owned, NULL with a message. */
static struct client *open_client(const struct options *options, char *error, size_t error_size)
{
    char token[TOKEN_SIZE];
    const char *secret = getenv("GSLB_TOKEN");
    const char *api = options->api != NULL ? options->api : getenv("GSLB_API");
    if (options->token_file != NULL) {
        if (!read_token(options->token_file, token, error, error_size))
            return NULL;
        secret = token;
    }
    if (secret != NULL && secret[0] == '\0')
        secret = NULL;
    return client_new(api != NULL && api[0] != '\0' ? api : CLIENT_DEFAULT_API, secret, error,
                      error_size);
}

static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO) == 1;
}

static int run(const struct command *command, const struct options *options)
{
    struct command_context ctx = { .options = options, .out = stdout, .colour = wants_colour() };
    ctx.client = open_client(options, ctx.error, sizeof(ctx.error));
    if (ctx.client == NULL)
        return fail(ctx.error);
    size_t words = command_words(command);
    bool ok = command->run(&ctx, options->words + words, options->word_count - words);
    client_free(ctx.client);
    if (fflush(stdout) != 0)
        return fail("cannot write the output");
    return ok ? EXIT_SUCCESS : fail(ctx.error);
}

int main(int argc, char **argv)
{
    struct options options;
    char error[COMMAND_ERROR_MAX];
    (void)signal(SIGPIPE, SIG_DFL); /* `gslbctl events | head` ends quietly */
    if (!options_parse(argc, (const char *const *)argv, &options, error, sizeof(error)))
        return fail(error);
    if ((options.given & OPTION_VERSION) != 0) {
        (void)printf("gslbctl %s\n", GSLB_VERSION);
        return EXIT_SUCCESS;
    }
    bool asks_help = (options.given & OPTION_HELP) != 0;
    if (options.word_count == 0)
        return asks_help ? help(NULL) : fail("what to do? See gslbctl --help");
    const struct command *command = command_find(options.words, options.word_count);
    if (command == NULL) {
        (void)snprintf(error, sizeof(error), "there is no command %s, see gslbctl --help",
                       options.words[0]);
        return fail(error);
    }
    if (asks_help)
        return help(command);
    if (!command_check(command, &options, error, sizeof(error)))
        return fail(error);
    return run(command, &options);
}
