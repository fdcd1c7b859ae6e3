// Predicts a request of 100 input and 50 output tokens: main BLOB

#include <token2metrics.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

int main(int, char **argv) {
    std::ifstream file(argv[1], std::ios::binary);
    const std::vector<char> blob{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};

    t2m_profile profile;
    const t2m_request request = {100, 0, 50};
    t2m_prediction prediction;
    t2m_status status = t2m_profile_load(reinterpret_cast<const uint8_t *>(blob.data()), blob.size(), &profile);
    if (status == T2M_OK) status = t2m_predict(&profile, &request, &prediction);
    if (status != T2M_OK) {
        std::fprintf(stderr, "%s\n", t2m_status_message(status));
        return 1;
    }
    std::printf("%.9g\n", prediction.total_s);
    return 0;
}
