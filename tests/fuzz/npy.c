/** A .npy file, as importers read them. */
#include "npy.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    data_array array;
    if (dgba_data_npy_read(&array, fuzz_file(0, data, size)) == DGBA_OK) {
        int64_t count = 1;
        for (int64_t i = 0; i < array.axes; ++i) count *= array.sizes[i];
        FUZZ_CHECK(count >= 1 && (size_t)count * sizeof(float) <= size);
        volatile float last = array.values[count - 1];
        (void)last;
    } else {
        FUZZ_CHECK(array.values == NULL);
        fuzz_refused();
    }
    dgba_data_array_free(&array);
    fuzz_end();
    return 0;
}
