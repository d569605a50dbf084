// Builds the request from the options, as the JSON document that `raw` would take.
#pragma once

#include <cstdint>
#include <string_view>

#include "tools/send/options.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

// Returns the request of options.command, which must not be keygen. Converts sizes and seconds, looks up user and group
// names, and reads the file of a batch, or stdin. Other values that are not the numbers they should be stay text: the
// decoder rejects them with a better message. Ignores options.data_file, see take_data_file().
// Errors: kBadRequest; kTooLarge for more data than one request holds or a batch of more than 16 MiB; kNotText if
// --text is given for data that is not UTF-8.
[[nodiscard]] Result<Json> build_request(const SendOptions& options);

// Returns a number of bytes: 4096 for "4096" and "4K", 1048576 for "1M"; also G and T, in either case, as powers of
// 1024. Errors: kBadRequest for other text, fractions and signs included, and beyond 64 bits.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace shmbus
