/* Compares predictions with the rows of the pages, bit by bit, and tries a sound, a damaged and an erased page. */

#include "firmware.h"
#include "token2metrics.h"

#include <string.h>

static t2m_profile profile;
static int failed;

static void expect(const char *what, uint32_t number, int condition) {
    if (condition) return;
    failed = 1;
    say("differs: ");
    say_number(what, number);
}

static size_t blob_len(const uint8_t *page) { return 10 + page[4] + 256u * page[5]; }

static void check_row(uint32_t number, const uint8_t *all, const row *row) {
    static t2m_prediction prediction, untouched;
    const uint8_t *blob = all + row->page * PAGE_LEN;
    t2m_request request = {row->request[0], row->request[1], row->request[2]};
    expect("loading the blob of row", number, t2m_profile_load(blob, blob_len(blob), &profile) == T2M_OK);

    memset(&prediction, 0xA5, sizeof prediction);
    untouched = prediction;
    expect("status of row", number, t2m_predict(&profile, &request, &prediction) == row->status);
    const void *expected = row->status == T2M_OK ? (const void *)row->prediction : &untouched;
    expect("prediction of row", number, memcmp(&prediction, expected, sizeof prediction) == 0);
}

static void check_page(const uint8_t *page, size_t len, const char *name, t2m_status loaded, t2m_status found) {
    t2m_profile before;
    memset(&profile, 0xA5, sizeof profile);
    before = profile;
    t2m_status status = t2m_profile_load(page, len, &profile);
    expect("status of t2m_profile_load", (uint32_t)status, status == loaded);
    expect("storage after status", (uint32_t)status, status == T2M_OK || memcmp(&profile, &before, sizeof profile) == 0);
    status = t2m_profile_find(page, PAGE_LEN, name, &profile);
    expect("status of t2m_profile_find", (uint32_t)status, status == found);
}

int main(void) {
    const uint8_t *all = pages();
    const uint8_t *sound = all + PAGE_ENERGY * PAGE_LEN;
    static t2m_info info;
    expect("loading page", PAGE_ENERGY, t2m_profile_load(sound, blob_len(sound), &profile) == T2M_OK);
    expect("info of page", PAGE_ENERGY, t2m_profile_info(&profile, &info) == T2M_OK);
    check_page(sound, blob_len(sound), info.llm, T2M_OK, T2M_OK);
    check_page(all + PAGE_DAMAGED * PAGE_LEN, blob_len(sound), info.llm, T2M_BLOB_CRC, T2M_BLOB_CRC);
    check_page(all + PAGE_ERASED * PAGE_LEN, blob_len(sound), info.llm, T2M_BLOB_MAGIC, T2M_NOT_FOUND);

    const uint32_t rows = *(const uint32_t *)(all + PAGE_ROWS * PAGE_LEN);
    const row *first = (const row *)(all + PAGE_ROWS * PAGE_LEN + sizeof rows);
    for (uint32_t i = 0; i < rows; i++) check_row(i, all, first + i);
    say_number("rows", rows);
    return failed;
}
