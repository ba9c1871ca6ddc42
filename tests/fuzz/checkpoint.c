/** A checkpoint: a valid one, edited. What is accepted can be written and read again to the same. */
#include <stdlib.h>
#include <string.h>

#include "dgba/model.h"
#include "fuzz.h"

static void check_round_trip(const dgba_model *model, const float *parameters) {
    dgba_h5 *file = NULL;
    dgba_model again;
    float *parameters_again = NULL;
    char *bytes = NULL;
    size_t count = 0;
    const int64_t floats = dgba_graph_parameter_floats(model->graph);
    FUZZ_OK(dgba_h5_create_in_memory(&file));
    FUZZ_OK(dgba_checkpoint_write(file, model, parameters));
    FUZZ_OK(dgba_h5_to_bytes(&bytes, &count, &file));
    FUZZ_OK(dgba_h5_open_bytes(&file, bytes, count, "again"));
    FUZZ_OK(dgba_checkpoint_read(&again, &parameters_again, file));
    FUZZ_CHECK(again.task_count == model->task_count && again.def.layout == model->def.layout);
    FUZZ_CHECK(again.def.width == model->def.width && again.def.head_dropout == model->def.head_dropout);
    FUZZ_CHECK(again.def.head_channels == model->def.head_channels);
    FUZZ_CHECK(dgba_graph_parameter_floats(again.graph) == floats);
    FUZZ_CHECK(memcmp(parameters, parameters_again, (size_t)floats * sizeof *parameters) == 0);
    dgba_h5_close(&file);
    dgba_free(bytes);
    dgba_free(parameters_again);
    dgba_model_free(&again);
}

static void check(dgba_h5 *file, bool untouched) {
    dgba_model model;
    float *parameters = NULL;
    if (dgba_checkpoint_read(&model, &parameters, file) == DGBA_OK) {
        check_round_trip(&model, parameters);
        dgba_free(parameters);
        dgba_model_free(&model);
    } else {
        FUZZ_CHECK(!untouched && model.graph == NULL && parameters == NULL);
        fuzz_refused();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *bytes = NULL;
    size_t count = 0;
    dgba_h5 *file = NULL;
    fuzz_edit(&bytes, &count, fuzz_sample_checkpoint(), data, size);
    FUZZ_OK(dgba_h5_open_bytes(&file, bytes, count, "model.h5"));
    check(file, size == 0);
    dgba_h5_close(&file);
    free(bytes);
    fuzz_end();
    return 0;
}

FUZZ_MUTATE_EDITS(fuzz_sample_checkpoint)
