// Implements read --out and write --data-file for more data than one request holds. The data passes in pieces, with
// constant memory, through the attachment that the request names or one made for the transfer; see
// protocol/client/bulk.hpp. Progress is shown on stderr if that is a terminal, unless --json is given.
//
// Both functions return a reply in the form that one request would have had, but without the data. If the transfer
// fails, the reply has `ok` false, the `error`, and in `bytes` the number of bytes that were moved. With --hash a
// successful reply also has `xxh3_128`. SIGINT ends a transfer with kInterrupted as the error in the reply.
#pragma once

#include <string>

#include "protocol/client/client.hpp"
#include "tools/send/options.hpp"
#include "tools/shared/input_file.hpp"
#include "tools/shared/json.hpp"

namespace shmbus {

// Copies the range that `request`, a read, names to options.out_file, which must be set. The file takes its name only
// when all data is there. Errors: as request_from_json() for a malformed request, and those of OutputFile::open().
[[nodiscard]] Result<Json> read_in_pieces(Client& client, const SendOptions& options, const Json& request);

// Copies `head` and the rest of `file` to the place that `request`, a write without data, names. Data of known size
// that does not fit changes nothing. A failed reply also has `uncertain`: the number of bytes after the first `bytes`
// that may have been written. Errors: as request_from_json() for a malformed request, kBadRequest for one with `once`.
[[nodiscard]] Result<Json> write_in_pieces(Client& client, const SendOptions& options, const Json& request,
                                           std::string head, InputFile& file);

}  // namespace shmbus
