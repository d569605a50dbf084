// read --out and write --data-file of more than one request holds.
#pragma once

#include <string>

#include "protocol/client/client.hpp"
#include "tools/send/options.hpp"
#include "tools/shared/input_file.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

// What `request`, a read, names, to options.out_file. Gives back the reply that one request would have had, but without
// the data; one that is not ok has `bytes` beside `error`: how many were moved. With options.hash `xxh3_128` is beside
// the result. Errors: kBadRequest for a request that is none.
[[nodiscard]] Result<Json> read_in_pieces(Client& client, const SendOptions& options, const Json& request);

// `head` and then the rest of `file` to where `request`, a write without data, goes. Gives back the same, with
// `uncertain` beside `bytes`: how many after them may have been written too.
[[nodiscard]] Result<Json> write_in_pieces(Client& client, const SendOptions& options, const Json& request,
                                           std::string head, InputFile& file);

}  // namespace shmbus
