#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"

static void files_are_replaced_whole(void **state) {
    (void)state;
    dgba_text path = {0};
    dgba_path_join(&path, check_folder("file"), "a.txt");
    const char *name = dgba_text_chars(&path);
    CHECK_OK(dgba_file_write(name, "first", 5));
    CHECK_OK(dgba_file_write(name, "second", 6));
    char *content = NULL;
    size_t bytes = 0;
    CHECK_OK(dgba_file_read(&content, &bytes, name));
    assert_int_equal(bytes, 6);
    assert_string_equal(content, "second");
    dgba_free(content);
    dgba_text_free(&path);
}

static void errors_name_the_file(void **state) {
    (void)state;
    char *content = NULL;
    size_t bytes = 0;
    CHECK_FAILS(DGBA_E_IO, dgba_file_read(&content, &bytes, "/nowhere/file"));
    CHECK_MESSAGE("/nowhere/file");
    assert_null(content);
    dgba_text pipe = {0};
    dgba_path_join(&pipe, check_folder("pipe"), "nobody-writes");
    assert_int_equal(mkfifo(dgba_text_chars(&pipe), 0600), 0);
    const char *const not_files[] = {"/tmp", dgba_text_chars(&pipe)};
    for (int i = 0; i < 2; ++i) {
        CHECK_FAILS(DGBA_E_IO, dgba_file_read(&content, &bytes, not_files[i]));
        CHECK_MESSAGE("not a regular file");
    }
    dgba_text_free(&pipe);
    CHECK_FAILS(DGBA_E_IO, dgba_file_write("/proc/nothing/here", "x", 1));
}

static void folders(void **state) {
    (void)state;
    dgba_text path = {0}, deep = {0};
    dgba_text_add(&path, "%s", check_folder("folders"));
    dgba_path_join(&deep, dgba_text_chars(&path), "b/c");
    CHECK_OK(dgba_folder_create(dgba_text_chars(&deep)));
    CHECK_OK(dgba_folder_create(dgba_text_chars(&deep)));
    dgba_path_join(&deep, dgba_text_chars(&path), "a");
    CHECK_OK(dgba_file_write(dgba_text_chars(&deep), "", 0));
    CHECK_FAILS(DGBA_E_IO, dgba_folder_create(dgba_text_chars(&deep)));
    dgba_names names = {0};
    CHECK_OK(dgba_folder_list(&names, dgba_text_chars(&path)));
    assert_int_equal(names.count, 2);
    assert_string_equal(names.items[0], "a");
    assert_string_equal(names.items[1], "b");
    dgba_names_free(&names);
    dgba_text_free(&path);
    dgba_text_free(&deep);
}

static void paths(void **state) {
    (void)state;
    dgba_text path = {0};
    dgba_path_folder(&path, "a/b.txt");
    assert_string_equal(dgba_text_chars(&path), "a");
    dgba_path_folder(&path, "b.txt");
    assert_string_equal(dgba_text_chars(&path), ".");
    dgba_path_join(&path, "a", "/b");
    assert_string_equal(dgba_text_chars(&path), "/b");
    dgba_text_free(&path);
}

static void hashes(void **state) {
    (void)state;
    char whole[DGBA_HASH_TEXT_BYTES], pieces[DGBA_HASH_TEXT_BYTES];
    dgba_hash_text(whole, dgba_hash_bytes("hello world", 11));
    dgba_hasher *hasher = NULL;
    CHECK_OK(dgba_hasher_create(&hasher));
    dgba_hasher_add(hasher, "hello ", 6);
    dgba_hasher_add(hasher, "world", 5);
    dgba_hash_text(pieces, dgba_hasher_result(hasher));
    assert_string_equal(whole, pieces);
    assert_string_equal(whole, "df8d09e93f874900a99b8775cc15b6c7"); // xxhsum -H2
    dgba_hasher_free(&hasher);
}

static void arena(void **state) {
    (void)state;
    dgba_arena arena = {0};
    void *first = NULL, *second = NULL;
    CHECK_OK(dgba_arena_create(&arena, 1024));
    CHECK_OK(dgba_arena_take(&first, &arena, "first", 10, 4));
    CHECK_OK(dgba_arena_take(&second, &arena, "second", 100, 4));
    assert_int_equal((char *)second - (char *)first, 64);
    CHECK_FAILS(DGBA_E_MEMORY, dgba_arena_take(&first, &arena, "third", 1000, 4));
    CHECK_MESSAGE("third");
    dgba_arena_reset(&arena);
    assert_int_equal(arena.high_water, 512);
    dgba_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(errors_name_the_file),
        cmocka_unit_test(folders),
        cmocka_unit_test(paths),
        cmocka_unit_test(hashes),
        cmocka_unit_test(arena),
    };
    return cmocka_run_group_tests(tests, NULL, check_no_leak);
}
