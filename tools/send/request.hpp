// From the options to the request, as the JSON that --json and raw would show.
#pragma once

#include <cstdint>
#include <string_view>

#include "tools/send/options.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

// Reads the files and stdin that the options name. What is no number where one belongs stays text, so that the
// decoder's message tells about it. Errors: kBadRequest.
[[nodiscard]] Result<Json> build_request(const SendOptions& options);

// 4096 for "4096" and "4K", 1048576 for "1M"; also G and T. Errors: kBadRequest.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace shmbus
