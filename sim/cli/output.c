/* SPDX-License-Identifier: MIT
 *
 * output.c - output files: written beside their place and renamed when they are complete.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void free_output(struct cli_output *output)
{
    free(output->target);
    free(output->temporary);
    memset(output, 0, sizeof(*output));
}

static FILE *open_temporary(const struct cli_output *output)
{
    int descriptor = open(output->temporary, cli_create_flags, 0666);
    FILE *stream;

    if (descriptor < 0)
        return NULL;
    stream = fdopen(descriptor, "wb");
    if (stream == NULL)
        close(descriptor);
    return stream;
}

bool cli_output_open(struct cli_output *output, const char *path)
{
    struct stat there;
    bool exists;
    size_t bytes;

    memset(output, 0, sizeof(*output));
    if (path == NULL)
        return true;
    output->path = path;
    exists = stat(path, &there) == 0;
    output->target = exists ? cli_real_path(path) : strdup(path);
    if (output->target == NULL)
        goto Cleanup;
    if (exists && S_ISDIR(there.st_mode)) {
        errno = EISDIR;
        goto Cleanup;
    }
    if (exists && !S_ISREG(there.st_mode)) {
        output->stream = fopen(output->target, "wb");
    } else {
        bytes = strlen(output->target) + 32;
        output->temporary = malloc(bytes);
        if (output->temporary == NULL)
            goto Cleanup;
        snprintf(output->temporary, bytes, "%s.%ld.tmp", output->target, (long)getpid());
        output->stream = open_temporary(output);
    }
    if (output->stream != NULL)
        return true;
Cleanup:
    cli_complain("%s: cannot be written: %s; name a file in a folder that you may write to", path,
                 strerror(errno));
    free_output(output);
    return false;
}

bool cli_output_commit(struct cli_output *output)
{
    bool good;

    if (output->path == NULL)
        return true;
    good = fflush(output->stream) == 0 && !ferror(output->stream);
    good = fclose(output->stream) == 0 && good;
    if (good && output->temporary != NULL)
        good = cli_replace(output->temporary, output->target) == 0;
    if (!good) {
        cli_complain("%s: could not be written: %s", output->path, strerror(errno));
        if (output->temporary != NULL)
            unlink(output->temporary);
    }
    free_output(output);
    return good;
}

void cli_output_discard(struct cli_output *output)
{
    if (output->path == NULL)
        return;
    fclose(output->stream);
    if (output->temporary != NULL)
        unlink(output->temporary);
    free_output(output);
}
