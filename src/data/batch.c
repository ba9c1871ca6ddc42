#include <math.h>

#include "data_file.h"
#include "view.h"

const float dgba_data_mean[3] = {104.00698793F, 116.66876762F, 122.67891434F};

/** Where a row or column of the batch comes from in the file's image. */
typedef struct tap {
    int64_t low, high; // bilinear: between these two,
    float weight;      // this far from low to high
    int64_t nearest;
    bool inside; // else padding
} tap;

struct dgba_batch_work {
    int64_t height, width; // of the file's images
    uint8_t *rgb;
    float *labels[DGBA_DATA_MOST_TASKS];
    tap *rows, *columns;
};

static dgba_status create_work(dgba_batch *batch, const dgba_data_info *about) {
    DGBA_TRY(DGBA_NEW(&batch->work, 1));
    struct dgba_batch_work *work = batch->work;
    const int64_t pixels = about->height * about->width;
    work->height = about->height;
    work->width = about->width;
    DGBA_TRY(DGBA_NEW(&work->rgb, 3 * pixels));
    for (int64_t t = 0; t < about->task_count; ++t) DGBA_TRY(DGBA_NEW(&work->labels[t], about->tasks[t].channels * pixels));
    DGBA_TRY(DGBA_NEW(&work->rows, batch->shape.h));
    return DGBA_NEW(&work->columns, batch->shape.w);
}

static dgba_status create_labels(dgba_batch *batch, const dgba_data_info *about) {
    const int64_t pixels = batch->most * batch->shape.h * batch->shape.w;
    batch->task_count = about->task_count;
    for (int64_t t = 0; t < about->task_count; ++t) {
        dgba_batch_labels *labels = &batch->labels[t];
        labels->channels = about->tasks[t].channels;
        DGBA_TRY(DGBA_NEW(&labels->values, labels->channels * pixels));
        DGBA_TRY(DGBA_NEW(&labels->valid, pixels));
    }
    return DGBA_OK;
}

dgba_status dgba_batch_create(dgba_batch *out, const dgba_data *data, int64_t most, int64_t height, int64_t width) {
    *out = (dgba_batch){0};
    if (most < 1 || height < 1 || width < 1 || height > DATA_MOST_SIDE || width > DATA_MOST_SIDE)
        return dgba_fail(DGBA_E_SHAPE, "a batch of %lld samples of %lld x %lld pixels is not possible", (long long)most,
                         (long long)height, (long long)width);
    const dgba_data_info *about = dgba_data_about(data);
    dgba_status status = DGBA_OK;
    out->shape = (dgba_shape){.n = 0, .c = 3, .h = height, .w = width};
    out->most = most;
    DGBA_TRY_OUT(DGBA_NEW(&out->images, most * 3 * height * width));
    DGBA_TRY_OUT(create_labels(out, about));
    DGBA_TRY_OUT(create_work(out, about));
out:
    if (status != DGBA_OK) dgba_batch_free(out);
    return status;
}

void dgba_batch_free(dgba_batch *batch) {
    dgba_free(batch->images);
    for (int64_t t = 0; t < DGBA_DATA_MOST_TASKS; ++t) {
        dgba_free(batch->labels[t].values);
        dgba_free(batch->labels[t].valid);
    }
    struct dgba_batch_work *work = batch->work;
    if (work != NULL) {
        for (int64_t t = 0; t < DGBA_DATA_MOST_TASKS; ++t) dgba_free(work->labels[t]);
        dgba_free(work->rgb);
        dgba_free(work->rows);
        dgba_free(work->columns);
        dgba_free(work);
    }
    *batch = (dgba_batch){0};
}

dgba_status dgba_data_batch_check(const dgba_batch *batch, const dgba_data *data, int64_t count) {
    const dgba_data_info *about = dgba_data_about(data);
    if (count < 0 || count > batch->most)
        return dgba_fail(DGBA_E_SHAPE, "%lld images do not fit into a batch of %lld", (long long)count,
                         (long long)batch->most);
    bool same = about->height == batch->work->height && about->width == batch->work->width &&
                about->task_count == batch->task_count;
    for (int64_t t = 0; same && t < batch->task_count; ++t) same = about->tasks[t].channels == batch->labels[t].channels;
    return same ? DGBA_OK : dgba_fail(DGBA_E_SHAPE, "the batch was made for a data file of other sizes or tasks");
}

static int64_t clamp(int64_t i, int64_t count) { return i < 0 ? 0 : i >= count ? count - 1 : i; }

/** Taps along one axis: `in` pixels resized to `scaled`, of which the window of `count` begins at `first`.
 *  Bilinear has half-pixel centres, x = (i + ½)·in/scaled − ½, and repeats the edge, as OpenCV's INTER_LINEAR; nearest is
 *  ⌊i·in/scaled⌋, as PyTorch's `nearest` and OpenCV's INTER_NEAREST. */
static void find_taps(tap *taps, int64_t count, int64_t first, int64_t in, int64_t scaled, bool mirror) {
    for (int64_t k = 0; k < count; ++k) {
        const bool inside = first + k >= 0 && first + k < scaled;
        const int64_t i = mirror ? scaled - 1 - (first + k) : first + k;
        const double x = ((double)i + 0.5) * (double)in / (double)scaled - 0.5;
        const int64_t low = (int64_t)floor(x);
        taps[k] = (tap){.low = clamp(low, in),
                        .high = clamp(low + 1, in),
                        .weight = (float)(x - (double)low),
                        .nearest = inside ? i * in / scaled : 0,
                        .inside = inside};
    }
}

/** One channel of an image (H,W,3), resized; 0, which is the mean, in the padding. */
static void sample_channel(float *out, dgba_shape shape, const struct dgba_batch_work *work, int64_t channel, float mean) {
    const uint8_t *rgb = work->rgb + channel;
    for (int64_t y = 0; y < shape.h; ++y) {
        const tap *row = &work->rows[y];
        const uint8_t *above = rgb + 3 * row->low * work->width, *below = rgb + 3 * row->high * work->width;
        for (int64_t x = 0; x < shape.w; ++x) {
            const tap *column = &work->columns[x];
            const int64_t low = 3 * column->low, high = 3 * column->high;
            const float top = (float)above[low] + column->weight * ((float)above[high] - (float)above[low]);
            const float bottom = (float)below[low] + column->weight * ((float)below[high] - (float)below[low]);
            const float value = top + row->weight * (bottom - top);
            out[y * shape.w + x] = row->inside && column->inside ? value - mean : 0;
        }
    }
}

/** A label (H,W,L) sampled as (L,H',W'); a pixel is valid if all its channels are. */
static void sample_label(float *values, uint8_t *valid, dgba_shape shape, const struct dgba_batch_work *work,
                         const float *label, int64_t channels) {
    const int64_t pixels = shape.h * shape.w;
    for (int64_t y = 0; y < shape.h; ++y) {
        for (int64_t x = 0; x < shape.w; ++x) {
            const tap *row = &work->rows[y], *column = &work->columns[x];
            const float *source = label + (row->nearest * work->width + column->nearest) * channels;
            bool good = row->inside && column->inside;
            for (int64_t c = 0; c < channels; ++c) good = good && !isnan(source[c]);
            const int64_t i = y * shape.w + x;
            valid[i] = good;
            for (int64_t c = 0; c < channels; ++c) values[c * pixels + i] = good ? source[c] : 0;
        }
    }
}

/** log(1 + d)/log 2¹⁶ of a depth d that has been divided. */
static float divided_log_depth(float value, double divisor) {
    static const double log_bits = 16 * 0.69314718055994531;
    return (float)(log1p(expm1((double)value * log_bits) / divisor) / log_bits);
}

/** What the view does to the meaning of a label: its first channel is a normal's x, or the depth. */
static void transform_label(float *values, int64_t pixels, data_kind kind, const data_view *view) {
    if (kind == DATA_NORMALS && view->mirror)
        for (int64_t i = 0; i < pixels; ++i) values[i] = -values[i];
    if (kind == DATA_DEPTH && view->depth_divisor != 1)
        for (int64_t i = 0; i < pixels; ++i) values[i] = (float)(values[i] / view->depth_divisor);
    if (kind == DATA_LOG_DEPTH && view->depth_divisor != 1)
        for (int64_t i = 0; i < pixels; ++i) values[i] = divided_log_depth(values[i], view->depth_divisor);
}

dgba_status dgba_data_batch_fill(dgba_batch *batch, int64_t sample, dgba_data *data, int64_t image, const data_view *view) {
    const dgba_data_info *about = dgba_data_about(data);
    const dgba_shape shape = batch->shape;
    const int64_t pixels = shape.h * shape.w;
    struct dgba_batch_work *work = batch->work;
    DGBA_TRY(dgba_data_read(work->rgb, work->labels, data, image));
    find_taps(work->rows, shape.h, view->top, work->height, view->scaled_height, false);
    find_taps(work->columns, shape.w, view->left, work->width, view->scaled_width, view->mirror);
    for (int64_t c = 0; c < 3; ++c)
        sample_channel(batch->images + (3 * sample + c) * pixels, shape, work, 2 - c, dgba_data_mean[c]);
    for (int64_t t = 0; t < batch->task_count; ++t) {
        dgba_batch_labels *labels = &batch->labels[t];
        float *values = labels->values + sample * labels->channels * pixels;
        sample_label(values, labels->valid + sample * pixels, shape, work, work->labels[t], labels->channels);
        transform_label(values, pixels, dgba_data_kind_of(&about->tasks[t]), view);
    }
    return DGBA_OK;
}

dgba_status dgba_batch_load(dgba_batch *batch, dgba_data *data, const int64_t *images, int64_t count) {
    DGBA_TRY(dgba_data_batch_check(batch, data, count));
    const data_view whole = {.scaled_height = batch->shape.h, .scaled_width = batch->shape.w, .depth_divisor = 1};
    for (int64_t i = 0; i < count; ++i) DGBA_TRY(dgba_data_batch_fill(batch, i, data, images[i], &whole));
    batch->shape.n = count;
    return DGBA_OK;
}
