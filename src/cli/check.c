#include "command.h"
#include "dgba/h5io.h"
#include "dgba/tensor.h"

static dgba_status run(const dgba_command *command, int argc, char **argv) {
    arguments given;
    DGBA_TRY(arguments_read(&given, NULL, command, argc, argv, 0, 0));
    DGBA_TRY(dgba_blas_check());
    dgba_text text = {0};
    dgba_text_add(&text, "OpenBLAS  core %s, %s: products are right\nKernels   %s: right, too\nHDF5      %s\n",
                  dgba_blas_core(), dgba_blas_config(), dgba_panel_kernel_name(0), dgba_h5_library_version());
    const dgba_status status = print_text(&text);
    dgba_text_free(&text);
    return status;
}

const dgba_command check_command = {
    .name = "check",
    .usage = "",
    .help = "tests the machine: whether OpenBLAS computes right here, and which versions are in use",
    .run = run,
};
