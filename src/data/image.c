#include "image.h"

#include <string.h>
#include <strings.h>

static bool ends_with(const char *path, const char *ending) {
    const size_t length = strlen(path), tail = strlen(ending);
    return length >= tail && strcasecmp(path + length - tail, ending) == 0;
}

dgba_status dgba_data_image_read(data_image *out, const char *path, data_image_use use) {
    *out = (data_image){0};
    char *bytes = NULL;
    size_t count = 0;
    DGBA_TRY(dgba_file_read(&bytes, &count, path));
    const dgba_status status = ends_with(path, ".png") ? dgba_data_png_decode(out, bytes, count, use, path)
                                                       : dgba_data_jpeg_decode(out, bytes, count, use, path);
    if (status != DGBA_OK) dgba_data_image_free(out);
    dgba_free(bytes);
    return status;
}

void dgba_data_image_free(data_image *image) {
    dgba_free(image->values);
    *image = (data_image){0};
}
