#include "requests.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

static const char *const COLUMNS = "input_tokens,output_tokens,deadline_percent";

std::vector<Planned> read_requests(const std::string &file) {
    std::ifstream text(file);
    std::string line;
    if (!std::getline(text, line)) throw std::runtime_error(file + ": cannot be read, or is empty");
    if (line != COLUMNS) throw std::runtime_error(file + ":1: expected the columns " + COLUMNS);

    std::vector<Planned> requests;
    for (int number = 2; std::getline(text, line); number++) {
        Planned planned = {};
        char first = 0, second = 0;
        std::istringstream fields(line);
        fields >> planned.request.input_tokens >> first >> planned.request.output_tokens >> second >>
            planned.deadline_percent;
        const bool three = !fields.fail() && first == ',' && second == ',' && fields.get() == EOF;
        // A stream reads -1 into an unsigned number without complaint.
        if (!three || line.find('-') != std::string::npos) {
            throw std::runtime_error(file + ":" + std::to_string(number) + ": \"" + line + "\" is not three whole numbers, " + COLUMNS);
        }
        requests.push_back(planned);
    }
    if (requests.empty()) throw std::runtime_error(file + ": has no request");
    return requests;
}
