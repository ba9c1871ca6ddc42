#include "support/mat.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "support/check.h"

const char *const mat_names[MAT_LABELS] = {"wall", "book, shelf", "\xc3\xa9", "floor"};
static const uint16_t characters[MAT_LABELS][16] = {
    {'w', 'a', 'l', 'l'}, {'b', 'o', 'o', 'k', ',', ' ', 's', 'h', 'e', 'l', 'f'}, {0xe9}, {'f', 'l', 'o', 'o', 'r'}};
static const hsize_t lengths[MAT_LABELS] = {4, 11, 1, 5};

uint8_t mat_colour(int64_t n, int64_t c, int64_t y, int64_t x) { return (uint8_t)(50 * n + 7 * c + 11 * y + x); }

float mat_depth(int64_t n, int64_t y, int64_t x) {
    return y == 0 && x == 3 ? 0 : 1 / (0.5F + 0.01F * (float)x - 0.02F * (float)y) + (float)n;
}

int64_t mat_label(int64_t n, int64_t y, int64_t x) { return (n + 2 * y + x) % (MAT_LABELS + 1); }

/** An array as MATLAB stores it: chunked, deflated, with its class. */
static hid_t write_array(hid_t file, const char *path, hid_t type, int axes, const hsize_t *sizes, const void *content) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(axes, sizes, NULL);
    hsize_t chunk[4] = {1};
    for (int i = 1; i < axes; ++i) chunk[i] = (sizes[i] + 1) / 2;
    H5Pset_chunk(creation, axes, chunk);
    H5Pset_deflate(creation, 3);
    const hid_t dataset = H5Dcreate2(file, path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(dataset >= 0 && H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content) >= 0);
    H5Sclose(space);
    H5Pclose(creation);
    return dataset;
}

static void write_images(hid_t file, int64_t channels) {
    static uint8_t images[MAT_IMAGES * 3 * MAT_WIDTH * MAT_HEIGHT];
    int64_t i = 0;
    for (int64_t n = 0; n < MAT_IMAGES; ++n)
        for (int64_t c = 0; c < channels; ++c)
            for (int64_t x = 0; x < MAT_WIDTH; ++x)
                for (int64_t y = 0; y < MAT_HEIGHT; ++y) images[i++] = mat_colour(n, c, y, x);
    H5Dclose(write_array(file, "images", H5T_STD_U8LE, 4, (hsize_t[]){MAT_IMAGES, (hsize_t)channels, MAT_WIDTH, MAT_HEIGHT},
                         images));
}

static void write_maps(hid_t file, mat_fault fault) {
    static float depths[MAT_IMAGES * MAT_WIDTH * MAT_HEIGHT];
    static uint16_t labels[MAT_IMAGES * MAT_WIDTH * MAT_HEIGHT];
    int64_t i = 0;
    for (int64_t n = 0; n < MAT_IMAGES; ++n)
        for (int64_t x = 0; x < MAT_WIDTH; ++x)
            for (int64_t y = 0; y < MAT_HEIGHT; ++y, ++i) {
                depths[i] = mat_depth(n, y, x);
                labels[i] = (uint16_t)mat_label(n, y, x);
            }
    if (fault == MAT_HIGH_LABEL) labels[2 * MAT_WIDTH * MAT_HEIGHT] = MAT_LABELS + 1; // the third image
    const hsize_t sizes[] = {MAT_IMAGES, MAT_WIDTH, MAT_HEIGHT}, other[] = {MAT_IMAGES, MAT_WIDTH - 1, MAT_HEIGHT};
    H5Dclose(write_array(file, "depths", H5T_IEEE_F32LE, 3, fault == MAT_OTHER_SIZE ? other : sizes, depths));
    if (fault != MAT_WITHOUT_LABELS) H5Dclose(write_array(file, "labels", H5T_STD_U16LE, 3, sizes, labels));
}

/** names: (1, C) references to arrays (length, 1). */
static void write_names(hid_t file, mat_fault fault) {
    hobj_ref_t references[MAT_LABELS];
    const hid_t group = H5Gcreate2(file, "#refs#", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    for (int i = 0; i < MAT_LABELS; ++i) {
        char path[32];
        snprintf(path, sizeof path, "#refs#/%c", 'a' + i);
        H5Dclose(write_array(file, path, H5T_STD_U16LE, 2, (hsize_t[]){lengths[i], 1}, characters[i]));
        H5Rcreate(&references[i], file, path, H5R_OBJECT, H5I_INVALID_HID);
    }
    if (fault == MAT_ODD_CELL) H5Rcreate(&references[1], file, "depths", H5R_OBJECT, H5I_INVALID_HID);
    H5Dclose(write_array(file, "names", H5T_STD_REF_OBJ, 2, (hsize_t[]){1, MAT_LABELS}, references));
    H5Gclose(group);
}

static void write_user_block(const char *path) {
    char block[512] = "MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Sun Nov 22 2026 HDF5 schema 1.00 .";
    FILE *file = fopen(path, "r+b");
    if (file == NULL || fwrite(block, 1, sizeof block, file) != sizeof block || fclose(file) != 0)
        fail_msg("cannot write %s", path);
}

void mat_write(const char *path, mat_fault fault) {
    const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_userblock(creation, 512);
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, creation, H5P_DEFAULT);
    assert_true(file >= 0);
    write_images(file, fault == MAT_GREY ? 1 : 3);
    write_maps(file, fault);
    if (fault == MAT_NO_CELLS)
        H5Dclose(write_array(file, "names", H5T_STD_U16LE, 2, (hsize_t[]){1, MAT_LABELS}, characters));
    else
        write_names(file, fault);
    H5Fclose(file);
    H5Pclose(creation);
    write_user_block(path);
}
